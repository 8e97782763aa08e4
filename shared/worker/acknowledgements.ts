import type { Delivery } from '../ports/index.ts'

/**
 * Which messages of a batch are deleted. A message is kept unless somebody acknowledges it: what no step decided on comes again.
 */
export class Acknowledgements {
  readonly #acknowledged = new Set<string>()
  readonly #kept = new Set<string>()

  acknowledge(delivery: Delivery): void {
    this.#acknowledged.add(delivery.messageId)
  }

  /** Wins over `acknowledge()`: something that should have followed did not happen. */
  keep(delivery: Delivery): void {
    this.#kept.add(delivery.messageId)
  }

  /** Ids of the messages that are to come again. */
  failed(deliveries: readonly Delivery[]): readonly string[] {
    return deliveries
      .map(({ messageId }) => messageId)
      .filter((id) => !this.#acknowledged.has(id) || this.#kept.has(id))
  }
}
