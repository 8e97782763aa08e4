import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coarseFingerprintOf, fingerprintOf, framesOf, normalMessage } from '../../shared/core/fingerprint.ts'

const stack = `TypeError: no user
    at async load (file:///var/task/src/users/load.ts:12:7)
    at Query.run (/var/task/node_modules/pg/lib/query.js:83:9)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)
    at Array.map (<anonymous>)
    at new Mailer (/var/task/src/mail/mailer.ts:3:1)
    at /var/task/src/tasks/send.ts:40:11
    at deeper (/var/task/src/tasks/deeper.ts:1:1)`

describe('fingerprintOf', () => {
  it.each([
    ['Task 4711 failed after 12.5 s', 'Task # failed after # s'],
    ['user 0190b5e2-6d1c-7b1e-a1f0-2c9a5c3f1b11 not found', 'user # not found'],
    ['commit deadbeef01 is gone', 'commit # is gone'],
    ['since 2026-01-31T00:00:00.000Z', 'since #'],
    ['no column "e-mail" in `users`', 'no column # in #'],
    ["can't read 'name' of undefined", "can't read # of undefined"],
    ['mail to ada@example.com bounced', 'mail to # bounced'],
    ['GET https://api.example.com/v1/users?id=7 answered 503', 'GET # answered #'],
    ['key k_8dAfQx01LmZ3pW9R taken', 'key # taken'],
    ['connect ECONNREFUSED 10.0.0.1:5432', 'connect ECONNREFUSED #'],
  ])('takes out what differs: %s', (message, normal) => {
    expect(normalMessage(message)).toBe(normal)
  })

  it('keeps the first three frames of the app, without lines, libraries and machines', () => {
    expect(framesOf(stack)).toEqual(['load users/load.ts', 'new Mailer mail/mailer.ts', 'tasks/send.ts'])
    expect(framesOf(stack.replaceAll(/:\d+:\d+/g, ':1:2').replaceAll('/var/task', '/home/ada/shop'))).toEqual(
      framesOf(stack),
    )
    expect(framesOf('no stack at all')).toEqual([])
  })

  it('tells name, reason and frames apart', () => {
    const error = { name: 'TypeError', message: 'no user', stack }
    const prints = [
      fingerprintOf(error, 'failure'),
      fingerprintOf(error, 'rejected'),
      fingerprintOf(error),
      fingerprintOf({ ...error, name: 'Error' }, 'failure'),
      fingerprintOf({ ...error, message: 'no order' }, 'failure'),
      fingerprintOf({ ...error, stack: stack.replace('users/load.ts', 'orders/load.ts') }, 'failure'),
      coarseFingerprintOf(error, 'failure'),
    ]
    expect(new Set(prints).size).toBe(prints.length)
    for (const print of prints) expect(print).toMatch(/^a[0-9a-f]{12}$/)
    // It is stored: the algorithm may change with its version only.
    expect(fingerprintOf(error, 'failure')).toBe(pinned)
  })

  it('is the same whatever number, id or name stands in the message', () => {
    const value = fc.oneof(
      fc.nat(),
      fc.uuid(),
      fc.date({ noInvalidDate: true }).map((date) => date.getTime()),
      fc.nat().map((n) => `u${n}@example.com`),
    )
    fc.assert(
      fc.property(value, value, (a, b) => {
        const print = (each: unknown) => fingerprintOf({ name: 'E', message: `order ${each} is late` })
        expect(print(a)).toBe(print(b))
      }),
    )
  })

  it('takes any text, and no longer for a hostile one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (message, trace) => {
        expect(fingerprintOf({ name: 'E', message, stack: `x\n    at ${trace}` })).toMatch(/^a[0-9a-f]{12}$/)
      }),
    )
    const startedAt = performance.now()
    for (const piece of ["'", '"', '`', '@', '#,', '0-', 'a1', '2026-01-01T', '(', 'at (', ':1', '\\/'])
      fingerprintOf({ name: 'E', message: piece.repeat(500_000), stack: `    at ${piece.repeat(500_000)}\n`.repeat(2) })
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })
})

const pinned = 'a472c7892f290'
