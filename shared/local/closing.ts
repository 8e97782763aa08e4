/** What was started, to be ended in the opposite order. */
export class Closing {
  readonly #ends: (() => unknown)[] = []
  #closing: Promise<void> | undefined

  add(end: () => unknown): void {
    this.#ends.push(end)
  }

  /** Ends everything, even if some of it fails. May be called twice. @throws the first failure, at the end */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const failures: unknown[] = []
    for (let end = this.#ends.pop(); end !== undefined; end = this.#ends.pop()) {
      try {
        await end()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}

/** All of them or none: when one fails, the others are awaited too, so that nothing starts after the cleanup. */
export async function allStarted<const Starting extends readonly unknown[]>(
  starting: Starting,
): Promise<{ -readonly [Index in keyof Starting]: Awaited<Starting[Index]> }> {
  const settled = await Promise.allSettled(starting)
  for (const each of settled) if (each.status === 'rejected') throw each.reason
  return settled.map((each) => (each.status === 'fulfilled' ? each.value : undefined)) as {
    -readonly [Index in keyof Starting]: Awaited<Starting[Index]>
  }
}
