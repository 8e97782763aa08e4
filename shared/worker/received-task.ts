import type { TaskMessage } from '../core/message.ts'
import { longestTaskMs, type QueueDefinition } from '../core/queue.ts'
import { policyOf, type RetryPolicy } from '../core/retry.ts'
import type { TaskDefinition } from '../core/task.ts'
import type { Delivery } from '../ports/index.ts'

/** A delivery whose body is a Celeriac message. */
export interface ReceivedTask {
  readonly delivery: Delivery
  readonly message: TaskMessage
  /** Undefined when this worker has no function for the name. */
  readonly task: RunnableTask | undefined
  /** Fire and forget: there is no record, and nothing is claimed. */
  readonly withoutLedger: boolean
}

/** The task of a message, with the overrides that the message carries. */
export interface RunnableTask {
  readonly definition: TaskDefinition
  readonly policy: RetryPolicy
  readonly timeLimitMs: number
  readonly softTimeLimitMs: number | undefined
  readonly ignoreResult: boolean
}

/** A foreign producer's time limit is cut to what the queue allows. */
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
