import { type Context, queueOfArn, settle } from './context.ts'
import type { Queue } from './queue.ts'
import { accept } from './sending.ts'
import { FifoMessage, StoredMessage } from './stored-message.ts'

/** The queue that takes a message instead of the receiver, if its receives are used up and that queue exists. */
export function deadLetterQueueFor(context: Context, queue: Queue, message: StoredMessage): Queue | undefined {
  const policy = queue.attributes.redrive
  if (policy === undefined || message.receives < policy.maxReceiveCount) return undefined
  return queueOfArn(context, policy.deadLetterTargetArn)
}

/**
 * Moves a message to the dead-letter queue. It keeps its id, body, attributes and receive count. On a standard queue it
 * also keeps the time it was first sent, so that its retention goes on; on a FIFO queue that starts anew, and the
 * message id becomes the deduplication id.
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
