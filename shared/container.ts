import {
  type ContainerApp,
  type ContainerWorker,
  type ContainerWorkerOptions,
  startContainerWorker as start,
} from './container/index.ts'

/**
 * Works queues in a process that lives on: in a container, or where Lambda is not wanted. Polls the SQS that the app is connected to. Messages stay
 * hidden and leases last for a minute, renewed every 20 s. Time limits are those of the queues.
 *
 * @example
 * const worker = await startContainerWorker(app, { queues: ['video'], concurrency: 4, healthPort: 8080 })
 * process.once('SIGTERM', () => void worker.stop({ graceMs: 25_000 }).then(() => process.exit()))
 *
 * @throws {DefinitionError} for an unknown queue or a concurrency below 1; {Error} when the health port is taken
 */
export function startContainerWorker(
  app: ContainerApp,
  options: ContainerWorkerOptions = {},
): Promise<ContainerWorker> {
  return start(app, options)
}

export type { ContainerApp, ContainerWorker, ContainerWorkerOptions }
