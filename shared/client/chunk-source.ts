import { flushMs } from '../core/defaults.ts'
import type { Clock } from '../ports/index.ts'

/** What was made of an item of the caller's list, with its place there. */
export interface Indexed<Taken> {
  readonly index: number
  readonly item: Taken
}

type Answer<Item> = IteratorResult<Item> | 'late' | 'stopped'

/**
 * Takes items from any iterable in chunks. A chunk is full, or the last one, or the source had no more for 50 ms: what a trickling source
 * gives is not kept waiting for nine others.
 */
export class ChunkSource<Item, Taken> {
  readonly #clock: Clock
  readonly #size: number
  /** Called as soon as the source has given an item: it may use the same object again for the next one. */
  readonly #take: (item: Item) => Taken
  readonly #iterator: Iterator<Item> | AsyncIterator<Item>
  /** Asked of the source, not answered yet. */
  #asked: Promise<IteratorResult<Item>> | undefined
  /** Ends the wait for it. */
  #wake: ((answer: 'late' | 'stopped') => void) | undefined
  #error: { readonly reason: unknown } | undefined
  #taken = 0
  #ended = false

  constructor(items: Iterable<Item> | AsyncIterable<Item>, size: number, clock: Clock, take: (item: Item) => Taken) {
    this.#clock = clock
    this.#take = take
    this.#size = size
    this.#iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
  }

  /** Inputs taken so far. */
  get taken(): number {
    return this.#taken
  }

  /** The next inputs; none at the end. What the source throws is thrown after the inputs that came before. */
  async next(): Promise<readonly Indexed<Taken>[]> {
    const chunk: Indexed<Taken>[] = []
    let cancel: (() => void) | undefined
    try {
      while (chunk.length < this.#size && !this.#ended) {
        let answer: Answer<Item> | Promise<Answer<Item>> = this.#ask()
        if (answer instanceof Promise) {
          if (chunk.length > 0) cancel ??= this.#clock.timer(flushMs, () => this.#wake?.('late'))
          answer = await answer
        }
        if (answer === 'late' || answer === 'stopped') break
        if (answer.done) this.#ended = true
        else chunk.push({ index: this.#taken++, item: this.#take(answer.value) })
      }
    } catch (reason) {
      this.#ended = true
      this.#error = { reason }
    } finally {
      cancel?.()
    }
    if (chunk.length > 0 || this.#error === undefined) return chunk
    const { reason } = this.#error
    this.#error = undefined
    throw reason
  }

  /** Takes nothing more. A source that is still making its next input is not waited for. */
  stop(): void {
    if (this.#ended) return
    this.#ended = true
    this.#wake?.('stopped')
    // A source's own error at its end concerns nobody who has left.
    Promise.resolve(this.#iterator.return?.()).catch(() => {})
  }

  #ask(): IteratorResult<Item> | Promise<Answer<Item>> {
    if (this.#asked === undefined) {
      const answer = this.#iterator.next()
      if (!('then' in answer)) return answer
      this.#asked = answer
    }
    const asked = this.#asked
    // Not Promise.race: on a promise that outlives it, it leaves one reaction for each input.
    return new Promise((resolve, reject) => {
      this.#wake = resolve
      asked.then(
        (answer) => {
          if (this.#asked === asked) this.#asked = undefined
          resolve(answer)
        },
        (error) => {
          if (this.#asked === asked) this.#asked = undefined
          reject(error)
        },
      )
    })
  }
}
