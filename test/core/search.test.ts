import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchesSearch, parseSearch, type SearchableTask } from '../../shared/core/search.ts'

const now = Date.parse('2026-11-28T12:00:00Z')
const charge: SearchableTask = {
  id: '0198b6f2-41d7',
  task: 'orders.charge',
  queue: 'orders',
  state: 'FAILURE',
  attempt: 4,
  enqueuedAt: now - 360_000,
  startedAt: now - 250_000,
  finishedAt: now - 240_000,
  root: '0198b6f2-0000',
  tags: ['eu', 'checkout'],
  tenant: 'acme-21',
  errorText: 'StripeTimeoutError: Request to api.stripe.com timed out after 10000 ms',
  input: () => ({ orderId: 'ord_81k2fq', amount: 12_990, customer: { id: 'cus_7d21' } }),
}
const finds = (text: string, task = charge): boolean => matchesSearch(parseSearch(text, now), task, now)

describe('search words', () => {
  it.each([
    ['', true],
    ['task:orders.charge', true],
    ['task:orders.*', true],
    ['task:orders', false],
    ['name:ORDERS.CHARGE', true],
    ['state:failure', true],
    ['state:failed', true],
    ['state:success', false],
    ['-state:success', true],
    ['state:success OR state:failure', true],
    ['state:success OR state:retry task:orders.*', false],
    ['tag:eu', true],
    ['tag:e', false],
    ['tenant:acme-21', true],
    ['error:"timed out"', true],
    ['error:stripetimeouterror', true],
    ['"timed out after"', true],
    ['0198b6f2', true],
    ['attempts:>2', true],
    ['attempts:>=4', true],
    ['attempts:<=3', false],
    ['attempts:4', true],
    ['run:>9s', true],
    ['run:>10s', false],
    ['run:<1m', true],
    ['wait:>1m', true],
    ['since:10m', true],
    ['since:5m', false],
    ['since:2026-11-28', true],
    ['until:2026-11-28T11:00:00Z', false],
    ['input.customer.id:cus_7d21', true],
    ['input.amount:12990', true],
    ['input.amount:1299', false],
    ['input:ord_81k2fq', true],
    ['kwargs.orderId:ord_*', true],
    ['https://api.example.com', false],
    ['-stripe', false],
  ])('%s: %s', (text, expected) => {
    expect(finds(text)).toBe(expected)
  })

  it('tells what it does not understand, and uses the rest', () => {
    const { clauses, issues } = parseSearch('colour:red state:failure attempts:many run:long task:', now)
    expect(clauses).toHaveLength(1)
    expect(issues.map(({ word }) => word)).toEqual(['colour:red', 'attempts:many', 'run:long', 'task:'])
    expect(issues[0]?.problem).toContain("'colour:' is no search word")
  })

  it('shows a task as SCHEDULED until its time has come', () => {
    const later: SearchableTask = { ...charge, state: 'QUEUED', availableAt: now + 1_000 }
    expect(finds('state:scheduled', later)).toBe(true)
    expect(finds('state:queued', later)).toBe(false)
  })

  it('never throws, and a negated word finds exactly what the word does not', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const search = parseSearch(text, now)
        expect(typeof matchesSearch(search, charge, now)).toBe('boolean')
      }),
    )
    const words = fc.constantFrom(
      'task:orders.*',
      'state:failed',
      'attempts:>9',
      'run:<1s',
      'tag:eu',
      'stripe',
      'input.amount:1',
    )
    fc.assert(fc.property(words, (word) => finds(`-${word}`) === !finds(word)))
    fc.assert(
      fc.property(words, words, (a, b) => {
        expect(finds(`${a} ${b}`)).toBe(finds(a) && finds(b))
        expect(finds(`${a} OR ${b}`)).toBe(finds(a) || finds(b))
      }),
    )
  })
})
