import { DefinitionError } from '../core/errors.ts'
import type { BulkEntry, BulkFailure } from './bulk-entry.ts'
import { type CallSource, type EnqueueChunk, LookAhead } from './look-ahead.ts'

export interface BulkProgress {
  /** Inputs taken from the list. */
  readonly taken: number
  /** Enqueued inputs, including those whose task existed already. */
  readonly accepted: number
  /** Accepted inputs whose task existed already. */
  readonly deduplicated: number
  readonly failed: number
}

/** The result of enqueuing a list. */
export interface BulkReport<Input> {
  readonly taken: number
  readonly accepted: number
  readonly deduplicated: number
  /** Failed inputs that no iteration has yielded; all failed inputs when the list was awaited. */
  readonly failed: readonly BulkFailure<Input>[]
}

export interface BulkOptions {
  /** Chunks of ten in flight at a time, 1 to 100. @default 4 */
  readonly concurrency?: number
  /** Called after each chunk. */
  readonly onProgress?: (progress: BulkProgress) => void
}

/** Maximum number of messages in one SendMessageBatch. */
export const bulkChunk = 10

/**
 * A list that is enqueued ten at a time. Iterate it to get the result of each entry in the order of the list, or await it for a summary. Lazy: nothing is
 * taken from the list before that, and never more than a few chunks ahead of what was yielded, so memory stays flat for any length.
 *
 * If you leave a loop early, the entries already taken from the list are enqueued, the requests in flight finish, and `report()` holds their results.
 *
 * @example
 * for await (const { index, handle, error } of sendEmail.delayMany(readRows())) if (error) console.error(index, error)
 * const { accepted, failed } = await sendEmail.delayMany(rows)
 */
export class BulkEnqueue<Input, Output>
  implements AsyncIterable<BulkEntry<Input, Output>>, PromiseLike<BulkReport<Input>>
{
  readonly #enqueue: EnqueueChunk<Input, Output>
  readonly #source: CallSource<Input>
  readonly #concurrency: number
  readonly #onProgress: ((progress: BulkProgress) => void) | undefined
  readonly #unyielded: BulkFailure<Input>[] = []
  #accepted = 0
  #deduplicated = 0
  #failed = 0
  #begun = false
  #drained: Promise<BulkReport<Input>> | undefined

  constructor(source: CallSource<Input>, enqueue: EnqueueChunk<Input, Output>, options: BulkOptions) {
    const { concurrency = 4, onProgress } = options
    if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 100) {
      throw new DefinitionError(
        `delayMany: concurrency: expected a whole number from 1 to 100, received ${concurrency}.`,
      )
    }
    this.#enqueue = enqueue
    this.#source = source
    this.#concurrency = concurrency
    this.#onProgress = onProgress
  }

  /** The result of the list so far. */
  report(): BulkReport<Input> {
    return {
      taken: this.#source.taken,
      accepted: this.#accepted,
      deduplicated: this.#deduplicated,
      failed: [...this.#unyielded],
    }
  }

  /** A list can be enqueued only once. */
  [Symbol.asyncIterator](): AsyncGenerator<BulkEntry<Input, Output>, void, undefined> {
    if (this.#begun) {
      throw new TypeError(
        'delayMany: expected one iteration or await, received another. Call delayMany again to enqueue again.',
      )
    }
    this.#begun = true
    return this.#iterate()
  }

  // biome-ignore lint/suspicious/noThenProperty: awaiting a list is the short way to enqueue it
  then<Value = BulkReport<Input>, Reason = never>(
    onDone?: ((report: BulkReport<Input>) => Value | PromiseLike<Value>) | null,
    onError?: ((reason: unknown) => Reason | PromiseLike<Reason>) | null,
  ): Promise<Value | Reason> {
    this.#drained ??= this.#drain()
    return this.#drained.then(onDone, onError)
  }

  async #drain(): Promise<BulkReport<Input>> {
    for await (const entry of this) if (entry.error !== undefined) this.#unyielded.push(entry)
    return this.report()
  }

  async *#iterate(): AsyncGenerator<BulkEntry<Input, Output>, void, undefined> {
    const ahead = new LookAhead(this.#source, this.#enqueue, this.#concurrency)
    let left: readonly BulkEntry<Input, Output>[] = []
    try {
      for (let chunk = await ahead.next(); chunk !== undefined; chunk = await ahead.next()) {
        left = chunk
        this.#count(chunk)
        for (const entry of chunk) {
          left = left.slice(1)
          yield entry
        }
      }
    } finally {
      // Runs early when the caller leaves its loop, or when the source or onProgress threw.
      for (const entry of left) if (entry.error !== undefined) this.#unyielded.push(entry)
      for (const chunk of await ahead.finish()) {
        for (const entry of chunk) if (entry.error !== undefined) this.#unyielded.push(entry)
        this.#count(chunk)
      }
    }
  }

  #count(chunk: readonly BulkEntry<Input, Output>[]): void {
    for (const { handle } of chunk) {
      if (handle === undefined) this.#failed++
      else {
        this.#accepted++
        if (handle.deduplicated === true) this.#deduplicated++
      }
    }
    this.#onProgress?.({
      taken: this.#source.taken,
      accepted: this.#accepted,
      deduplicated: this.#deduplicated,
      failed: this.#failed,
    })
  }
}
