import { type Context, queueOfArn, settle } from './context.ts'
import type { Queue } from './queue.ts'
import { accept } from './sending.ts'
import { FifoMessage, StoredMessage } from './stored-message.ts'

/** The dead-letter queue for a message that has used up its receives; undefined if that queue does not exist. */
export function deadLetterQueueFor(context: Context, queue: Queue, message: StoredMessage): Queue | undefined {
  const policy = queue.attributes.redrive
  if (policy === undefined || message.receives < policy.maxReceiveCount) return undefined
  return queueOfArn(context, policy.deadLetterTargetArn)
}

/**
 * Moves a message to the dead-letter queue. The message keeps its id, body, attributes and receive count. On a
 * standard queue it also keeps its first send time, so its retention period continues. On a FIFO queue the retention
 * period restarts, and the message id becomes the deduplication id.
 * Sources: Developer Guide, "Using dead-letter queues in Amazon SQS", "Message retention periods for dead-letter
 * queues"; API_CreateQueue, RedrivePolicy.
 */
export function moveToDeadLetters(context: Context, from: Queue, to: Queue, message: StoredMessage): void {
  const now = context.clock.now()
  const extra = { ...message.extra, deadLetterSourceArn: from.arn }
  const moved =
    message instanceof FifoMessage
      ? new FifoMessage(message.id, message.body, now, message.group ?? '', message.id, ++to.sequence, extra)
      : new StoredMessage(message.id, message.body, message.sentAt, message.group, extra)
  moved.receives = message.receives
  moved.receipt = message.receipt
  if (context.recording) context.emit({ t: 'gone', queue: from.name, ids: [message.id] })
  accept(context, to, moved, 0, now)
  to.advance(now)
  settle(context, to)
}
