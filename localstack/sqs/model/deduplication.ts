import { DEDUPLICATION_MS } from './limits.ts'

/** The answer to a duplicate. */
export interface Original {
  id: string
  sequence: number
  at: number
}

/**
 * The deduplication ids that a FIFO queue accepted within the last five minutes, even if the messages are deleted.
 * The five minutes start at the first send; a duplicate does not extend them.
 * Source: Developer Guide, "Exactly-once processing in Amazon SQS"; API_SendMessage, `MessageDeduplicationId`.
 */
export class Deduplication {
  // In the order of sending. Ids expire in the same order.
  private readonly originals = new Map<string, Original>()

  find(key: string, now: number): Original | undefined {
    this.forget(now)
    return this.originals.get(key)
  }

  add(key: string, original: Original): void {
    this.originals.delete(key)
    this.originals.set(key, original)
  }

  clear(): void {
    this.originals.clear()
  }

  entries(): IterableIterator<[string, Original]> {
    return this.originals.entries()
  }

  private forget(now: number): void {
    for (const [key, { at }] of this.originals) {
      if (at + DEDUPLICATION_MS > now) return
      this.originals.delete(key)
    }
  }
}
