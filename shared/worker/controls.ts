import { controlCacheMs } from '../core/defaults.ts'
import type { Clock, QueueControl, Controls as StoredControls } from '../ports/index.ts'

/** What operators set for a queue, remembered for some seconds. A table that does not answer changes nothing. */
export class Controls {
  readonly #controls: StoredControls
  readonly #clock: Clock
  readonly #known = new Map<string, { readonly at: number; readonly control: QueueControl }>()

  constructor(controls: StoredControls, clock: Clock) {
    this.#controls = controls
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
      const control = await this.#controls.read(queue)
      this.#known.set(queue, { at: now, control })
      return control
    } catch {
      return known
    }
  }
}
