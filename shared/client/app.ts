import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type AppBuilder, type AppDefinition, type AppOptions, defineApp } from '../core/app.ts'
import type { TaskContext } from '../core/context.ts'
import { DefinitionError } from '../core/errors.ts'
import { checkKeys } from '../core/options.ts'
import type { When } from '../core/schedule.ts'
import { type RunMiddleware, resolveTask, type TaskDefinition, type TaskSource } from '../core/task.ts'
import type { CallOptions } from '../enqueue/call-options.ts'
import { Enqueuer } from '../enqueue/enqueuer.ts'
import { Gatherer } from '../enqueue/gatherer.ts'
import type { Ports } from '../ports/index.ts'
import { CertainLedger } from '../protocol/certain-ledger.ts'
import { type ReconcileOptions, type ReconcileReport, reconcile } from '../protocol/reconcile.ts'
import { AsyncResult } from './async-result.ts'
import { checkQueue } from './check-queue.ts'
import { type AwsTarget, Connection, type ConnectionDeps } from './connection.ts'
import { enqueueOne } from './enqueue-calls.ts'
import { createInspect, type Inspect } from './inspect.ts'
import { type RedriveOptions, type RedriveReport, redrive } from './redrive.ts'
import { ResultPoller } from './result-poller.ts'
import { defineSchedule, type Scheduled, type ScheduleOptions, type Schedules } from './schedules.ts'
import type { Services } from './services.ts'
import { makeContract, makeTask } from './task.ts'
import type {
  Contract,
  ContractOptions,
  InputOf,
  OutputOf,
  PlainTaskOptions,
  SchemaTaskOptions,
  Sendable,
  Takes,
  Task,
} from './task-types.ts'

type InputType<Schema extends StandardSchemaV1> = StandardSchemaV1.InferInput<Schema>
type OutputType<Schema extends StandardSchemaV1> = StandardSchemaV1.InferOutput<Schema>

/** The one object that producers, workers and infra read. */
export interface App<QueueName extends string = string> {
  /** Queues and tasks with their defaults. */
  readonly definition: AppDefinition
  /** Of the names of queues and table, where this process runs: CELERIAC_PREFIX, or app name and stage. */
  readonly prefix: string

  /**
   * Defines a task with a schema: the function gets the schema's output.
   *
   * @example
   * export const sendEmail = app.task('emails.send', { queue: 'emails', input: z.object({ to: z.email() }) }, async ({ to }, ctx) => send(to, ctx.signal))
   * export const resize = app.task('images.resize', { input: schema }, () => import('./resize.js')) // loaded at the first run
   *
   * @throws {DefinitionError} naming the option, what was expected and what came
   */
  task<Schema extends StandardSchemaV1, Result>(
    name: string,
    options: SchemaTaskOptions<Schema, QueueName> & Sendable<InputType<Schema>>,
    run: ((input: OutputType<Schema>, context: TaskContext) => Result) & Takes<Result, OutputType<Schema>>,
  ): Task<InputType<Schema>, OutputOf<Result>, QueueName>
  /** Defines a task without a schema: its input is what its function says, and is not checked. A function that takes nothing has none. */
  task<Input, Result, Run>(
    name: string,
    options: PlainTaskOptions<NoInfer<Input>, QueueName> & Sendable<NoInfer<Input>>,
    run: ((input: Input, context: TaskContext) => Result) & Run,
  ): Task<InputOf<Input, Result, Run>, OutputOf<Result>, QueueName>
  /** Defines a contract: a task that this package knows, and another one runs. */
  task<Schema extends StandardSchemaV1, Output extends StandardSchemaV1 = StandardSchemaV1>(
    name: string,
    options: ContractOptions<Schema, Output, QueueName> & Sendable<InputType<Schema>>,
  ): Contract<InputType<Schema>, OutputType<Schema>, OutputType<Output>, QueueName>

  /**
   * Wraps every run of every task: a trace span, a transaction, a context of your own. The first middleware is the outermost.
   *
   * @example
   * app.use(async (ctx, next) => {
   *   await tracer.startActiveSpan(ctx.task, () => next())
   * })
   */
  use(middleware: RunMiddleware): void

  /**
   * Enqueues by name. A task that this process does not know needs `options.queue`; its input is checked by its worker alone.
   *
   * @example
   * await app.send('reports.build', { month: '2026-01' }, { queue: 'reports' })
   */
  send(name: string, input: unknown, options?: CallOptions<QueueName>): Promise<AsyncResult<unknown>>

  /** The handle of a task enqueued elsewhere. No request is made until it is asked something. */
  result<Output = unknown>(id: string): AsyncResult<Output>

  /** Workers hand back what they receive from this queue, uncounted, until it is resumed. Noticed within seconds. */
  pause(queue: QueueName): Promise<void>
  resume(queue: QueueName): Promise<void>

  /** Sends again what lost its message. */
  reconcile(options?: ReconcileOptions): Promise<ReconcileReport>

  /**
   * Sends dead letters back to their queue, to be run again. Nothing is lost on the way.
   *
   * @example
   * await app.redrive() // all of them
   * await app.redrive({ queues: ['emails'], task: 'emails.send', reason: 'failure', limit: 100 })
   */
  redrive(options?: RedriveOptions): Promise<RedriveReport>

  readonly inspect: Inspect

  /** Where this process finds queues and table. @default AWS, as the environment says */
  connect(to: Partial<Ports> | AwsTarget): void
  /** What is connected. Nothing is loaded or opened until one of them is called. */
  ports(): Ports
  /** Closes sockets. */
  close(): void
}

/** An app with schedules: what App will be when every place that it runs in has a tick. */
export interface AppWithSchedules<QueueName extends string = string> extends App<QueueName> {
  /**
   * Defines a schedule in code. The tick of the deployed code brings it into being, changes it, and removes it when it is gone.
   *
   * @example
   * app.schedule('reports.daily', cron('0 7 * * mon-fri', { zone: 'Europe/Paris' }), (at) => buildReport.s({ day: at, team: 'all' }), { deadline: '6h' })
   *
   * @throws {DefinitionError} naming the option, what was expected and what came
   */
  schedule(name: string, when: When, call: Scheduled, options?: ScheduleOptions<QueueName>): void
  /** Schedules at run time. */
  readonly schedules: Schedules<QueueName>
}

/**
 * Makes an app in a world: createApp() of the door file gives it the machine's.
 *
 * @param schedules makes `app.schedules`. It calculates occurrences: producers that have none should not bundle what that takes
 */
export function buildApp<QueueName extends string>(
  options: AppOptions<QueueName>,
  world: ConnectionDeps,
  schedules?: (services: Services) => Schedules,
): App<QueueName> {
  const builder = defineApp(options)
  const connection = new Connection(world, builder.prefix)
  const { ports } = connection
  const ledger = new CertainLedger(ports)
  const enqueuer = new Enqueuer(ports, ledger)
  const services: Services = {
    app: builder,
    ports,
    ledger,
    enqueuer,
    gatherer: new Gatherer(enqueuer),
    poller: new ResultPoller(ports),
  }
  const setPause = async (owner: string, queue: string, pausedAt: number | undefined): Promise<void> => {
    checkQueue(services, owner, queue)
    await ports.controls.write(queue, pausedAt === undefined ? {} : { pausedAt })
  }
  const app = {
    definition: builder,
    get prefix() {
      return connection.environment.prefix
    },
    task(name: string, taskOptions: TaskSource['options'], run?: NonNullable<TaskDefinition['run']>) {
      checkTask(name, taskOptions, run)
      builder.add(name, taskOptions, run)
      return run === undefined ? makeContract(services, builder, name) : makeTask(services, builder, name)
    },
    use: (middleware: RunMiddleware) => builder.use(middleware),
    async send(name: string, input: unknown, callOptions: CallOptions = {}) {
      return enqueueOne(
        services,
        builder.tasks.get(name) ?? foreignTask(builder, name, callOptions),
        input,
        callOptions,
      )
    },
    result: <Output>(id: string) => new AsyncResult<Output>(id, services),
    pause: (queue: string) => setPause('pause', queue, ports.clock.now()),
    resume: (queue: string) => setPause('resume', queue, undefined),
    async reconcile(reconcileOptions: ReconcileOptions = {}) {
      checkKeys('reconcile', reconcileOptions, ['queues', 'from', 'onProgress', 'signal'])
      return reconcile(builder, ports, reconcileOptions)
    },
    redrive: (redriveOptions: RedriveOptions = {}) => redrive(services, redriveOptions),
    schedule: (name: string, when: When, call: Scheduled, scheduleOptions?: ScheduleOptions) =>
      builder.addSchedule(defineSchedule(builder, name, when, call, scheduleOptions)),
    ...(schedules && { schedules: schedules(services) }),
    inspect: createInspect(services),
    connect: (to: Partial<Ports> | AwsTarget) => connection.connect(to),
    ports: () => ports,
    close: () => connection.close(),
  }
  // The overloads of task() exist for its callers alone.
  return app as unknown as App<QueueName>
}

function checkTask(name: string, options: unknown, run: unknown): void {
  if (typeof options !== 'object' || options === null) {
    throw new DefinitionError(
      `app.task: options of '${name}': expected an object, received ${typeof options}. {} is enough.`,
    )
  }
  if (run !== undefined && typeof run !== 'function') {
    throw new DefinitionError(`app.task: function of '${name}': expected a function, received ${typeof run}.`)
  }
}

/** A task that this process knows only by its name. */
function foreignTask(app: AppBuilder, name: string, { queue }: CallOptions): TaskDefinition {
  if (queue === undefined) {
    const names = [...app.tasks.keys()].map((each) => `'${each}'`)
    throw new DefinitionError(
      `app.send: name: expected ${names.length === 0 ? 'a defined task' : `one of ${names.join(', ')}`}, received '${name}'. To send a task that this process does not know, say its queue: { queue: '${Object.keys(app.queues)[0]}' }.`,
    )
  }
  return resolveTask({ name, options: { queue }, run: undefined, defaults: app.defaults, queues: app.queues })
}
