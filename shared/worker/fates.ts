import type { Delivery } from '../ports/index.ts'

/** What becomes of each message of a batch. Kept unless said otherwise: a message that nobody decided on comes again. */
export class Fates {
  readonly #acknowledged = new Set<string>()
  readonly #kept = new Set<string>()

  acknowledge(delivery: Delivery): void {
    this.#acknowledged.add(delivery.messageId)
  }

  /** Stronger than an acknowledgement: something that should have followed did not. */
  keep(delivery: Delivery): void {
    this.#kept.add(delivery.messageId)
  }

  isAcknowledged(delivery: Delivery): boolean {
    return this.#acknowledged.has(delivery.messageId) && !this.#kept.has(delivery.messageId)
  }
}
