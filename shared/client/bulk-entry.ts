import type { AsyncResult } from './async-result.ts'
import type { Indexed } from './chunk-source.ts'

/** The fate of one input, by its place in the list. */
export type BulkEntry<Input, Output> =
  | { readonly index: number; readonly handle: AsyncResult<Output>; readonly error?: undefined }
  | BulkFailure<Input>

/** An input that was not enqueued, given back with the reason. */
export interface BulkFailure<Input> {
  readonly index: number
  readonly input: Input
  readonly error: Error
  readonly handle?: undefined
}

/** Enqueues a chunk; says the fate of each input, and never rejects. */
export type EnqueueChunk<Input, Output> = (
  chunk: readonly Indexed<Input>[],
) => Promise<readonly BulkEntry<Input, Output>[]>
