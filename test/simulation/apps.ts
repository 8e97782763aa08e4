import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type AppBuilder, type AppDefinition, defineApp } from '../../shared/core/app.ts'
import type { TaskContext } from '../../shared/core/context.ts'
import type { TaskDefinition, TaskSource } from '../../shared/core/task.ts'
import type { Script } from './script.ts'

/** The tasks of the simulated app. All of them play scripts; they differ in their options. */
export const taskOptions = {
  /** Two retries, some seconds apart. */
  plain: { queue: 'fast', retry: { maxRetries: 2, delay: '5s' }, throws: ['ExpectedError'] },
  /** No retries. */
  once: { queue: 'fast', retry: false, resultTtl: '1s' },
  /** Backoffs that outlive a message's longest delay. */
  patient: { queue: 'fast', retry: { maxRetries: 2, delay: '20m', maxDelay: '1h', jitter: false } },
  /** Same key, same task, for half an hour. */
  keyed: {
    queue: 'fast',
    retry: { maxRetries: 1, delay: '2s' },
    idempotencyTtl: '30m',
    idempotencyKey: (script: Script) => script.tag.split('/')[0] ?? '',
  },
  /** One after another, on a queue of its own. */
  serial: { queue: 'serial', retry: { maxRetries: 2, delay: '5s' } },
  /** May run for many leases of a container. */
  long: { queue: 'slow', retry: { maxRetries: 2, delay: '5s' } },
  /** Fire and forget. */
  off: { queue: 'off', ledger: 'off', retry: { maxRetries: 2, delay: '5s' } },
} as const satisfies Record<string, object>

export type TaskName = keyof typeof taskOptions

export const queues = {
  fast: { timeout: '60s', batchSize: 10 },
  serial: { timeout: '4m', batchSize: 4, parallelism: 1 },
  slow: { timeout: '5m', batchSize: 1 },
  off: { timeout: '20s', batchSize: 5 },
} as const

export type QueueName = keyof typeof queues

export const queueNames = Object.keys(queues) as QueueName[]

/**
 * Deployed versions: `full` has everything, `lacking` does not know the tasks `plain` and `keyed`, `refusing` has a schema that refuses every
 * input of `plain`.
 */
export type Version = 'full' | 'lacking' | 'refusing'

const refuseAll: StandardSchemaV1 = {
  '~standard': {
    version: 1,
    vendor: 'simulation',
    validate: () => ({ issues: [{ message: 'refused by this version' }] }),
  },
}

/** Runs a script in whatever process the context belongs to; set by the world that plays it. */
export type Player = (script: Script, context: TaskContext) => Promise<unknown>

const players = new Map<string, Player>()

/** Which world a run belongs to is the first part of its request id. */
export function enlist(world: string, player: Player): () => void {
  players.set(world, player)
  return () => players.delete(world)
}

function run(script: Script, context: TaskContext): Promise<unknown> {
  const world = context.requestId?.slice(0, context.requestId.indexOf(':')) ?? ''
  const player = players.get(world)
  if (player === undefined) throw new Error(`No world plays ${context.requestId}.`)
  return player(script, context)
}

/** @param run of every task */
export function appOf(version: Version, run: Player): AppBuilder {
  const app = defineApp({ name: 'simulated', queues })
  for (const [name, options] of Object.entries(taskOptions)) {
    if (version === 'lacking' && (name === 'plain' || name === 'keyed')) continue
    const input = version === 'refusing' && name === 'plain' ? { input: refuseAll } : {}
    app.add(name, { ...options, ...input } as TaskSource['options'], (script, context) =>
      run(script as Script, context),
    )
  }
  return app
}

/** Made once: definitions are the same for every world. */
export const versions: Readonly<Record<Version, AppDefinition>> = {
  full: appOf('full', run),
  lacking: appOf('lacking', run),
  refusing: appOf('refusing', run),
}

export function definitionOf(name: string): TaskDefinition {
  const definition = versions.full.tasks.get(name)
  if (definition === undefined) throw new Error(`No task ${name}.`)
  return definition
}
