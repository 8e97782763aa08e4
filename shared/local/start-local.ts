import { localKeys } from '../../localstack/account.ts'
import type { EventHandler } from '../../localstack/event-source/index.ts'
import { type FunctionCode, InitError, type LogLine } from '../../localstack/lambda/index.ts'
import { startProcessGuard } from '../../localstack/process/process-guard.ts'
import type { SqsServer } from '../../localstack/sqs/server/index.ts'
import type { AppDefinition } from '../core/app.ts'
import type { Environment } from '../core/environment.ts'
import type { Ports } from '../ports/index.ts'
import type { TaskEvent, Telemetry } from '../ports/telemetry.ts'
import { consoleTelemetry } from '../system/index.ts'
import { bundleWorker, temporaryFolder } from './bundle.ts'
import { allStarted, Closing } from './closing.ts'
import { environmentOf, factsOf, type LocalPlan, planOf } from './plan.ts'
import { watchSentTasks } from './sent-messages.ts'
import { type Services, startServices } from './services.ts'
import { initProblem, type LocalConcurrency, type LocalFilters, Workers } from './workers.ts'

/** What is needed of an app: createApp() gives it. */
export interface LocalApp {
  readonly definition: AppDefinition
  connect(to: {
    readonly endpoint: { readonly sqs: string; readonly dynamodb: string }
    readonly region: string
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
    readonly environment: Environment
  }): void
  connect(to: Pick<Ports, 'telemetry'>): void
  ports(): Ports
  close(): void
}

export interface LocalOptions {
  /**
   * The module that exports `handler`, TypeScript or JavaScript: it runs in child processes, as on Lambda. `false`: nobody works here, say because
   * a container does. @default tasks run in this process
   */
  readonly worker?: string | false
  /** Tasks run in this process although a worker is given: for debuggers. @default false with a worker, true without */
  readonly inProcess?: boolean
  /** Queues and table live in this folder, and survive. @default in memory */
  readonly dataDir?: string
  /** @default free ones */
  readonly ports?: { readonly sqs?: number; readonly dynamodb?: number }
  /**
   * Another DynamoDB: `dynoxide` and `local` (AWS's own, needs Java) are started, an address such as `http://127.0.0.1:8000` is used as it is and its
   * tables stay. @default our own engine, in this process
   */
  readonly dynamodb?: string
  /** @default 'us-east-1' */
  readonly region?: string
  /** Invocations at a time per queue, or by queue; never more than the queue's own. @default the machine's cores, 2 to 4 */
  readonly concurrency?: LocalConcurrency
  /**
   * Filter criteria of the event source mappings, by queue: a message that fits none of its queue's patterns is **deleted**, as Lambda does. For queues that
   * others write to as well. @default everything fits
   *
   * @example { orders: [{ body: { type: ['order', { prefix: 'order.' }] } }] }
   */
  readonly filters?: LocalFilters
  /** More variables for the worker's processes, which also have those of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** Packages that are not to be bundled: such with native code. */
  readonly external?: readonly string[]
  /** Every step of every task, of producers in other processes too. */
  readonly onEvent?: (event: TaskEvent) => void
  /** Lines of the worker's processes that are no task events. @default standard output and standard error, as they are */
  readonly onLog?: (line: LogLine) => void
  /** What the runtime has to say: an invocation that failed, a worker that cannot start. @default console.warn */
  readonly onProblem?: (problem: string) => void
  /** Of this process. @default the app's own */
  readonly telemetry?: Telemetry
}

/** What runs. */
export interface Local {
  readonly endpoints: { readonly sqs: string; readonly dynamodb: string }
  readonly table: string
  /** URLs by queue. */
  readonly queues: Readonly<Record<string, { readonly url: string; readonly deadUrl: string }>>
  /** What another process needs to reach it: CELERIAC_*, AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL_DYNAMODB, AWS_REGION, keys that nobody checks. */
  readonly environment: Readonly<Record<string, string>>
  /** The server, to look at its queues (`sqs.model.inspect`). */
  readonly sqs: SqsServer
  /** Of the worker's processes that are alive now. */
  readonly workerPids: readonly number[]
  /** Ends everything and leaves nothing behind. Twice does no harm. @param options.drain finish what runs. @default true */
  stop(options?: { readonly drain?: boolean }): Promise<void>
}

/**
 * Starts all of AWS that the app needs, on loopback ports of this machine: queues, table, event source mappings and workers. The app in this
 * process is connected to it.
 *
 * @param createHandler makes the handler for tasks in this process: the door file gives createWorker()
 * @throws {Error} one paragraph: a taken port, a worker that cannot be built or started. Nothing is left running then.
 */
export async function startLocalWith(
  app: LocalApp,
  createHandler: () => EventHandler,
  options: LocalOptions = {},
): Promise<Local> {
  const { worker, region, dataDir, ports, onProblem = (problem) => console.warn(problem) } = options
  const inProcess = options.inProcess ?? worker === undefined
  if (!inProcess && worker === undefined) {
    throw new TypeError(
      "startLocal: worker: expected the path of the module that exports 'handler', received none. Tasks run in this process with { inProcess: true }, nowhere with { worker: false }.",
    )
  }
  checkFilters(options.filters, Object.keys(app.definition.queues))
  const plan = planOf(factsOf(app.definition))
  const closing = new Closing()
  try {
    const startingServices = startServices({
      onProblem,
      ...(region !== undefined && { region }),
      ...(dataDir !== undefined && { dataDir }),
      ...(ports !== undefined && { ports }),
      ...(options.dynamodb !== undefined && { dynamodb: options.dynamodb }),
    }).then(async (started) => {
      closing.add(() => started.stop())
      await started.prepare(plan)
      return started
    })
    const guard = startProcessGuard()
    closing.add(() => guard.close())
    const bundling =
      inProcess || worker === undefined || worker === false
        ? undefined
        : bundle(worker, options.external, (folder) => {
            guard.removeFolder(folder.path)
            closing.add(() => folder.remove())
          })
    const [services, code] = await allStarted([startingServices, bundling])
    const variables = services.variables(plan)
    connect(app, plan, services, options)
    closing.add(() => app.close())
    const source = code !== undefined ? { code } : inProcess ? { handler: createHandler() } : undefined
    const workers =
      source &&
      new Workers(plan, source, {
        region: services.region,
        queueBaseUrl: services.queueBaseUrl,
        wire: services.wire,
        guard,
        variables: { ...workerVariables(variables), ...options.env },
        concurrency: options.concurrency,
        ...(options.filters !== undefined && { filters: options.filters }),
        onLog: options.onLog ?? writeThrough,
        onProblem,
        ...(options.onEvent !== undefined && { onEvent: options.onEvent }),
      })
    closing.add(() => workers?.stop())
    await workers?.prove().catch((error: unknown) => {
      throw error instanceof InitError
        ? new Error(`The worker could not start: ${initProblem(error)}`, { cause: error })
        : error
    })
    workers?.start()
    return {
      endpoints: services.endpoints,
      table: plan.table,
      queues: queueUrls(plan, services.queueBaseUrl),
      environment: variables,
      sqs: services.sqs,
      get workerPids() {
        return workers?.pids ?? []
      },
      async stop({ drain = true } = {}) {
        if (drain) await workers?.drain()
        await closing.close()
      },
    }
  } catch (error) {
    await closing.close().catch(() => {})
    throw error
  }
}

/** For the worker's processes: the keys of this process win, so that tasks reach what else they use at AWS. */
export function workerVariables(variables: Readonly<Record<string, string>>): Record<string, string> {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...others } = variables
  const hasKeys = Boolean(process.env.AWS_ACCESS_KEY_ID && process.env.AWS_SECRET_ACCESS_KEY)
  return {
    ...others,
    ...(!hasKeys && AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY && { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY }),
    // The SDK's word to whoever runs it on Node 20, repeated by every process.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  }
}

export function queueUrls(plan: LocalPlan, queueBaseUrl: string): Local['queues'] {
  return Object.fromEntries(
    plan.queues.map(({ queue, queueName, deadQueueName }) => [
      queue,
      { url: `${queueBaseUrl}/${queueName}`, deadUrl: `${queueBaseUrl}/${deadQueueName}` },
    ]),
  )
}

async function bundle(
  worker: string,
  external: readonly string[] | undefined,
  own: (folder: { readonly path: string; remove(): Promise<void> }) => void,
): Promise<FunctionCode> {
  const folder = await temporaryFolder()
  own(folder)
  return bundleWorker({ entry: worker, folder: folder.path, ...(external !== undefined && { external }) })
}

function checkFilters(filters: LocalFilters = {}, queues: readonly string[]): void {
  const unknown = Object.keys(filters).find((queue) => !queues.includes(queue))
  if (unknown === undefined) return
  throw new TypeError(`startLocal: filters: expected some of the queues ${queues.join(', ')}, received '${unknown}'.`)
}

function connect(app: LocalApp, plan: LocalPlan, services: Services, { telemetry, onEvent }: LocalOptions): void {
  app.connect({
    endpoint: services.endpoints,
    region: services.region,
    credentials: localKeys,
    environment: environmentOf(plan, services.queueBaseUrl),
  })
  if (telemetry !== undefined) app.connect({ telemetry })
  if (onEvent === undefined) return
  watchSentTasks(services.sqs.model, () => plan, onEvent)
  const { log } = telemetry ?? consoleTelemetry()
  app.connect({
    telemetry: {
      event(event) {
        // 'queued' is told of every producer's tasks, by the queue itself.
        if (event.type !== 'queued') onEvent(event)
        telemetry?.event(event)
      },
      log,
    },
  })
}

function writeThrough({ stream, text }: LogLine): void {
  process[stream].write(`${text}\n`)
}
