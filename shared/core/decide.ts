import type { ContextRetryOptions } from './context.ts'
import type { TaskDeadLetterReason } from './dead-letter-reason.ts'
import { toMs } from './duration.ts'
import { GetInsideTaskError, IgnoreError, MaxRetriesExceededError, RejectError } from './errors.ts'
import { backoffMs, isRetryable, matchesError, type RetryPolicy } from './retry.ts'
import type { EndState } from './states.ts'
import type { TaskDefinition } from './task.ts'

/** How a run ended, or why there was no run. */
export type Outcome =
  | { readonly kind: 'returned'; readonly result: string }
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'asked-retry'; readonly options: ContextRetryOptions }
  | { readonly kind: 'snoozed'; readonly delayMs: number }
  | { readonly kind: 'input-refused'; readonly error: unknown }
  | { readonly kind: 'result-refused'; readonly error: unknown }
  | WithoutRun

/** Outcomes that need no run. */
export type WithoutRun =
  | { readonly kind: 'revoked' }
  | { readonly kind: 'expired' }
  /** Claimed, but the answer came too late to run. */
  | { readonly kind: 'claimed-late' }
  /** The process stops, or the event loop was blocked for the rest of the time. */
  | { readonly kind: 'handed-back' }
  | { readonly kind: 'unknown-task'; readonly error: Error }
  /** Crashed alone, with no retries left. */
  | { readonly kind: 'lost'; readonly error: Error }

/** What an outcome means for the record. Only data: nothing is written yet. */
export interface Settlement {
  readonly state: EndState
  /** The attempt counts. */
  readonly counts: boolean
  /** The encoded result of a success. */
  readonly result?: string
  readonly error?: unknown
  /** The message comes back after this time. Absent: it is acknowledged. */
  readonly delayMs?: number
  /** The message goes to the dead-letter queue with this reason. */
  readonly deadLetter?: TaskDeadLetterReason
  /** The error was one the task declared with `throws`. */
  readonly expected?: boolean
  /** The task did not ask to come back: it could not run, or not to its end. */
  readonly handedBack?: boolean
}

export interface Circumstances {
  readonly definition: Pick<TaskDefinition, 'name' | 'throws'>
  readonly policy: RetryPolicy
  readonly id: string
  /** Counted attempts that ended before this one, which is the number of retries. */
  readonly attempt: number
  /** Uniform in [0, 1): for the jitter. */
  readonly random: number
}

/** Celery's Reject(requeue=True) comes back at once; a moment keeps a task that always does so from spinning. */
const requeueDelayMs = 1_000

/** The settlement of an outcome: the table of ARCHITECTURE.md, row by row. Pure. */
export function decide(outcome: Outcome, circumstances: Circumstances): Settlement {
  switch (outcome.kind) {
    case 'returned':
      return { state: 'SUCCESS', counts: true, result: outcome.result }
    case 'threw':
      return decideThrow(outcome.error, circumstances)
    case 'asked-retry':
      return decideRetry(outcome.options, circumstances)
    case 'snoozed':
      return { state: 'QUEUED', counts: false, delayMs: outcome.delayMs }
    case 'input-refused':
      return { state: 'FAILURE', counts: false, error: outcome.error, deadLetter: 'input-refused' }
    case 'result-refused':
      return { state: 'FAILURE', counts: true, error: outcome.error, deadLetter: 'result-refused' }
    default:
      return decideWithoutRun(outcome)
  }
}

/** The rows of the table that do not depend on the retry policy. */
export function decideWithoutRun(outcome: WithoutRun): Settlement {
  switch (outcome.kind) {
    case 'revoked':
      return { state: 'REVOKED', counts: false }
    case 'expired':
      return { state: 'EXPIRED', counts: false }
    case 'claimed-late':
    case 'handed-back':
      return { state: 'QUEUED', counts: false, delayMs: 0, handedBack: true }
    case 'unknown-task':
      return { state: 'FAILURE', counts: false, error: outcome.error, deadLetter: 'unknown-task' }
    case 'lost':
      return { state: 'FAILURE', counts: true, error: outcome.error, deadLetter: 'worker-lost' }
  }
}

function decideThrow(error: unknown, circumstances: Circumstances): Settlement {
  const { definition, policy, attempt, random } = circumstances
  // A programming error: each retry would enqueue its children again.
  if (error instanceof GetInsideTaskError) return { state: 'FAILURE', counts: true, error, deadLetter: 'failure' }
  if (error instanceof IgnoreError) return { state: 'IGNORED', counts: true }
  if (error instanceof RejectError) {
    return error.requeue
      ? { state: 'QUEUED', counts: false, error, delayMs: requeueDelayMs }
      : { state: 'FAILURE', counts: true, error, deadLetter: 'rejected' }
  }
  if (isRetryable(error, policy) && attempt < policy.maxRetries) {
    return { state: 'RETRY', counts: true, error, delayMs: backoffMs(policy, attempt, random) }
  }
  if (matchesError(error, definition.throws)) return { state: 'FAILURE', counts: true, error, expected: true }
  return { state: 'FAILURE', counts: true, error, deadLetter: 'failure' }
}

function decideRetry(options: ContextRetryOptions, circumstances: Circumstances): Settlement {
  const { definition, policy, id, attempt, random } = circumstances
  const maxRetries = options.maxRetries ?? policy.maxRetries
  const error = options.error ?? new MaxRetriesExceededError(definition.name, id, maxRetries)
  if (attempt >= maxRetries) {
    return matchesError(error, definition.throws)
      ? { state: 'FAILURE', counts: true, error, expected: true }
      : { state: 'FAILURE', counts: true, error, deadLetter: 'failure' }
  }
  const delayMs =
    options.delay === undefined
      ? backoffMs(policy, attempt, random)
      : Math.max(0, toMs(options.delay, 'ctx.retry: delay'))
  return { state: 'RETRY', counts: true, delayMs, ...(options.error !== undefined && { error: options.error }) }
}
