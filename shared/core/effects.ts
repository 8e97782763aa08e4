import type { DeadLetterReason } from './dead-letter-reason.ts'
import { parseErrorData } from './error-data.ts'
import type { ErrorData, TaskRecord } from './record.ts'
import { isTerminal } from './states.ts'

/** What to do with a task's message after its record was settled. */
export type Effect =
  /** Send it to the dead-letter queue. */
  | {
      readonly kind: 'dead-letter'
      readonly reason: DeadLetterReason
      readonly attempt: number
      readonly error: ErrorData | undefined
    }
  /** It comes back at this instant: hidden where it is, or as a fresh copy. */
  | { readonly kind: 'come-back'; readonly at: number }
  /** Delete the message. */
  | { readonly kind: 'acknowledge' }

/** The fields of a record that describe the end of a run. */
export type EndedRecord = Pick<TaskRecord, 'state' | 'reason' | 'attempt' | 'error' | 'availableAt'>

/**
 * The effects of a settled record, in the order in which they must be carried out. Pure, and derived from the record alone: the first settlement and a
 * delivery that finds the record afterwards do the same.
 */
export function effectsOf({ state, reason, attempt, error, availableAt = 0 }: EndedRecord): readonly Effect[] {
  if (!isTerminal(state)) return [{ kind: 'come-back', at: availableAt }]
  if (state !== 'FAILURE' || reason === undefined || reason === 'revoked' || reason === 'enqueue-failed')
    return [{ kind: 'acknowledge' }]
  const data = error === undefined ? undefined : parseErrorData(error)
  return [{ kind: 'dead-letter', reason, attempt, error: data }, { kind: 'acknowledge' }]
}
