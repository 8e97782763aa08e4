import { describe, expect, it } from 'vitest'
import { RetrySignal } from '../../shared/core/context.ts'
import { type Circumstances, decide, type Outcome } from '../../shared/core/decide.ts'
import { GetInsideTaskError, IgnoreError, RejectError } from '../../shared/core/errors.ts'
import { type RetryOptions, resolveRetry } from '../../shared/core/retry.ts'

class Expected extends Error {}

const inside = new GetInsideTaskError()

function at(attempt: number, retry: RetryOptions | false = { maxRetries: 3, delay: 10, jitter: false }): Circumstances {
  return {
    definition: { name: 'case', throws: [Expected] },
    policy: resolveRetry(retry, 'case'),
    id: 'id',
    attempt,
    random: 0.5,
  }
}

const boom = new Error('boom')
const rejected = new RejectError('no')
const requeued = new RejectError('no', { requeue: true })
const expected = new Expected('known')

/** The table of ARCHITECTURE.md, row by row. */
const rows: readonly (readonly [string, Outcome, Circumstances, object])[] = [
  ['return', { kind: 'returned', result: '1' }, at(0), { state: 'SUCCESS', counts: true, result: '1' }],
  [
    'throw, retries left',
    { kind: 'threw', error: boom },
    at(1),
    { state: 'RETRY', counts: true, error: boom, delayMs: 20_000 },
  ],
  [
    'throw, none left',
    { kind: 'threw', error: boom },
    at(3),
    { state: 'FAILURE', counts: true, error: boom, deadLetter: 'failure' },
  ],
  [
    'throw, retry false',
    { kind: 'threw', error: boom },
    at(0, false),
    { state: 'FAILURE', counts: true, error: boom, deadLetter: 'failure' },
  ],
  [
    'throw, not retryable',
    { kind: 'threw', error: boom },
    at(0, { notOn: Error }),
    { state: 'FAILURE', counts: true, error: boom, deadLetter: 'failure' },
  ],
  [
    'expected throw, retries left',
    { kind: 'threw', error: expected },
    at(0),
    { state: 'RETRY', counts: true, error: expected, delayMs: 10_000 },
  ],
  [
    'expected throw, none left',
    { kind: 'threw', error: expected },
    at(3),
    { state: 'FAILURE', counts: true, error: expected, expected: true },
  ],
  [
    'ctx.retry() with a delay',
    { kind: 'asked-retry', options: { delay: 5, error: boom } },
    at(0),
    { state: 'RETRY', counts: true, error: boom, delayMs: 5_000 },
  ],
  [
    'ctx.retry() with nothing said',
    { kind: 'asked-retry', options: {} },
    at(1),
    { state: 'RETRY', counts: true, delayMs: 20_000 },
  ],
  [
    'ctx.retry() back in time',
    { kind: 'asked-retry', options: { delay: -5 } },
    at(0),
    { state: 'RETRY', counts: true, delayMs: 0 },
  ],
  [
    'ctx.retry() with its own limit',
    { kind: 'asked-retry', options: { maxRetries: 9, delay: 1 } },
    at(8),
    { state: 'RETRY', counts: true, delayMs: 1_000 },
  ],
  [
    'ctx.retry() with an error, none left',
    { kind: 'asked-retry', options: { error: boom } },
    at(3),
    { state: 'FAILURE', counts: true, error: boom, deadLetter: 'failure' },
  ],
  [
    'ctx.retry() with an expected error, none left',
    { kind: 'asked-retry', options: { error: expected } },
    at(3),
    { state: 'FAILURE', counts: true, error: expected, expected: true },
  ],
  [
    'ctx.retry() although throws are never retried',
    { kind: 'asked-retry', options: { delay: 5 } },
    at(0, false),
    { state: 'RETRY', counts: true, delayMs: 5_000 },
  ],
  [
    'reject',
    { kind: 'threw', error: rejected },
    at(0),
    { state: 'FAILURE', counts: true, error: rejected, deadLetter: 'rejected' },
  ],
  [
    'reject with requeue',
    { kind: 'threw', error: requeued },
    at(0),
    { state: 'QUEUED', counts: false, error: requeued, delayMs: 1_000 },
  ],
  ['ignore', { kind: 'threw', error: new IgnoreError() }, at(0), { state: 'IGNORED', counts: true }],
  ['snooze', { kind: 'snoozed', delayMs: 7 }, at(0), { state: 'QUEUED', counts: false, delayMs: 7 }],
  ['revoked', { kind: 'revoked' }, at(0), { state: 'REVOKED', counts: false }],
  ['expired', { kind: 'expired' }, at(0), { state: 'EXPIRED', counts: false }],
  ['claimed late', { kind: 'claimed-late' }, at(0), { state: 'QUEUED', counts: false, delayMs: 0, handedBack: true }],
  ['handed back', { kind: 'handed-back' }, at(0), { state: 'QUEUED', counts: false, delayMs: 0, handedBack: true }],
  [
    'waiting for a result inside a task',
    { kind: 'threw', error: inside },
    at(0),
    { state: 'FAILURE', counts: true, error: inside, deadLetter: 'failure' },
  ],
  [
    'input refused',
    { kind: 'input-refused', error: boom },
    at(0),
    { state: 'FAILURE', counts: false, error: boom, deadLetter: 'input-refused' },
  ],
  [
    'result refused',
    { kind: 'result-refused', error: boom },
    at(0),
    { state: 'FAILURE', counts: true, error: boom, deadLetter: 'result-refused' },
  ],
  [
    'unknown task',
    { kind: 'unknown-task', error: boom },
    at(0),
    { state: 'FAILURE', counts: false, error: boom, deadLetter: 'unknown-task' },
  ],
  [
    'lost',
    { kind: 'lost', error: boom },
    at(3),
    { state: 'FAILURE', counts: true, error: boom, deadLetter: 'worker-lost' },
  ],
]

describe('decide', () => {
  it.each(rows)('%s', (_name, outcome, circumstances, settlement) => {
    const { error, ...decided } = decide(outcome, circumstances)
    expect({ ...decided, ...(error !== undefined && { error }) }).toStrictEqual(settlement)
  })

  it('names the option of a delay that is none', () => {
    const options = { delay: 'soon' as never }
    expect(() => decide({ kind: 'asked-retry', options }, at(0))).toThrow('ctx.retry: delay: expected a number')
  })

  it('says of a retry without an error no error', () => {
    expect(Object.hasOwn(decide({ kind: 'asked-retry', options: {} }, at(0)), 'error')).toBe(false)
  })

  it('names MaxRetriesExceededError when a retry without an error has none left', () => {
    const { options } = new RetrySignal({})
    expect(decide({ kind: 'asked-retry', options }, at(3))).toMatchObject({
      state: 'FAILURE',
      counts: true,
      deadLetter: 'failure',
      error: { name: 'MaxRetriesExceededError' },
    })
  })
})
