import type { BulkEntry, TakenCall } from './bulk-entry.ts'
import type { ChunkSource, Indexed } from './chunk-source.ts'

/** Enqueues a chunk. Resolves with the result of each input; never rejects. */
export type EnqueueChunk<Input, Output> = (
  chunk: readonly Indexed<TakenCall<Input>>[],
) => Promise<readonly BulkEntry<Input, Output>[]>

/** A source of calls in chunks. */
export type CallSource<Input> = Pick<ChunkSource<unknown, TakenCall<Input>>, 'next' | 'stop' | 'taken'>

/** Enqueues chunks before their results are read: up to `concurrency` in flight, and as many again finished and unread. */
export class LookAhead<Input, Output> {
  readonly #source: CallSource<Input>
  readonly #enqueue: EnqueueChunk<Input, Output>
  readonly #concurrency: number
  /** In the order of the list. */
  readonly #chunks: Promise<readonly BulkEntry<Input, Output>[]>[] = []
  #inFlight = 0
  #stopped = false
  #filling: Promise<void> | undefined
  #filled = false
  #error: { readonly reason: unknown } | undefined
  #wake: (() => void)[] = []

  constructor(source: CallSource<Input>, enqueue: EnqueueChunk<Input, Output>, concurrency: number) {
    this.#source = source
    this.#enqueue = enqueue
    this.#concurrency = concurrency
  }

  /** The results of the next chunk; undefined at the end. An error of the source is thrown after all chunks before it. */
  async next(): Promise<readonly BulkEntry<Input, Output>[] | undefined> {
    this.#filling ??= this.#fill()
    while (this.#chunks.length === 0 && !this.#filled) await this.#change()
    const chunk = await this.#chunks[0]
    if (chunk === undefined) {
      if (this.#error !== undefined) throw this.#error.reason
      return undefined
    }
    this.#chunks.shift()
    this.#notify()
    return chunk
  }

  /** Takes nothing more from the source. Resolves with the results that were not read. */
  async finish(): Promise<readonly (readonly BulkEntry<Input, Output>[])[]> {
    this.#stopped = true
    this.#source.stop()
    this.#notify()
    await this.#filling
    return Promise.all(this.#chunks.splice(0))
  }

  async #fill(): Promise<void> {
    try {
      for (;;) {
        while (!this.#stopped && !this.#hasRoom()) await this.#change()
        if (this.#stopped) return
        const inputs = await this.#source.next()
        if (inputs.length === 0) return
        this.#inFlight++
        this.#chunks.push(this.#enqueue(inputs).finally(() => this.#landed()))
        this.#notify()
      }
    } catch (reason) {
      this.#error = { reason }
    } finally {
      this.#filled = true
      this.#notify()
    }
  }

  #hasRoom(): boolean {
    return this.#inFlight < this.#concurrency && this.#chunks.length < 2 * this.#concurrency
  }

  #landed(): void {
    this.#inFlight--
    this.#notify()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve))
  }

  #notify(): void {
    const waiting = this.#wake
    this.#wake = []
    for (const wake of waiting) wake()
  }
}
