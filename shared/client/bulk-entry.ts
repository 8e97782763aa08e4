import type { CallOptions } from '../enqueue/call-options.ts'
import type { FrozenInput } from '../enqueue/prepared-call.ts'
import type { AsyncResult } from './async-result.ts'

/** One call of a list, as it was when it was taken from the list. */
export interface TakenCall<Input> {
  readonly input: Input
  readonly frozen: FrozenInput
  /** The call's own options. */
  readonly options: CallOptions
}

/** The result of one input, with its index in the list. */
export type BulkEntry<Input, Output> =
  | { readonly index: number; readonly handle: AsyncResult<Output>; readonly error?: undefined }
  | BulkFailure<Input>

/** An input that was not enqueued, with the reason. */
export interface BulkFailure<Input> {
  readonly index: number
  readonly input: Input
  readonly error: Error
  readonly handle?: undefined
}
