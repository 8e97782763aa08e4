import { flushMs } from '../core/defaults.ts'
import type { Clock } from '../ports/index.ts'

/** An item of the caller's list after conversion, with its index. */
export interface Indexed<Taken> {
  readonly index: number
  readonly item: Taken
}

type Answer<Item> = IteratorResult<Item> | 'late' | 'stopped'

/**
 * Takes items from any iterable in chunks. A chunk ends when it is full, when the source ends, or when the source was silent for 50 ms: items of a slow source
 * do not wait for nine others.
 */
export class ChunkSource<Item, Taken> {
  readonly #clock: Clock
  readonly #size: number
  /** Called as soon as the source yields an item, because the source may reuse the object for the next one. */
  readonly #take: (item: Item) => Taken
  readonly #iterator: Iterator<Item> | AsyncIterator<Item>
  /** The pending request to the source. */
  #asked: Promise<IteratorResult<Item>> | undefined
  /** Ends the wait for the source. */
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

  /** The next inputs; none at the end. An error of the source is thrown after the inputs that came before it. */
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

  /** Takes nothing more. Does not wait for a source that still produces its next input. */
  stop(): void {
    if (this.#ended) return
    this.#ended = true
    this.#wake?.('stopped')
    // The caller has left, so an error of the source at its end is ignored.
    Promise.resolve(this.#iterator.return?.()).catch(() => {})
  }

  #ask(): IteratorResult<Item> | Promise<Answer<Item>> {
    if (this.#asked === undefined) {
      const answer = this.#iterator.next()
      if (!('then' in answer)) return answer
      this.#asked = answer
    }
    const asked = this.#asked
    // Not Promise.race: it would add a reaction to a long-lived promise for every input.
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
