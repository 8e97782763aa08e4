import { controlCacheMs } from '../core/defaults.ts'
import type { Clock, Controls, QueueControl } from '../ports/index.ts'

/** Shortest and longest wait of messages in a paused queue: the longer the pause, the less often they come back. */
const shortestWaitMs = 5_000
const longestWaitMs = 900_000

/** Whether an operator paused a queue, cached for five seconds. If the table does not answer, the last answer holds. */
export class PauseCache {
  readonly #controls: Controls
  readonly #clock: Clock
  readonly #known = new Map<string, { readonly at: number; readonly control: QueueControl }>()

  constructor(controls: Controls, clock: Clock) {
    this.#controls = controls
    this.#clock = clock
  }

  /** How long messages of the queue must wait, in ms. Undefined while the queue is not paused. */
  async waitMs(queue: string): Promise<number | undefined> {
    const { pausedAt } = await this.#control(queue)
    if (pausedAt === undefined) return undefined
    const pausedMs = this.#clock.now() - pausedAt
    return Math.min(longestWaitMs, Math.max(shortestWaitMs, Math.ceil(pausedMs / 4)))
  }

  #control(queue: string): QueueControl | Promise<QueueControl> {
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
