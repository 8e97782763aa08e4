import { setImmediate } from 'node:timers/promises'
import type { VirtualClock } from '../../shared/memory/virtual-clock.ts'
import type { CurrentTask, TaskScope } from '../../shared/protocol/current-task.ts'

/**
 * Which task the running code belongs to, without async hooks. It is known while a task's function is called, and while a promise that it leaked is
 * noticed: nothing else in a simulated world asks.
 */
export class SimulatedScope implements TaskScope {
  readonly #clock: VirtualClock
  #current: CurrentTask | undefined
  #leaking: Promise<void> = Promise.resolve()

  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  getStore(): CurrentTask | undefined {
    return this.#current
  }

  run<Value>(task: CurrentTask, work: () => Value): Value {
    const before = this.#current
    this.#current = task
    try {
      return work()
    } finally {
      this.#current = before
    }
  }

  /** Rejects a promise that nobody handles, in the name of the task. One at a time; the clock waits until Node has told of it. */
  leak(task: CurrentTask | undefined, error: Error): Promise<void> {
    this.#leaking = this.#leaking.then(async () => {
      this.#current = task
      void Promise.reject(error)
      await setImmediate()
      this.#current = undefined
    })
    return this.#clock.hold(this.#leaking)
  }
}
