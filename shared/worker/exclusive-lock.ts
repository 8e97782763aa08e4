/**
 * Decides which batches run in this process. Batches share it, except while one of them runs a suspect: a suspect runs alone, so a crash is known
 * to be its own. Turns are granted in the order of the requests, so no batch waits for ever.
 */
export class ExclusiveLock {
  /** Only one batch works at a time. On Lambda, this is always so. */
  readonly hasOneBatch: boolean
  #sharing = 0
  #exclusive = false
  readonly #waiting: { readonly exclusive: boolean; readonly enter: () => void }[] = []

  /** @param batches maximum number of concurrent batches */
  constructor(batches: number) {
    this.hasOneBatch = batches === 1
  }

  /** Runs `work` while no batch holds the lock for itself. */
  shared<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    return this.#enter(false, work)
  }

  /** Runs `work` while no other batch works. */
  exclusive<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    return this.#enter(true, work)
  }

  async #enter<Answer>(exclusive: boolean, work: () => Promise<Answer>): Promise<Answer> {
    if (this.#waiting.length > 0 || !this.#hasRoom(exclusive))
      await new Promise<void>((enter) => this.#waiting.push({ exclusive, enter }))
    else this.#take(exclusive)
    try {
      return await work()
    } finally {
      this.#leave(exclusive)
    }
  }

  #hasRoom(exclusive: boolean): boolean {
    return !this.#exclusive && (!exclusive || this.#sharing === 0)
  }

  #take(exclusive: boolean): void {
    if (exclusive) this.#exclusive = true
    else this.#sharing++
  }

  #leave(exclusive: boolean): void {
    if (exclusive) this.#exclusive = false
    else this.#sharing--
    for (let next = this.#waiting[0]; next !== undefined && this.#hasRoom(next.exclusive); next = this.#waiting[0]) {
      this.#waiting.shift()
      // The lock is taken for the waiter here, because the waiter continues only in a later turn of the event loop.
      this.#take(next.exclusive)
      next.enter()
    }
  }
}
