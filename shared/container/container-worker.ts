import { setMaxListeners } from 'node:events'
import { type AppDefinition, timesOf } from '../core/app.ts'
import { DefinitionError } from '../core/errors.ts'
import type { Ports } from '../ports/index.ts'
import { createBatchWorker, type WorkerParts, watchLeaks, workerParts } from '../worker/index.ts'
import { type HealthServer, startHealthServer } from './health.ts'
import { QueuePoller } from './queue-poller.ts'
import { Slots } from './slots.ts'

/** The parts of an app that the worker needs. createApp() returns them. */
export interface ContainerApp {
  readonly definition: AppDefinition
  ports(): Ports | Promise<Ports>
}

export interface ContainerWorkerOptions {
  /** @default all of the app */
  readonly queues?: readonly string[]
  /** Maximum number of concurrent tasks over all queues. @default 10 */
  readonly concurrency?: number
  /** Serves GET / with the worker's health. 0 takes any free port. @default no endpoint */
  readonly healthPort?: number
  /** @default '0.0.0.0', because an orchestrator asks from outside the container */
  readonly healthHost?: string
  /** Instead of the app's own. */
  readonly ports?: Ports
}

export interface ContainerWorker {
  /** Number of tasks that run now. */
  readonly running: number
  /** Port of the health endpoint. */
  readonly healthPort: number | undefined
  /**
   * Receives and starts nothing more, hands back tasks that have not started, and waits for running tasks. After `graceMs` it aborts `ctx.signal` of tasks that still
   * run and hands them back: no attempt is spent, and another worker runs them from the start.
   *
   * @param options.graceMs how long to wait. ECS and Kubernetes kill 30 s after SIGTERM; settling takes a moment, so leave 5 s. @default no limit
   * @returns whether nothing runs any more: every task finished or was handed back
   */
  stop(options?: { readonly graceMs?: number }): Promise<boolean>
}

const defaultConcurrency = 10
const longestPollSeconds = 20
/** Length of a poll when queues must take turns, because there are fewer places than queues. */
const turnSeconds = 1
/** Time to write that the aborted tasks were handed back. */
const longestHandBackMs = 5_000
/** Most failures of SQS or the network are over sooner. */
const failingAfterMs = 60_000

/**
 * Works queues in a long-lived process, such as a container. Polls the SQS that the app is connected to. Messages are
 * hidden and leases last for a minute, renewed every 20 s. Time limits are those of the queues.
 *
 * @example
 * const worker = await startContainerWorker(app, { queues: ['video'], concurrency: 4, healthPort: 8080 })
 * process.once('SIGTERM', () => void worker.stop({ graceMs: 25_000 }).then(() => process.exit()))
 *
 * @throws {DefinitionError} for an unknown queue or a concurrency below 1; {Error} when the health port is taken
 */
export async function startContainerWorker(
  app: ContainerApp,
  options: ContainerWorkerOptions = {},
  parts: WorkerParts = workerParts,
): Promise<ContainerWorker> {
  const { definition } = app
  const { concurrency = defaultConcurrency, queues = Object.keys(definition.queues) } = options
  check(definition, queues, concurrency)
  const ports = options.ports ?? (await app.ports())
  const worker = createBatchWorker({ app: definition, ports, batches: concurrency }, parts)
  const draining = new AbortController()
  const stopping = new AbortController()
  // One abort listener per running task.
  setMaxListeners(0, stopping.signal)
  const slots = new Slots(concurrency)
  const pollers = queues.map((queue) => {
    const { batchSize = 1, parallelism = 1 } = definition.queues[queue] ?? {}
    return new QueuePoller({
      queue,
      batchSize: Math.min(batchSize, parallelism),
      slots,
      waitSeconds: concurrency > queues.length ? longestPollSeconds : turnSeconds,
      hideSeconds: Math.ceil(timesOf(definition, queue).containerVisibilityMs / 1_000),
      worker,
      ports,
      draining: draining.signal,
      stopping: stopping.signal,
    })
  })
  const isFailing = (): boolean =>
    pollers.some(({ failingSince }) => failingSince !== undefined && ports.clock.now() - failingSince > failingAfterMs)
  let health: HealthServer | undefined
  if (options.healthPort !== undefined) {
    health = await startHealthServer(options.healthPort, options.healthHost ?? '0.0.0.0', () => ({
      status: draining.signal.aborted ? 'draining' : isFailing() ? 'failing' : 'working',
      running: worker.running,
      queues,
    }))
  }
  // Kept for the life of the process: a promise that a task left behind may reject when no task runs.
  const stopWatching = watchLeaks()
  const polling = Promise.all(pollers.map((poller) => poller.run()))
  return {
    get running() {
      return worker.running
    },
    healthPort: health?.port,
    async stop({ graceMs } = {}) {
      draining.abort()
      const ended = polling.then((): true => true)
      const finished = await within(ended, graceMs, ports)
      let isDone = finished
      if (!finished) {
        stopping.abort()
        // A table that does not answer must not keep the process: leases end by themselves.
        isDone = await within(ended, longestHandBackMs, ports)
      }
      stopWatching()
      await health?.close()
      return isDone
    },
  }
}

function check(definition: AppDefinition, queues: readonly string[], concurrency: number): void {
  const known = Object.keys(definition.queues)
  for (const queue of queues) {
    if (known.includes(queue)) continue
    throw new DefinitionError(`worker: queues: expected some of ${known.join(', ')}, received '${queue}'.`)
  }
  if (queues.length === 0)
    throw new DefinitionError(`worker: queues: expected some of ${known.join(', ')}, received none.`)
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new DefinitionError(`worker: concurrency: expected a whole number from 1, received ${String(concurrency)}.`)
  }
}

async function within(
  work: Promise<true>,
  limitMs: number | undefined,
  { clock }: Pick<Ports, 'clock'>,
): Promise<boolean> {
  if (limitMs === undefined) return work
  let cancel = (): void => {}
  const late = new Promise<false>((resolve) => {
    cancel = clock.timer(limitMs, () => resolve(false))
  })
  const finished = await Promise.race([work, late])
  cancel()
  return finished
}
