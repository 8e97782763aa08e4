/** A fixed number of places that are taken and given back. A taker waits until a place is free. */
export class Slots {
  #free: number
  #waiting: (() => void)[] = []

  constructor(size: number) {
    this.#free = size
  }

  get free(): number {
    return this.#free
  }

  /** Takes up to `most` places, at least one. Resolves with how many; 0 when the signal aborts first. */
  async take(most: number, signal: AbortSignal): Promise<number> {
    while (this.#free === 0 && !signal.aborted) await this.#change(signal)
    if (signal.aborted) return 0
    const taken = Math.min(most, this.#free)
    this.#free -= taken
    return taken
  }

  give(count: number): void {
    if (count === 0) return
    this.#free += count
    for (const wake of this.#waiting.splice(0)) wake()
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake)
        resolve()
      }
      signal.addEventListener('abort', wake, { once: true })
      this.#waiting.push(wake)
    })
  }
}
