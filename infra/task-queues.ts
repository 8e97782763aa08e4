import { type RemovalPolicy, type ResourceEnvironment, Stack, Token } from 'aws-cdk-lib'
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch'
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { StringParameter } from 'aws-cdk-lib/aws-ssm'
import { Construct } from 'constructs'
import { DefinitionError } from '../shared/core/errors.ts'
import { clientEnvironment } from './client-environment.ts'
import { defined } from './defined.ts'
import { keepManifest } from './manifest-file.ts'
import { TaskAlarms } from './task-alarms.ts'
import { type DeployedApp, deployedApp, type TaskAppProps } from './task-app.ts'
import { TaskDashboard } from './task-dashboard.ts'
import { TaskQueue, type TaskQueueSettings } from './task-queue.ts'
import { TaskTable, type TaskTableSettings } from './task-table.ts'
import { TaskWorker } from './task-worker.ts'
import type { AlarmSettings, WorkerCode, WorkerSettings } from './worker-settings.ts'

/** What one queue has that the app object does not know. */
export interface RouteSettings extends WorkerSettings, TaskQueueSettings {
  /** `false`: no alarms for this queue. @default those of the whole app */
  readonly alarms?: AlarmSettings | false
}

export interface TaskQueuesProps extends TaskAppProps, WorkerCode {
  /** For every queue. @default see WorkerSettings */
  readonly workers?: WorkerSettings
  /** For single queues, by name; goes before `workers`. */
  readonly queues?: Readonly<Record<string, RouteSettings>>
  readonly table?: TaskTableSettings
  /** Encrypts queues and table with one key of yours. @default keys of SQS and DynamoDB, free */
  readonly encryptionKey?: IKey
  /**
   * What becomes of queues and table when they leave the stack, or the stack goes. Retained ones keep their names: to deploy again, import
   * or delete them. @default RETAIN
   */
  readonly removalPolicy?: RemovalPolicy
  /** `false`: none. @default four alarms for each queue, which tell nobody until `actions` are given */
  readonly alarms?: (AlarmSettings & { readonly actions?: readonly IAlarmAction[] }) | false
  /** @default true: one dashboard, $3 a month beyond the account's first three */
  readonly dashboard?: boolean
  /**
   * The file that remembers deployed names, relative to the folder that `cdk` is called in. Written by `cdk synth` at a desk, only read in CI
   * (`CI` is set) and in tests. `false`: none. Copies with the removal policy DESTROY are not remembered.
   *
   * @default 'celeriac.deployed.json'
   */
  readonly manifest?: string | false
}

/** A queue of the app with its worker and alarms. */
export interface TaskRoute {
  readonly queue: TaskQueue
  readonly worker: TaskWorker
  readonly alarms: TaskAlarms | undefined
}

/** A caller of AWS; if it is a function, its environment can be set. */
type Caller = IGrantable & { addEnvironment?(name: string, value: string): unknown; readonly env?: ResourceEnvironment }

/**
 * Everything that an app needs at AWS, made from the app object: for each queue a queue with dead letters, a worker function with its mapping,
 * and alarms; for the app a table, a dashboard, and a parameter that gives producers the names and URLs.
 *
 * @example
 * const tasks = new TaskQueues(this, 'Tasks', { app, entry: 'worker.ts' })
 * tasks.grantEnqueue(api, 'emails')
 */
export class TaskQueues extends Construct {
  /** `<app>` or `<app>-<stage>`: what all names begin with. */
  readonly prefix: string
  readonly table: TaskTable
  readonly routes: ReadonlyMap<string, TaskRoute>
  readonly dashboard: TaskDashboard | undefined
  /** `/celeriac/<prefix>`: the client's environment as JSON, for producers that the CDK does not deploy. */
  readonly parameter: StringParameter
  /** What the client reads: CELERIAC_PREFIX, CELERIAC_TABLE, CELERIAC_QUEUE_BASE_URL. */
  readonly environment: Readonly<Record<string, string>>
  readonly #app: DeployedApp

  constructor(scope: Construct, id: string, props: TaskQueuesProps) {
    super(scope, id)
    const app = deployedApp(props)
    this.#app = app
    this.prefix = app.prefix
    checkNames('queues', Object.keys(props.queues ?? {}), app)
    const naming: TaskAppProps = defined({ app: app.definition, stage: props.stage })
    const owning = defined({ encryptionKey: props.encryptionKey, removalPolicy: props.removalPolicy })

    this.table = new TaskTable(this, 'Table', { ...naming, ...owning, ...props.table })
    const settingsOf = (name: string): RouteSettings => props.queues?.[name] ?? {}
    const queues = new Map(
      Object.keys(app.definition.queues).map((name) => {
        const settings = defined({
          encryptionKey: settingsOf(name).encryptionKey,
          removalPolicy: settingsOf(name).removalPolicy,
        })
        return [name, new TaskQueue(this, `${name}Queue`, { ...naming, ...owning, ...settings, queue: name })] as const
      }),
    )
    this.routes = new Map(
      [...queues].map(([name, queue]) => [name, this.#route(props, naming, queue, queues, settingsOf(name))] as const),
    )
    this.dashboard =
      props.dashboard === false
        ? undefined
        : new TaskDashboard(this, 'Dashboard', { ...naming, routes: [...this.routes.values()], table: this.table })
    this.environment = clientEnvironment(this, app)
    this.parameter = new StringParameter(this, 'Parameter', {
      parameterName: app.parameterName,
      description: `Where the tasks of ${app.prefix} are: the environment of their producers, as JSON`,
      stringValue: Stack.of(this).toJsonString(this.environment),
    })
    this.#remember(props)
  }

  /** The queue, worker and alarms of one of the app's queues. */
  route(queue: string): TaskRoute {
    checkNames('queue', [queue], this.#app)
    return this.routes.get(queue) as TaskRoute
  }

  /**
   * Lets a function or role enqueue to some queues, and sets a function's environment so that the client finds them.
   *
   * @param queues @default all of the app
   */
  grantEnqueue(caller: Caller, ...queues: readonly string[]): Grant {
    const names = queues.length === 0 ? [...this.routes.keys()] : queues
    const told = this.#tell(caller)
    const grants = names.map((name) => this.route(name).queue.grantEnqueue(caller, { findQueue: !told }))
    return together([...grants, ...(this.#needTable(names) ? [this.table.grantEnqueue(caller)] : [])])
  }

  /**
   * Lets the role of a container work some queues (`celeriac worker`) and enqueue to all, as tasks do. A queue's function goes on working it as
   * well, unless its route has `enabled: false`.
   *
   * @param queues @default all of the app
   */
  grantWork(worker: Caller, ...queues: readonly string[]): Grant {
    const names = queues.length === 0 ? [...this.routes.keys()] : queues
    const grants = names.map((name) => this.route(name).queue.grantWork(worker))
    return together([...grants, this.table.grantWork(worker), this.grantEnqueue(worker)])
  }

  /** Lets a function or role read results and records (`get()`, `state()`, `info()`), and sets a function's environment. */
  grantResults(caller: Caller): Grant {
    this.#tell(caller)
    return this.table.grantResults(caller)
  }

  /** Lets a function or role inspect, pause, revoke, reconcile and redrive all queues, and sets a function's environment. */
  grantOperate(caller: Caller): Grant {
    this.#tell(caller)
    const grants = [...this.routes.values()].map(({ queue }) => queue.grantOperate(caller))
    return together([...grants, this.table.grantOperate(caller), this.parameter.grantRead(caller)])
  }

  #route(
    props: TaskQueuesProps,
    naming: TaskAppProps,
    queue: TaskQueue,
    queues: ReadonlyMap<string, TaskQueue>,
    { alarms: ownAlarms, encryptionKey: _key, removalPolicy: _removal, ...own }: RouteSettings,
  ): TaskRoute {
    const settings: WorkerSettings = {
      ...props.workers,
      ...own,
      environment: { ...props.workers?.environment, ...own.environment },
    }
    const callable = settings.enqueuesTo ?? [...queues.keys()]
    checkNames(`queues.${queue.name}.enqueuesTo`, callable, this.#app)
    const worker = new TaskWorker(this, `${queue.name}Worker`, {
      ...naming,
      ...settings,
      ...defined({
        entry: props.entry,
        code: props.code,
        handler: props.handler,
        bundling: props.bundling,
        projectRoot: props.projectRoot,
        depsLockFilePath: props.depsLockFilePath,
        checkBundle: props.checkBundle,
      }),
      queue,
      table: this.table,
      enqueues: callable.map((name) => queues.get(name) as TaskQueue),
    })
    const alarms = props.alarms === false || ownAlarms === false ? undefined : { ...props.alarms, ...ownAlarms }
    return {
      queue,
      worker,
      alarms: alarms && new TaskAlarms(this, `${queue.name}Alarms`, { ...alarms, queue, worker }),
    }
  }

  /** @returns whether the caller has an environment that could be set */
  #tell(caller: Caller): boolean {
    const { account, region } = Stack.of(this)
    // The table is known by its name, which means another one elsewhere.
    checkPlace(
      'region',
      region,
      caller.env?.region,
      'Deploy it there, or give it the region with app.connect({ region }).',
    )
    checkPlace('account', account, caller.env?.account, 'Grant to a role of this account that the caller may assume.')
    if (caller.addEnvironment === undefined) return false
    for (const [name, value] of Object.entries(this.environment)) caller.addEnvironment(name, value)
    return true
  }

  /** Tasks that are all without a ledger leave nothing in the table. */
  #needTable(queues: readonly string[]): boolean {
    const tasks = [...this.#app.definition.tasks.values()]
    return queues.some((name) => {
      const routed = tasks.filter((task) => task.queue === name)
      return routed.length === 0 || routed.some((task) => task.ledger === 'full')
    })
  }

  #remember(props: TaskQueuesProps): void {
    if (props.manifest === false) return
    // Set by the CDK's command line; a test that makes an App by itself writes no file.
    const calledByCdk = process.env.CDK_OUTDIR !== undefined
    const inCi = Boolean(process.env.CI)
    keepManifest(this, {
      file: props.manifest ?? 'celeriac.deployed.json',
      prefix: this.prefix,
      table: this.table,
      queues: [...this.routes.values()].map(({ queue }) => queue),
      write: calledByCdk && !inCi,
      warn: calledByCdk && inCi,
    })
  }
}

function checkNames(option: string, names: readonly string[], { definition }: DeployedApp): void {
  const known = Object.keys(definition.queues)
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined)
    throw new DefinitionError(`${option}: expected queues of the app (${known.join(', ')}), received '${unknown}'.`)
}

function checkPlace(kind: string, here: string, there: string | undefined, advice: string): void {
  if (there === undefined || Token.isUnresolved(here) || Token.isUnresolved(there) || here === there) return
  throw new DefinitionError(
    `grant: expected a caller in ${kind} ${here}, where the queues are, received one in ${there}. ${advice}`,
  )
}

function together(grants: readonly Grant[]): Grant {
  return grants.reduce((all, grant) => all.combine(grant))
}
