import type { Ports } from '../ports/index.ts'
import type { BatchWorker } from '../worker/index.ts'
import type { Slots } from './slots.ts'

export interface QueuePollerOptions {
  readonly queue: string
  /** Maximum messages of one receive: as many as run at the same time, so that none waits in this process. */
  readonly batchSize: number
  /** Places for tasks, one each, shared by all queues of the process. */
  readonly slots: Slots
  /** Seconds that a poll waits for messages. Short when queues must take turns. */
  readonly waitSeconds: number
  /** How long received messages are hidden, until the worker hides them again. */
  readonly hideSeconds: number
  readonly worker: BatchWorker
  readonly ports: Pick<Ports, 'queues' | 'clock' | 'telemetry'>
  /** When aborted, nothing more is received or started. */
  readonly draining: AbortSignal
  /** When aborted, running tasks are handed back. */
  readonly stopping: AbortSignal
}

const failurePauseMs = 1_000

/**
 * Polls one queue for a process that works several.
 *
 * While its queue is empty, it holds one place and asks for one message. After a message came, it takes all free places and asks again at once. So
 * an idle queue costs one place, and a busy one gets all others.
 */
export class QueuePoller {
  readonly #options: QueuePollerOptions
  readonly #running = new Set<Promise<void>>()
  #failingSince: number | undefined

  constructor(options: QueuePollerOptions) {
    this.#options = options
  }

  /** Epoch ms since when every poll has failed. */
  get failingSince(): number | undefined {
    return this.#failingSince
  }

  /** Resolves after draining, when no task that it received runs any more. */
  async run(): Promise<void> {
    const { draining, slots, batchSize } = this.#options
    let busy = false
    while (!draining.aborted) {
      const taken = await slots.take(busy ? batchSize : 1, draining)
      const received: number = taken === 0 ? 0 : await this.#receive(taken, busy)
      slots.give(taken - received)
      busy = received > 0
    }
    await Promise.all(this.#running)
  }

  /** @returns how many of the places are in use now */
  async #receive(max: number, busy: boolean): Promise<number> {
    const { queue, ports, draining, waitSeconds, hideSeconds } = this.#options
    try {
      const deliveries = await ports.queues.receive(queue, {
        max,
        waitSeconds: busy ? 0 : waitSeconds,
        hideSeconds,
        signal: draining,
      })
      this.#failingSince = undefined
      if (deliveries.length > 0) {
        const work = this.#work(deliveries).finally(() => {
          this.#running.delete(work)
          this.#options.slots.give(deliveries.length)
        })
        this.#running.add(work)
      }
      return deliveries.length
    } catch (error) {
      if (this.#failingSince === undefined) {
        this.#failingSince = ports.clock.now()
        ports.telemetry.log('error', 'Messages could not be received; trying again every second.', {
          queue,
          error,
        })
      }
      await this.#pause()
      return 0
    }
  }

  async #work(deliveries: Parameters<BatchWorker['work']>[1]): Promise<void> {
    const { queue, worker, ports, draining, stopping } = this.#options
    try {
      const { failed } = await worker.work(queue, deliveries, { draining, stopping })
      const again = new Set(failed)
      const done = deliveries.filter(({ messageId }) => !again.has(messageId)).map(({ receipt }) => receipt)
      if (done.length > 0) await ports.queues.acknowledge(queue, done)
    } catch (error) {
      ports.telemetry.log('error', 'A batch failed; its messages come back when their visibility ends.', {
        queue,
        error,
      })
    }
  }

  #pause(): Promise<void> {
    const { ports, draining } = this.#options
    return new Promise((resolve) => {
      const done = (): void => {
        cancel()
        draining.removeEventListener('abort', done)
        resolve()
      }
      const cancel = ports.clock.timer(failurePauseMs, done)
      draining.addEventListener('abort', done, { once: true })
    })
  }
}
