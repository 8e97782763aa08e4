import { expect, it } from 'vitest'
import type { DeadLetterReason } from '../../shared/core/dead-letter-reason.ts'
import { type Effect, type EndedRecord, effectsOf } from '../../shared/core/effects.ts'

const error = { name: 'TypeError', message: 'no' }
const letter = (reason: DeadLetterReason): Effect => ({ kind: 'dead-letter', reason, attempt: 2, error })

it.each<[string, Partial<EndedRecord>, readonly Effect[]]>([
  ['a success', { state: 'SUCCESS' }, [{ kind: 'acknowledge' }]],
  [
    'a failure',
    { state: 'FAILURE', reason: 'failure', error: JSON.stringify(error) },
    [letter('failure'), { kind: 'acknowledge' }],
  ],
  ['a failure that was expected', { state: 'FAILURE', error: JSON.stringify(error) }, [{ kind: 'acknowledge' }]],
  [
    'a failure without an error',
    { state: 'FAILURE', reason: 'worker-lost' },
    [{ kind: 'dead-letter', reason: 'worker-lost', attempt: 2, error: undefined }, { kind: 'acknowledge' }],
  ],
  // Its reason is no reason for a dead letter.
  ['a revocation', { state: 'REVOKED', reason: 'revoked' }, [{ kind: 'acknowledge' }]],
  ['an expiry', { state: 'EXPIRED' }, [{ kind: 'acknowledge' }]],
  ['an ignored task', { state: 'IGNORED' }, [{ kind: 'acknowledge' }]],
  ['a retry', { state: 'RETRY', availableAt: 5_000 }, [{ kind: 'come-back', at: 5_000 }]],
  ['a snooze', { state: 'QUEUED', availableAt: 9_000 }, [{ kind: 'come-back', at: 9_000 }]],
])('what follows from %s', (_name, record, effects) => {
  expect(effectsOf({ state: 'SUCCESS', attempt: 2, ...record })).toEqual(effects)
})
