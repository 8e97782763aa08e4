import { controlCacheMs } from '../core/defaults.ts'
import type { Clock, Ledger, QueueControl } from '../ports/index.ts'

/** What operators set for a queue, remembered for some seconds. A table that does not answer changes nothing. */
export class Controls {
  readonly #ledger: Ledger
  readonly #clock: Clock
  readonly #known = new Map<string, { readonly at: number; readonly control: QueueControl }>()

  constructor(ledger: Ledger, clock: Clock) {
    this.#ledger = ledger
    this.#clock = clock
  }

  of(queue: string): QueueControl | Promise<QueueControl> {
    const known = this.#known.get(queue)
    const now = this.#clock.now()
    if (known !== undefined && now - known.at < controlCacheMs) return known.control
    return this.#read(queue, now, known?.control ?? {})
  }

  async #read(queue: string, now: number, known: QueueControl): Promise<QueueControl> {
    try {
      const control = await this.#ledger.readControl(queue)
      this.#known.set(queue, { at: now, control })
      return control
    } catch {
      return known
    }
  }
}
