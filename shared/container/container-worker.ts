import { setMaxListeners } from 'node:events'
import { type AppDefinition, timesOf } from '../core/app.ts'
import { DefinitionError } from '../core/errors.ts'
import type { Ports } from '../ports/index.ts'
import { createBatchWorker, type WorkerParts, watchLeaks, workerParts } from '../worker/index.ts'
import { type HealthServer, startHealthServer } from './health.ts'
import { QueuePoller } from './queue-poller.ts'
import { Slots } from './slots.ts'

/** What is needed of an app: createApp() gives it. */
export interface ContainerApp {
  readonly definition: AppDefinition
  ports(): Ports | Promise<Ports>
}

export interface ContainerWorkerOptions {
  /** @default all of the app */
  readonly queues?: readonly string[]
  /** Tasks at a time, of all queues together. @default 10 */
  readonly concurrency?: number
  /** Serves GET / with the worker's health. 0 takes any free port. @default no endpoint */
  readonly healthPort?: number
  /** @default '0.0.0.0': an orchestrator asks from outside the container */
  readonly healthHost?: string
  /** Instead of the app's own. */
  readonly ports?: Ports
}

export interface ContainerWorker {
  /** Tasks that run now. */
  readonly running: number
  /** Of the health endpoint. */
  readonly healthPort: number | undefined
  /**
   * Receives and begins nothing more, hands back what has not begun, and waits for what runs. After `graceMs` it aborts `ctx.signal` of what still
   * runs and hands those tasks back: no attempt is spent, and another worker runs them from the start.
   *
   * @param options.graceMs how long to wait. ECS and Kubernetes kill 30 s after SIGTERM; settling takes a moment, so leave 5 s. @default no limit
   * @returns whether everything that ran has finished
   */
  stop(options?: { readonly graceMs?: number }): Promise<boolean>
}

const defaultConcurrency = 10
const longestPollSeconds = 20
/** Queues that must take turns, because there are fewer places than queues. */
const turnSeconds = 1
/** For writing that the tasks that still ran are handed back. */
const longestHandBackMs = 5_000
/** SQS and the network recover from most things sooner. */
const failingAfterMs = 60_000

/**
 * Works queues in a process that lives on: in a container, or where Lambda is not wanted. Polls the SQS that the app is connected to. Messages are
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
  // For the life of the process: what a task leaves behind may be rejected while nothing runs.
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
      if (!finished) {
        stopping.abort()
        // A table that does not answer must not keep the process: leases end by themselves.
        await within(ended, longestHandBackMs, ports)
      }
      stopWatching()
      await health?.close()
      return finished
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
