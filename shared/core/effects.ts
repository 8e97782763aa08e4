import type { DeadLetterReason } from './dead-letter-reason.ts'
import { parseErrorData } from './error-data.ts'
import type { ErrorData, TaskRecord } from './record.ts'
import { isTerminal } from './states.ts'

/** What remains to be done with a task's message once its record says how a run ended. */
export type Effect =
  /** Send it to the dead-letter queue. */
  | {
      readonly kind: 'dead-letter'
      readonly reason: DeadLetterReason
      readonly attempt: number
      readonly error: ErrorData | undefined
    }
  /** Let it be received again at this instant: hidden where it is, or as a fresh copy. */
  | { readonly kind: 'come-back'; readonly at: number }
  /** Delete it. */
  | { readonly kind: 'acknowledge' }

/** What a record says of the end of a run. */
export type EndedRecord = Pick<TaskRecord, 'state' | 'reason' | 'attempt' | 'error' | 'availableAt'>

/**
 * What follows from the end of a run, in the order in which it must be done. Pure, and made of the record alone: the first settlement and a
 * delivery that finds the record afterwards do the same.
 */
export function effectsOf({ state, reason, attempt, error, availableAt = 0 }: EndedRecord): readonly Effect[] {
  if (!isTerminal(state)) return [{ kind: 'come-back', at: availableAt }]
  if (state !== 'FAILURE' || reason === undefined || reason === 'revoked' || reason === 'enqueue-failed')
    return [{ kind: 'acknowledge' }]
  const data = error === undefined ? undefined : parseErrorData(error)
  return [{ kind: 'dead-letter', reason, attempt, error: data }, { kind: 'acknowledge' }]
}
