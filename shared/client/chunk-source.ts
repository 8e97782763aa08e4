import { flushMs } from '../core/defaults.ts'
import type { Clock } from '../ports/index.ts'

/** An input with its place in the caller's list. */
export interface Indexed<Input> {
  readonly index: number
  readonly input: Input
}

type Answer<Input> = IteratorResult<Input> | 'late' | 'stopped'

/**
 * Takes inputs from any iterable in chunks. A chunk is full, or the last one, or the source had no more for 50 ms: what a trickling source
 * gives is not kept waiting for nine others.
 */
export class ChunkSource<Input> {
  readonly #clock: Clock
  readonly #size: number
  readonly #iterator: Iterator<Input> | AsyncIterator<Input>
  /** Asked of the source, not answered yet. */
  #asked: Promise<IteratorResult<Input>> | undefined
  /** Ends the wait for it. */
  #wake: ((answer: 'late' | 'stopped') => void) | undefined
  #error: { readonly reason: unknown } | undefined
  #taken = 0
  #ended = false

  constructor(inputs: Iterable<Input> | AsyncIterable<Input>, size: number, clock: Clock) {
    this.#clock = clock
    this.#size = size
    this.#iterator = Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]()
  }

  /** Inputs taken so far. */
  get taken(): number {
    return this.#taken
  }

  /** The next inputs; none at the end. What the source throws is thrown after the inputs that came before. */
  async next(): Promise<readonly Indexed<Input>[]> {
    const chunk: Indexed<Input>[] = []
    let cancel: (() => void) | undefined
    try {
      while (chunk.length < this.#size && !this.#ended) {
        let answer: Answer<Input> | Promise<Answer<Input>> = this.#ask()
        if (answer instanceof Promise) {
          if (chunk.length > 0) cancel ??= this.#clock.timer(flushMs, () => this.#wake?.('late'))
          answer = await answer
        }
        if (answer === 'late' || answer === 'stopped') break
        if (answer.done) this.#ended = true
        else chunk.push({ index: this.#taken++, input: answer.value })
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

  #ask(): IteratorResult<Input> | Promise<Answer<Input>> {
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
