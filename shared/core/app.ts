import { DefinitionError } from './errors.ts'
import { checkAppName, checkPrefix, checkQueueName, prefixOf } from './names.ts'
import { checkKeys } from './options.ts'
import { type QueueDefinition, type QueueOptions, type QueueTimes, queueTimes, resolveQueue } from './queue.ts'
import { resolveRetry } from './retry.ts'
import type { ScheduleDefinition } from './schedule-record.ts'
import {
  type AroundRuns,
  defaultsKnown,
  hooksKnown,
  type RunMiddleware,
  resolveTask,
  type TaskDefaults,
  type TaskDefinition,
  type TaskHooks,
  type TaskSource,
} from './task.ts'

export interface AppOptions<QueueName extends string = string> {
  /** Part of every name at AWS: `<name>[-<stage>]` is the table, `<name>[-<stage>]-<queue>` a queue. */
  readonly name: string
  /** Lets several copies live side by side in one account: `dev`, `pr-42`. */
  readonly stage?: string
  readonly queues: Readonly<Record<QueueName, QueueOptions>>
  /** For every task that does not say otherwise. */
  readonly defaults?: Omit<TaskDefaults, 'queue'> & { readonly queue?: NoInfer<QueueName> }
  /** For every task, before the task's own. */
  readonly hooks?: TaskHooks
}

/** What producers, workers and infra read: queues and tasks with their defaults, checked. */
export interface AppDefinition extends AroundRuns {
  readonly name: string
  readonly stage: string | undefined
  /** `<name>` or `<name>-<stage>`; CELERIAC_PREFIX overrides it where a process runs. */
  readonly prefix: string
  readonly queues: Readonly<Record<string, QueueDefinition>>
  readonly tasks: ReadonlyMap<string, TaskDefinition>
  readonly defaults: TaskDefaults
  /** Schedules that the code defines, by name. */
  readonly schedules: ReadonlyMap<string, ScheduleDefinition>
  /**
   * A tick each minute releases what waits in the table, so longer delays than SQS's may wait there. False until every place that an app runs in has
   * its tick: then delays end at 15 minutes, and longer retries and snoozes are sent afresh each 15 minutes.
   */
  readonly parks: boolean
}

/** An app definition that tasks can still be added to. */
export interface AppBuilder extends AppDefinition {
  parks: boolean
  /** @throws {DefinitionError} also when the name is taken */
  add(name: string, options: TaskSource['options'], run: TaskDefinition['run']): TaskDefinition
  /** @throws {DefinitionError} when the name is taken */
  addSchedule(definition: ScheduleDefinition): void
  /** Give a contract its function. */
  implement(name: string, run: NonNullable<TaskDefinition['run']>): TaskDefinition
  /** Wrap every run. @throws {DefinitionError} when it is no function */
  use(middleware: RunMiddleware): void
}

const known = ['name', 'stage', 'queues', 'defaults', 'hooks'] as const satisfies readonly (keyof AppOptions)[]

/** @throws {DefinitionError} naming the option, what was expected and what came */
export function defineApp<QueueName extends string>(options: AppOptions<QueueName>): AppBuilder {
  checkKeys('createApp', options, known)
  checkKeys('createApp: defaults', options.defaults, defaultsKnown)
  checkKeys('createApp: hooks', options.hooks, hooksKnown)
  if (options.defaults?.retry !== false) resolveRetry(options.defaults?.retry, 'createApp: defaults')
  checkAppName(options.name)
  if (options.stage !== undefined) checkAppName(options.stage, 'stage')
  const prefix = prefixOf(options.name, options.stage)
  checkPrefix(prefix)
  const entries = Object.entries<QueueOptions>(options.queues ?? {})
  if (entries.length === 0)
    throw new DefinitionError('createApp: queues: expected at least one, received none. For example { default: {} }.')
  const queues: Record<string, QueueDefinition> = {}
  for (const [name, queueOptions] of entries) {
    checkQueueName(prefix, name)
    queues[name] = resolveQueue(name, queueOptions)
  }
  const tasks = new Map<string, TaskDefinition>()
  const middlewares: RunMiddleware[] = []
  const schedules = new Map<string, ScheduleDefinition>()
  const defaults: TaskDefaults = options.defaults ?? {}
  return {
    name: options.name,
    stage: options.stage,
    prefix,
    queues,
    tasks,
    hooks: options.hooks ?? {},
    middlewares,
    defaults,
    schedules,
    parks: false,
    addSchedule(definition) {
      if (schedules.has(definition.name)) {
        throw new DefinitionError(
          `app.schedule: name: '${definition.name}' is already defined. Occurrences are known by it: choose another.`,
        )
      }
      schedules.set(definition.name, definition)
    },
    add(name, taskOptions, run) {
      if (tasks.has(name)) {
        throw new DefinitionError(
          `app.task: name: '${name}' is already defined. Names are what messages carry: choose another.`,
        )
      }
      const definition = resolveTask({ name, options: taskOptions, run, defaults, queues })
      tasks.set(name, definition)
      return definition
    },
    implement(name, run) {
      const contract = tasks.get(name)
      if (contract === undefined) throw new DefinitionError(`implement: expected a defined task, received '${name}'.`)
      if (contract.run !== undefined) throw new DefinitionError(`implement: task '${name}' already has its function.`)
      const definition: TaskDefinition = { ...contract, run }
      tasks.set(name, definition)
      return definition
    },
    use(middleware) {
      if (typeof middleware !== 'function')
        throw new DefinitionError(`app.use: expected a function (ctx, next) => …, received ${typeof middleware}.`)
      middlewares.push(middleware)
    },
  }
}

/** The times SQS is told for a queue, from its options and the tasks routed to it. */
export function timesOf(app: AppDefinition, queue: string): QueueTimes {
  const definition = app.queues[queue]
  if (definition === undefined)
    throw new DefinitionError(`queue: expected one of ${Object.keys(app.queues).join(', ')}, received '${queue}'.`)
  const ledgerOff = [...app.tasks.values()].some((task) => task.queue === queue && task.ledger === 'off')
  return queueTimes(definition, ledgerOff)
}
