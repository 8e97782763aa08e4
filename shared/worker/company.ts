/**
 * Who runs in this process. A task is alone when nothing else does, in any of its batches: only then is a crash known to be its own. Turns are
 * taken in the order they are asked for, so that nobody waits for ever.
 */
export class Company {
  /** Whether a batch has the process for itself. */
  readonly isOneBatch: boolean
  #together = 0
  #alone = false
  readonly #waiting: { readonly alone: boolean; readonly enter: () => void }[] = []

  /** @param batches that are worked at a time */
  constructor(batches: number) {
    this.isOneBatch = batches === 1
  }

  /** While nobody is alone. */
  together<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    return this.#enter(false, work)
  }

  /** While nobody else is there. */
  alone<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    return this.#enter(true, work)
  }

  async #enter<Answer>(alone: boolean, work: () => Promise<Answer>): Promise<Answer> {
    if (this.#waiting.length > 0 || !this.#hasRoom(alone))
      await new Promise<void>((enter) => this.#waiting.push({ alone, enter }))
    else this.#take(alone)
    try {
      return await work()
    } finally {
      this.#leave(alone)
    }
  }

  #hasRoom(alone: boolean): boolean {
    return !this.#alone && (!alone || this.#together === 0)
  }

  #take(alone: boolean): void {
    if (alone) this.#alone = true
    else this.#together++
  }

  #leave(alone: boolean): void {
    if (alone) this.#alone = false
    else this.#together--
    for (let next = this.#waiting[0]; next !== undefined && this.#hasRoom(next.alone); next = this.#waiting[0]) {
      this.#waiting.shift()
      // In its name: it goes on only in a turn of its own.
      this.#take(next.alone)
      next.enter()
    }
  }
}
