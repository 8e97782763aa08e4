/** Prints one line per check and counts. A check that throws has failed; the others go on. */
export class Checks {
  readonly #label: string
  #passed = 0
  #failed = 0

  constructor(label: string) {
    this.#label = label
  }

  get passed(): number {
    return this.#passed
  }

  get failed(): number {
    return this.#failed
  }

  /** @returns what the check gave, or `undefined` when it failed */
  async check<Value>(what: string, run: () => Promise<Value>): Promise<Value | undefined> {
    const began = Date.now()
    const took = () => `${((Date.now() - began) / 1000).toFixed(1)} s`
    try {
      const value = await run()
      this.#passed += 1
      console.log(`passed  ${this.#label}: ${what} (${took()})`)
      return value
    } catch (error) {
      this.#failed += 1
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
      console.log(`FAILED  ${this.#label}: ${what} (${took()})\n${message.replace(/^/gm, '        ')}`)
      return undefined
    }
  }
}
