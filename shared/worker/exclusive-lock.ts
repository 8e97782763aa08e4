/**
 * Decides who runs in this process. Batches share it, unless one of them runs a suspect: a suspect has the process for itself, so a crash is known
 * to be its own. Turns are taken in the order in which they are asked for, so nobody waits for ever.
 */
export class ExclusiveLock {
  /** A batch has the process for itself: on Lambda, always. */
  readonly hasOneBatch: boolean
  #sharing = 0
  #exclusive = false
  readonly #waiting: { readonly exclusive: boolean; readonly enter: () => void }[] = []

  /** @param batches most batches at a time */
  constructor(batches: number) {
    this.hasOneBatch = batches === 1
  }

  /** Works while nobody has the lock for itself. */
  shared<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    return this.#enter(false, work)
  }

  /** Works while nobody else does. */
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
      // Taken on its behalf: it goes on only in a later turn of the event loop.
      this.#take(next.exclusive)
      next.enter()
    }
  }
}
