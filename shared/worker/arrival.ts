import type { TaskMessage } from '../core/message.ts'
import { longestTaskMs, type QueueDefinition } from '../core/queue.ts'
import { policyOf, type RetryPolicy } from '../core/retry.ts'
import type { TaskDefinition } from '../core/task.ts'
import type { Delivery } from '../ports/index.ts'

/** A delivery whose body is a message of ours. */
export interface Arrival {
  readonly delivery: Delivery
  readonly message: TaskMessage
  readonly task: RunnableTask | undefined
}

/** The task of a message, with the message's own overrides. */
export interface RunnableTask {
  readonly definition: TaskDefinition
  readonly policy: RetryPolicy
  readonly timeLimitMs: number
  readonly softTimeLimitMs: number | undefined
  readonly ignoreResult: boolean
}

/** Undefined when this worker has no function for the name. A foreign producer's limit is cut to what the queue allows. */
export function runnableTask(
  tasks: ReadonlyMap<string, TaskDefinition>,
  queue: QueueDefinition,
  message: TaskMessage,
): RunnableTask | undefined {
  const definition = tasks.get(message.task)
  if (definition?.run === undefined) return undefined
  const options = message.options
  const timeLimitMs = Math.min(options?.timeLimitMs ?? definition.timeLimitMs, longestTaskMs(queue))
  return {
    definition,
    policy: policyOf(definition.retry, options),
    timeLimitMs,
    softTimeLimitMs: options?.softTimeLimitMs ?? definition.softTimeLimitMs,
    ignoreResult: options?.ignoreResult ?? definition.ignoreResult,
  }
}

/**
 * Groups deliveries of one task: the first of the highest generation goes on, the others are duplicates that wait for it. The very same message twice is
 * no duplicate: it has one fate, that of its first delivery, which may be to come again.
 */
export function groupById(arrivals: readonly Arrival[]): { first: Arrival; duplicates: Arrival[] }[] {
  const groups = new Map<string, { first: Arrival; duplicates: Arrival[] }>()
  for (const arrival of arrivals) {
    const group = groups.get(arrival.message.id)
    if (group === undefined) {
      groups.set(arrival.message.id, { first: arrival, duplicates: [] })
    } else if (arrival.message.generation > group.first.message.generation) {
      group.duplicates.push(group.first)
      group.first = arrival
    } else if (arrival.delivery.messageId !== group.first.delivery.messageId) {
      group.duplicates.push(arrival)
    }
  }
  return [...groups.values()]
}

/**
 * Fire and forget: no record, no claim. The message decides, since a task's setting may change while its messages are in flight; a foreign
 * producer's message, which never had a record, follows the task.
 */
export function isWithoutLedger({ message, task }: Arrival): boolean {
  return message.ledger === 'off' || (message.v === undefined && task?.definition.ledger === 'off')
}
