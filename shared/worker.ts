import middy, { type MiddlewareObj } from '@middy/core'
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda'
import type { AppDefinition } from './core/app.ts'
import { readBuild } from './core/environment.ts'
import type { Ports } from './ports/index.ts'
import { type BatchWorker, createBatchWorker, watchLeaks } from './worker/index.ts'
import { deliveriesOf, responseOf } from './worker/sqs-event.ts'

/** What a worker needs of an app: `createApp()` gives it. */
export interface WorkerApp {
  readonly definition: AppDefinition
  /** Made at the first event, not when the module loads: a cold start pays for nothing it does not use. */
  ports(): Ports | Promise<Ports>
  /** Prefix of queue names where this process runs. */
  readonly prefix: string
}

export interface WorkerOptions {
  /** Middy middlewares around the Lambda handler: logger, metrics, tracer, your own. Task hooks wrap a task, these wrap an invocation. */
  readonly middlewares?: readonly MiddlewareObj<SQSEvent, SQSBatchResponse>[]
  /** Instead of the app's own. */
  readonly ports?: Ports
}

/** The Lambda handler of an app's queues. */
export type WorkerHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>

/**
 * Makes the Lambda handler for all queues of an app; the same bundle serves every queue.
 *
 * @example
 * // worker.ts
 * import { createWorker } from 'celeriac/worker'
 * import { app } from './tasks.js'
 *
 * export const handler = createWorker(app)
 */
export function createWorker(app: WorkerApp, options: WorkerOptions = {}): WorkerHandler {
  let worker: Promise<BatchWorker> | undefined
  const start = async (): Promise<BatchWorker> => {
    // For the life of the environment: what a task leaves behind may be rejected between two invocations.
    watchLeaks()
    const build = readBuild(process.env)
    return createBatchWorker({
      app: app.definition,
      ports: options.ports ?? (await app.ports()),
      ...(build !== undefined && { build }),
    })
  }
  // Middy's own early time-out would fail the whole batch 5 ms before the end: deadlines are kept task by task.
  const handler = middy<SQSEvent, SQSBatchResponse>({ timeoutEarlyInMillis: 0 })
  for (const middleware of options.middlewares ?? []) handler.use(middleware)
  handler.handler(async (event, context) => {
    worker ??= start()
    const batchWorker = await worker
    const invocation = { deadlineAt: Date.now() + context.getRemainingTimeInMillis(), requestId: context.awsRequestId }
    const failed: string[] = []
    for (const [queue, deliveries] of deliveriesOf(event, app.prefix)) {
      failed.push(...(await batchWorker.work(queue, deliveries, invocation)).failed)
    }
    return responseOf(failed)
  })
  return (event, context) => handler(event, context) as Promise<SQSBatchResponse>
}

export { type BatchWorker, createBatchWorker, type Invocation, LeaseLostError } from './worker/index.ts'
