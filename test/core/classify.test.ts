import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classify } from '../../shared/core/classify.ts'
import type { TaskMessage } from '../../shared/core/message.ts'
import type { TaskRecord } from '../../shared/core/record.ts'
import { patientPolicy, resolveRetry } from '../../shared/core/retry.ts'
import { isTerminal, type TaskState } from '../../shared/core/states.ts'

const now = 1_000_000
const policy = resolveRetry({ maxRetries: 3 }, 'test')

function record(fields: Partial<TaskRecord> = {}): TaskRecord {
  return {
    id: 'id',
    v: 5,
    generation: 2,
    state: 'QUEUED',
    task: 'task',
    queue: 'main',
    inputHash: 'hash',
    attempt: 1,
    token: 'token',
    enqueuedAt: 0,
    ...fields,
  }
}

function message(fields: Partial<TaskMessage> = {}): TaskMessage {
  return { celeriac: 1, id: 'id', generation: 2, task: 'task', ...fields }
}

const started = { state: 'STARTED', leaseUntil: now - 1 } as const

/** Delivery, record → verdict. */
const cases: readonly (readonly [string, Partial<TaskMessage>, Partial<TaskRecord>, object])[] = [
  ['of an opening that is over', { generation: 1 }, {}, { kind: 'stale' }],
  ['of an opening that is over, of a failure', { generation: 1 }, { state: 'FAILURE' }, { kind: 'stale' }],
  [
    'of the next generation, of a failure: a redrive',
    { generation: 3 },
    { state: 'FAILURE' },
    { kind: 'run', attempt: 0, opens: 3, alone: false },
  ],
  ['of the next generation, of a success', { generation: 3 }, { state: 'SUCCESS' }, { kind: 'stale' }],
  [
    'of the next generation, while it runs',
    { generation: 3 },
    { state: 'STARTED', leaseUntil: now + 1 },
    { kind: 'stale' },
  ],
  ['of an generation that cannot be yet', { generation: 4 }, { state: 'FAILURE' }, { kind: 'stale' }],
  ['queued', {}, {}, { kind: 'run', attempt: 1, alone: false }],
  ['to be retried', {}, { state: 'RETRY', availableAt: now }, { kind: 'run', attempt: 1, alone: false }],
  ['early', {}, { availableAt: now + 501 }, { kind: 'early', until: now + 501 }],
  ['early by what clocks may differ', {}, { availableAt: now + 500 }, { kind: 'run', attempt: 1, alone: false }],
  ['expired', {}, { expires: now - 1 }, { kind: 'expired' }],
  ['at the last instant before it expires', {}, { expires: now }, { kind: 'run', attempt: 1, alone: false }],
  ['expired and early: expired', {}, { expires: now - 1, availableAt: now + 9_999 }, { kind: 'expired' }],
  ['asked to stop while it ran, to be retried', {}, { state: 'RETRY', revokeRequestedAt: 1 }, { kind: 'revoked' }],
  ['running', {}, { state: 'STARTED', leaseUntil: now + 1 }, { kind: 'held', until: now + 1 }],
  [
    'at the instant its lease ends',
    {},
    { state: 'STARTED', leaseUntil: now },
    { kind: 'run', attempt: 1, alone: true, crashed: 'in-company' },
  ],
  [
    'crashed in company, at the last instant before it expires',
    {},
    { ...started, expires: now },
    { kind: 'run', attempt: 1, alone: true, crashed: 'in-company' },
  ],
  [
    'crashed alone, at the last instant before it expires',
    {},
    { ...started, alone: true, expires: now },
    { kind: 'run', attempt: 2, alone: true, crashed: 'alone' },
  ],
  [
    'running, asked to stop',
    {},
    { state: 'STARTED', leaseUntil: now + 1, revokeRequestedAt: 1 },
    { kind: 'held', until: now + 1 },
  ],
  ['crashed, asked to stop', {}, { ...started, revokeRequestedAt: 1 }, { kind: 'revoked' }],
  ['crashed in company', {}, started, { kind: 'run', attempt: 1, alone: true, crashed: 'in-company' }],
  ['crashed in company, expired', {}, { ...started, expires: now - 1 }, { kind: 'expired' }],
  [
    'crashed in company, whatever its attempts',
    {},
    { ...started, attempt: 99 },
    { kind: 'run', attempt: 99, alone: true, crashed: 'in-company' },
  ],
  ['crashed alone', {}, { ...started, alone: true }, { kind: 'run', attempt: 2, alone: true, crashed: 'alone' }],
  [
    'crashed alone, with the last retry left',
    {},
    { ...started, alone: true, attempt: 2 },
    { kind: 'run', attempt: 3, alone: true, crashed: 'alone' },
  ],
  ['crashed alone once too often', {}, { ...started, alone: true, attempt: 3 }, { kind: 'exhausted', attempt: 3 }],
  ['crashed alone, expired', {}, { ...started, alone: true, expires: now - 1 }, { kind: 'expired' }],
  [
    'crashed alone once too often, and expired: exhausted',
    {},
    { ...started, alone: true, attempt: 3, expires: 1 },
    { kind: 'exhausted', attempt: 3 },
  ],
  [
    'started without a lease',
    {},
    { state: 'STARTED' },
    { kind: 'run', attempt: 1, alone: true, crashed: 'in-company' },
  ],
  [
    'claimed alone, then retried: alone no more',
    {},
    { state: 'RETRY', alone: true },
    { kind: 'run', attempt: 1, alone: false },
  ],
]

describe('a delivery whose record was read', () => {
  it.each(cases)('%s', (_name, given, found, verdict) => {
    expect(classify(message(given), record(found), policy, now)).toEqual(verdict)
  })

  it.each(['SUCCESS', 'FAILURE', 'IGNORED', 'REVOKED', 'EXPIRED'] as const)('%s: finished', (state) => {
    expect(classify(message(), record({ state, expires: 1, availableAt: now * 2 }), policy, now)).toEqual({
      kind: 'finished',
    })
  })

  it('of a task without retries: the first crash alone is the last', () => {
    const found = record({ ...started, alone: true, attempt: 0 })
    expect(classify(message(), found, resolveRetry(false, 'test'), now)).toEqual({ kind: 'exhausted', attempt: 0 })
  })

  it('of a task that this worker does not know: never exhausted here', () => {
    const found = record({ ...started, alone: true, attempt: 1_000 })
    expect(classify(message(), found, patientPolicy, now).kind).toBe('run')
  })
})

const states: readonly TaskState[] = [
  'QUEUED',
  'STARTED',
  'RETRY',
  'SUCCESS',
  'FAILURE',
  'IGNORED',
  'REVOKED',
  'EXPIRED',
]
const instant = fc.integer({ min: now - 20_000, max: now + 20_000 })
const anyRecord = fc
  .record(
    {
      state: fc.constantFrom(...states),
      generation: fc.integer({ min: 0, max: 4 }),
      attempt: fc.integer({ min: 0, max: 6 }),
      alone: fc.boolean(),
      leaseUntil: instant,
      availableAt: instant,
      expires: instant,
      revokeRequestedAt: instant,
    },
    { requiredKeys: ['state', 'generation', 'attempt'] },
  )
  .map((fields) => record(fields))

describe('whatever the record', () => {
  it('nothing runs while a lease is held, after a terminal state of its generation, early, expired or revoked', () => {
    fc.assert(
      fc.property(anyRecord, fc.integer({ min: 0, max: 5 }), (found, generation) => {
        const verdict = classify(message({ generation }), found, policy, now)
        if (verdict.kind !== 'run') return
        if (verdict.opens !== undefined) {
          expect([found.state, generation]).toEqual(['FAILURE', found.generation + 1])
          return
        }
        expect(generation).toBe(found.generation)
        expect(isTerminal(found.state)).toBe(false)
        if (found.state === 'STARTED') expect(found.leaseUntil ?? 0).toBeLessThanOrEqual(now)
        else expect(found.availableAt ?? 0).toBeLessThanOrEqual(now + 500)
        expect(found.expires ?? now).toBeGreaterThanOrEqual(now)
        expect(found.revokeRequestedAt).toBeUndefined()
        expect(verdict.attempt).toBeLessThanOrEqual(Math.max(3, found.attempt))
        expect(verdict.attempt - found.attempt).toBe(verdict.crashed === 'alone' ? 1 : 0)
      }),
    )
  })

  it('what crashed runs alone', () => {
    fc.assert(
      fc.property(anyRecord, (found) => {
        const verdict = classify(message({ generation: found.generation }), found, policy, now)
        if (verdict.kind === 'run') expect(verdict.alone).toBe(found.state === 'STARTED')
      }),
    )
  })
})
