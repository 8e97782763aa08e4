import type { QueueDefinition } from '../../shared/core/queue.ts'
import type { Clock, Delivery, Queues } from '../../shared/ports/index.ts'
import type { SimulatedProcess } from '../../shared/testing/simulated-process.ts'
import type { BatchWorker } from '../../shared/worker/index.ts'

/** A process with the worker in it: a Lambda execution environment. */
export interface Environment {
  readonly process: SimulatedProcess
  readonly worker: BatchWorker
}

/** How one invocation ended. */
export type InvocationEnd = 'answered' | 'rejected' | 'killed'

export interface MappingOptions {
  readonly clock: Clock
  /** The queue's own, without faults of the process's. */
  readonly queues: Queues
  readonly queue: QueueDefinition
  readonly visibilityMs: number
  readonly retentionMs: number
  /** Begins every request id. @default '' */
  readonly requestPrefix?: string
  /** Invocations at a time. */
  readonly concurrency: number
  /** Whether a receive would find nothing: it is not asked for then. @default it may always find something */
  isEmpty?(queue: string): boolean
  spawn(queue: string): Environment
  /** What the service does to a batch between the queue and the function: copies, delays, losses. Undefined: lost, as a throttled invocation is. */
  shape?(
    queue: string,
    deliveries: readonly Delivery[],
  ): { deliveries: readonly Delivery[]; delayMs: number } | undefined
  /** Which of the messages that the function is done with are really deleted. */
  deletes?(queue: string, delivery: Delivery): boolean
  /** The function is killed so long after its time-out; a negative number: so long after its start. @default 0 */
  lingersMs?(requestId: string): number
  onInvoke?(invocation: Invoked): void
  onEnd?(invocation: Invoked, end: InvocationEnd, error?: unknown): void
}

export interface Invoked {
  readonly queue: string
  readonly requestId: string
  readonly environment: Environment
  readonly deliveries: readonly Delivery[]
  readonly startedAt: number
}

/**
 * Lambda's event source mapping for one queue: receives batches, invokes the function in an environment of its own, kills it at its time-out,
 * deletes what the response does not name. A batch whose function died is left alone: its messages come back when their visibility ends.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export class Mapping {
  readonly #options: MappingOptions
  readonly #idle: Environment[] = []
  readonly #copies: Delivery[] = []
  readonly #ghosts = new WeakSet<Delivery>()
  #busy = 0
  #invocations = 0
  #enabled = true
  #pumping = false
  #again = false

  constructor(options: MappingOptions) {
    this.#options = options
  }

  get busy(): number {
    return this.#busy
  }

  /** The function cannot be invoked any more, or again: an operator's switch, an outage. */
  set enabled(enabled: boolean) {
    this.#enabled = enabled
    this.wake()
  }

  /** Something may have become visible. */
  wake(): void {
    this.#again = true
    if (!this.#pumping && this.#mayInvoke) void this.#pump()
  }

  get #mayInvoke(): boolean {
    const { concurrency, isEmpty, queue } = this.#options
    return this.#enabled && this.#busy < concurrency && (this.#copies.length > 0 || !isEmpty?.(queue.name))
  }

  /** Deliver these once more: copies that the service kept by mistake. As any other message they come again until they are deleted. */
  deliverAgain(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) this.#appear({ ...delivery })
  }

  #appear(ghost: Delivery): void {
    const { clock, retentionMs } = this.#options
    // No copy outlives the retention of its queue.
    if (clock.now() - ghost.sentAt >= retentionMs) return
    this.#ghosts.add(ghost)
    this.#copies.push(ghost)
    this.wake()
  }

  /** A copy that was not deleted is hidden for the visibility time of its queue, as any other. */
  #comeAgain(deliveries: readonly Delivery[]): void {
    const { clock, visibilityMs } = this.#options
    for (const ghost of deliveries) {
      if (this.#ghosts.delete(ghost)) {
        clock.timer(visibilityMs, () => this.#appear({ ...ghost, receiveCount: ghost.receiveCount + 1 }))
      }
    }
  }

  /** Environments are not used again: a deploy. */
  retire(): void {
    for (const { process } of this.#idle.splice(0)) process.kill()
  }

  async #pump(): Promise<void> {
    this.#pumping = true
    try {
      while (this.#again) {
        this.#again = false
        while (this.#mayInvoke) {
          const { batchSize, name } = this.#options.queue
          const copies = this.#copies.splice(0, batchSize)
          const fresh =
            copies.length === batchSize
              ? []
              : await this.#options.queues.receive(name, { max: batchSize - copies.length, waitSeconds: 0 })
          const deliveries = [...fresh, ...copies]
          if (deliveries.length === 0) break
          const { shape } = this.#options
          const shaped = shape === undefined ? { deliveries, delayMs: 0 } : shape(name, deliveries)
          if (shaped === undefined) {
            this.#comeAgain(deliveries)
            continue
          }
          this.#busy++
          if (shaped.delayMs === 0) this.#invoke(shaped.deliveries)
          else this.#options.clock.timer(shaped.delayMs, () => this.#invoke(shaped.deliveries))
        }
      }
    } finally {
      this.#pumping = false
    }
  }

  #invoke(deliveries: readonly Delivery[]): void {
    const { clock, queue, spawn } = this.#options
    const environment = this.#idle.pop() ?? spawn(queue.name)
    const { process, worker } = environment
    const requestId = `${this.#options.requestPrefix ?? ''}${process.name}/${this.#invocations++}`
    const invocation: Invoked = { queue: queue.name, requestId, environment, deliveries, startedAt: clock.now() }
    let open = true
    const end = (how: InvocationEnd, error?: unknown): void => {
      if (!open) return
      open = false
      cancel()
      this.#busy--
      this.#options.onEnd?.(invocation, how, error)
      if (how !== 'answered') this.#comeAgain(deliveries)
      if (how !== 'killed') {
        process.freeze()
        this.#idle.push(environment)
      }
      this.wake()
    }
    const lingersMs = this.#options.lingersMs?.(requestId) ?? 0
    const killAfterMs = lingersMs < 0 ? -lingersMs : queue.timeoutMs + lingersMs
    const cancel = clock.timer(killAfterMs, () => process.kill())
    process.onDeath(() => end('killed'))
    process.thaw()
    this.#options.onInvoke?.(invocation)
    const deadlineAt = clock.now() + queue.timeoutMs + process.skewMs
    worker.work(queue.name, deliveries, { deadlineAt, requestId }).then(
      ({ failed }) => {
        if (!open) return
        void this.#delete(deliveries, failed)
        end('answered')
      },
      (error: unknown) => end('rejected', error),
    )
  }

  async #delete(deliveries: readonly Delivery[], failed: readonly string[]): Promise<void> {
    const { queues, queue, deletes } = this.#options
    const kept = new Set(failed)
    this.#comeAgain(deliveries.filter(({ messageId }) => kept.has(messageId)))
    const done = deliveries.filter(
      (delivery) => !kept.has(delivery.messageId) && (deletes?.(queue.name, delivery) ?? true),
    )
    if (done.length > 0)
      await queues.acknowledge(
        queue.name,
        done.map((delivery) => delivery.receipt),
      )
  }
}
