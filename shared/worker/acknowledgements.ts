import type { Delivery } from '../ports/index.ts'

/**
 * Which messages of a batch are deleted. A message is kept unless a step acknowledges it: a message that no step decided on comes back.
 */
export class Acknowledgements {
  readonly #acknowledged = new Set<string>()
  readonly #kept = new Set<string>()

  acknowledge(delivery: Delivery): void {
    this.#acknowledged.add(delivery.messageId)
  }

  /** Wins over `acknowledge()`: a follow-up failed, so the message must come back. */
  keep(delivery: Delivery): void {
    this.#kept.add(delivery.messageId)
  }

  /** Ids of the messages that must come back. */
  failed(deliveries: readonly Delivery[]): readonly string[] {
    return deliveries
      .map(({ messageId }) => messageId)
      .filter((id) => !this.#acknowledged.has(id) || this.#kept.has(id))
  }
}
