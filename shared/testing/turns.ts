import { setImmediate } from 'node:timers'
import type { VirtualClock } from '../memory/virtual-clock.ts'
import type { Clock } from '../ports/index.ts'

/**
 * Who moves a virtual clock: one at a time. A test that calls `run()` or `advance()` does; when nobody does and code waits on `clock` (a handle's
 * `get()`, an enqueue that pauses after a throttled write), time goes on by itself, so that such code can simply be awaited.
 */
export class Turns {
  /** The clock for code that may be awaited while nobody moves time. */
  readonly clock: Clock
  readonly #virtual: VirtualClock
  readonly #work: () => Promise<unknown>
  /** Instants that somebody waits for, by waiter. */
  readonly #waiting = new Map<object, number>()
  #turn: Promise<unknown> = Promise.resolve()
  #taken = 0
  #planned = false

  /** @param work runs everything that is due; called while holding the turn */
  constructor(virtual: VirtualClock, work: () => Promise<unknown>) {
    this.#virtual = virtual
    this.#work = work
    this.clock = {
      now: () => virtual.now(),
      timer: (delayMs, fire, options) => {
        const waiter = {}
        this.#waiting.set(waiter, Math.ceil(virtual.now() + Math.max(0, delayMs)))
        const cancel = virtual.timer(
          delayMs,
          () => {
            this.#waiting.delete(waiter)
            fire()
          },
          options,
        )
        this.#plan()
        return () => {
          this.#waiting.delete(waiter)
          cancel()
        }
      },
    }
  }

  /** Whether somebody moves the clock, or is about to. */
  get isTaken(): boolean {
    return this.#taken > 0
  }

  /** Moves the clock when those before have finished. */
  take<Value>(move: () => Promise<Value>): Promise<Value> {
    this.#taken += 1
    const turn = this.#turn.then(move).finally(() => {
      this.#taken -= 1
      this.#plan()
    })
    this.#turn = turn.catch(() => {})
    return turn
  }

  #plan(): void {
    if (this.#planned || this.#taken > 0 || this.#waiting.size === 0) return
    this.#planned = true
    setImmediate(() => {
      this.#planned = false
      if (this.#taken > 0 || this.#waiting.size === 0) return
      // A failure here is the failure of what was worked; the waiting caller sees it in the task's state.
      this.take(() => this.#goOn()).catch(() => {})
    })
  }

  async #goOn(): Promise<void> {
    await this.#work()
    const next = Math.min(...this.#waiting.values())
    if (Number.isFinite(next)) await this.#virtual.advanceTo(next)
  }
}
