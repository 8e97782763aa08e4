import type { TaskMessage } from '../core/message.ts'
import { type MessageError, parseMessage } from '../core/message-codec.ts'
import type { QueueDefinition } from '../core/queue.ts'
import type { TaskDefinition } from '../core/task.ts'
import type { Delivery } from '../ports/index.ts'
import { type ReceivedTask, runnableTask } from './received-task.ts'

/** A delivery whose body is not a Celeriac message. */
export interface RefusedDelivery {
  readonly delivery: Delivery
  readonly error: MessageError
}

/** Deliveries of one task id. */
export interface Group {
  readonly first: ReceivedTask
  readonly duplicates: readonly ReceivedTask[]
}

/** Parses the bodies of deliveries. */
export function receive(
  deliveries: readonly Delivery[],
  tasks: ReadonlyMap<string, TaskDefinition>,
  queue: QueueDefinition,
): { readonly received: readonly ReceivedTask[]; readonly refused: readonly RefusedDelivery[] } {
  const received: ReceivedTask[] = []
  const refused: RefusedDelivery[] = []
  for (const delivery of deliveries) {
    let message: TaskMessage
    try {
      message = parseMessage(delivery.body)
    } catch (error) {
      refused.push({ delivery, error: error as MessageError })
      continue
    }
    const task = runnableTask(tasks, queue, message)
    // The message decides, because a task's option may change while its messages are in flight. A message of a foreign producer, which never
    // had a record, follows the task's option.
    const withoutLedger = message.ledger === 'off' || (message.v === undefined && task?.definition.ledger === 'off')
    received.push({ delivery, message, task, withoutLedger })
  }
  return { received, refused }
}

/**
 * Groups deliveries of one task. The first one of the highest generation goes on; the others wait for it. The same SQS message twice is no
 * duplicate: both are acknowledged together, or come back together.
 */
export function groupById(received: readonly ReceivedTask[]): readonly Group[] {
  const groups = new Map<string, { first: ReceivedTask; duplicates: ReceivedTask[] }>()
  for (const each of received) {
    const group = groups.get(each.message.id)
    if (group === undefined) {
      groups.set(each.message.id, { first: each, duplicates: [] })
    } else if (each.message.generation > group.first.message.generation) {
      group.duplicates.push(group.first)
      group.first = each
    } else if (each.delivery.messageId !== group.first.delivery.messageId) {
      group.duplicates.push(each)
    }
  }
  return [...groups.values()]
}
