import { type Local, type LocalApp, type LocalOptions, startLocalWith } from './local/start-local.ts'
import { createWorker, type WorkerApp } from './worker.ts'

/**
 * Starts all of AWS that an app needs, on loopback ports of this machine: an SQS server and DynamoDB that speak the real protocols, the app's queues
 * and table, and what feeds its workers. `app` in this process is connected to it; other processes get `environment`.
 *
 * With `worker` tasks run in child processes that speak the Lambda Runtime API, from a bundle as the CDK stack makes it; without, in this process.
 * Nothing is left behind, neither by `stop()` nor by a process that is killed.
 *
 * @example
 * const local = await startLocal(app) // in a test
 * const handle = await sendEmail.delay({ to: 'ada@example.com' })
 * await handle.get({ timeout: '5s' })
 * await local.stop()
 *
 * @example
 * const local = await startLocal(app, { worker: 'worker.ts', dataDir: '.celeriac' })
 * spawn('npm', ['run', 'web'], { env: { ...process.env, ...local.environment } })
 *
 * @throws {Error} one paragraph: a taken port, a worker that cannot be built or started. Nothing is left running then.
 */
export function startLocal(app: LocalApp & WorkerApp, options: LocalOptions = {}): Promise<Local> {
  return startLocalWith(app, () => createWorker(app), options)
}

export { type LocalDynamoDb, startDynamoDb } from '../localstack/dynamodb/dynoxide.ts'
export type { LogLine } from '../localstack/lambda/index.ts'
export { type SqsServer, type SqsServerOptions, startSqsServer } from '../localstack/sqs/server/index.ts'
export type { Local, LocalApp, LocalOptions } from './local/start-local.ts'
export type { LocalConcurrency, LocalFilters } from './local/workers.ts'
