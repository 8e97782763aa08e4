/** Remembers what was made of the texts that came last: applications send the same few over and over. */
export class Recent<Made> {
  private readonly made = new Map<string, Made>()
  private readonly limit: number

  constructor(limit: number) {
    this.limit = limit
  }

  get(text: string, make: () => Made): Made {
    const known = this.made.get(text)
    if (known !== undefined) return known
    const made = make()
    // Half of them go at once: cheaper than moving every text to the end at each use, and what is in use comes back.
    if (this.made.size >= this.limit) {
      let surplus = this.limit >> 1
      for (const key of this.made.keys()) {
        if (surplus-- === 0) break
        this.made.delete(key)
      }
    }
    this.made.set(text, made)
    return made
  }
}
