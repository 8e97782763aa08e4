import type { Environment } from '../core/environment.ts'
import { deadQueueName, queueName, tableName } from '../core/names.ts'
import { type QueueDefinition, queueTimes } from '../core/queue.ts'
import type { LedgerMode } from '../core/task.ts'

/** What of an app decides how its queues, table and functions are made. Plain data: it may come from another process. */
export interface AppFacts {
  readonly prefix: string
  readonly queues: Readonly<Record<string, QueueDefinition>>
  readonly tasks: readonly { readonly name: string; readonly queue: string; readonly ledger: LedgerMode }[]
}

/** One queue with its dead-letter queue and function, with their names and settings at AWS. */
export interface QueuePlan {
  readonly queue: string
  readonly queueName: string
  readonly deadQueueName: string
  readonly definition: QueueDefinition
  readonly visibilityMs: number
  readonly retentionMs: number
  readonly deadRetentionMs: number
  readonly maxReceiveCount: number
}

export interface LocalPlan {
  readonly prefix: string
  readonly table: string
  readonly queues: readonly QueuePlan[]
}

/** @param app an app's definition, or the part that another process reported */
export function factsOf(app: {
  readonly prefix: string
  readonly queues: Readonly<Record<string, QueueDefinition>>
  readonly tasks: ReadonlyMap<string, AppFacts['tasks'][number]>
}): AppFacts {
  const tasks = [...app.tasks.values()].map(({ name, queue, ledger }) => ({ name, queue, ledger }))
  return { prefix: app.prefix, queues: app.queues, tasks }
}

export function planOf({ prefix, queues, tasks }: AppFacts): LocalPlan {
  return {
    prefix,
    table: tableName(prefix),
    queues: Object.entries(queues).map(([queue, definition]) => ({
      queue,
      queueName: queueName(prefix, queue),
      deadQueueName: deadQueueName(prefix, queue),
      definition,
      ...queueTimes(
        definition,
        tasks.some((task) => task.queue === queue && task.ledger === 'off'),
      ),
    })),
  }
}

/** Where the app's processes find it. */
export function environmentOf(plan: LocalPlan, queueBaseUrl: string): Environment {
  return { prefix: plan.prefix, table: plan.table, queueBaseUrl }
}
