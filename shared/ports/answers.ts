import type { TaskRecord } from '../core/record.ts'

/** The outcome of sending one message. `maybeSent`: the outcome is unknown, the message may be in the queue. */
export type SendAnswer =
  | { readonly status: 'sent'; readonly messageId: string }
  | { readonly status: 'failed'; readonly maybeSent: boolean; readonly error: Error }

/**
 * The outcome of one write.
 *
 * - `done`: it took effect. `record` is the record after an update.
 * - `refused`: this request found the condition false. An earlier try of the same request inside the SDK may have taken effect: read before you conclude.
 * - `throttled`: it did not take effect; try again.
 * - `unknown`: it may or may not have taken effect: read.
 * - `invalid`: the service will never accept it (too large).
 */
export type WriteAnswer =
  | { readonly status: 'done'; readonly record?: TaskRecord }
  | { readonly status: 'refused' }
  | { readonly status: 'throttled' }
  | { readonly status: 'unknown'; readonly error: Error }
  | { readonly status: 'invalid'; readonly error: Error }
