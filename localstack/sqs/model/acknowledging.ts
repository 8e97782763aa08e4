import { checkEntries, eachEntry } from './batch.ts'
import { type Context, queueAt, settle } from './context.ts'
import { invalidValue, missingParameter, SqsError } from './errors.ts'
import { MAX_VISIBILITY_SECONDS } from './limits.ts'
import type { Queue } from './queue.ts'
import { readReceiptHandle } from './receipt-handle.ts'
import { stateRecord } from './recording.ts'
import { IN_FLIGHT, type StoredMessage } from './stored-message.ts'
import type * as api from './types.ts'

export function deleteMessage(context: Context, input: api.DeleteMessageRequest): void {
  const queue = queueAt(context, input.QueueUrl)
  remove(context, queue, input.ReceiptHandle)
  settle(context, queue)
}

export function deleteMessageBatch(context: Context, input: api.DeleteMessageBatchRequest): api.IdBatchResult {
  const queue = queueAt(context, input.QueueUrl)
  const result = eachEntry(checkEntries(input.Entries), (entry, Id) => {
    remove(context, queue, entry.ReceiptHandle)
    return { Id }
  })
  settle(context, queue)
  return result
}

/** The message of a handle if it is still in the queue, and whether the handle is from its last receive. */
function look(queue: Queue, handle: string | undefined): { message: StoredMessage | undefined; isLast: boolean } {
  if (handle === undefined || handle === '') throw missingParameter('ReceiptHandle')
  const { queueUid, messageId, receive } = readReceiptHandle(handle)
  if (queueUid !== queue.uid) {
    throw new SqsError('ReceiptHandleIsInvalid', `The input receipt handle "${handle}" is not of this queue.`)
  }
  const message = queue.store.received.get(messageId)
  return { message, isLast: message?.receives === receive }
}

const expired = (handle: string | undefined): SqsError =>
  invalidValue(handle, 'ReceiptHandle', 'The receipt handle has expired.')

/**
 * Deletes by the latest handle, whether the message is in flight or not. An old handle, or the handle of a deleted
 * message, succeeds and does nothing. FIFO queues are stricter: they refuse the handle after the visibility timeout.
 * Sources: API_DeleteMessage; API_ReceiveMessage, ReceiveRequestAttemptId ("the action fails with an error").
 */
function remove(context: Context, queue: Queue, handle: string | undefined): void {
  const { message, isLast } = look(queue, handle)
  if (message === undefined) return
  if (queue.fifo && !(isLast && message.state === IN_FLIGHT)) throw expired(handle)
  if (!isLast) return
  queue.store.remove(message)
  if (context.recording) context.emit({ t: 'gone', queue: queue.name, ids: [message.id] })
  queue.store.news = true
}

export function changeMessageVisibility(context: Context, input: api.ChangeMessageVisibilityRequest): void {
  const queue = queueAt(context, input.QueueUrl)
  change(context, queue, input.ReceiptHandle, input.VisibilityTimeout)
  settle(context, queue)
}

export function changeMessageVisibilityBatch(
  context: Context,
  input: api.ChangeMessageVisibilityBatchRequest,
): api.IdBatchResult {
  const queue = queueAt(context, input.QueueUrl)
  const result = eachEntry(checkEntries(input.Entries), (entry, Id) => {
    change(context, queue, entry.ReceiptHandle, entry.VisibilityTimeout)
    return { Id }
  })
  settle(context, queue)
  return result
}

/**
 * Source: API_ChangeMessageVisibility. The twelve hours start at the receive; later changes do not restart them.
 *
 * A standard queue accepts any handle of a message that still exists, also an old handle or a visible message.
 * LocalStack's tests recorded both from AWS, which documents MessageNotInflight instead.
 */
function change(context: Context, queue: Queue, handle: string | undefined, seconds: number | undefined): void {
  if (seconds === undefined) throw missingParameter('VisibilityTimeout')
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > MAX_VISIBILITY_SECONDS) {
    throw invalidValue(
      seconds,
      'VisibilityTimeout',
      `VisibilityTimeout must be an integer between 0 and ${MAX_VISIBILITY_SECONDS}.`,
    )
  }
  const { message, isLast } = look(queue, handle)
  if (message === undefined || (queue.fifo && !isLast)) {
    throw invalidValue(
      handle,
      'ReceiptHandle',
      'Message does not exist or is not available for visibility timeout change.',
    )
  }
  if (queue.fifo && message.state !== IN_FLIGHT) throw expired(handle)
  const now = context.clock.now()
  const sinceReceive = Math.floor((now - (message.receipt?.receivedAt ?? now)) / 1000)
  if (sinceReceive + seconds > MAX_VISIBILITY_SECONDS) {
    throw invalidValue(
      seconds,
      'VisibilityTimeout',
      `Total VisibilityTimeout for the message is beyond the limit [${MAX_VISIBILITY_SECONDS} seconds]`,
    )
  }
  queue.store.retime(message, now + seconds * 1000, now)
  if (context.recording) context.emit(stateRecord(queue.name, message))
}

/** Undoes a receive when its answer was lost. See `SqsModel.unreceive`. */
export function unreceive(context: Context, queueUrl: string, result: api.ReceiveMessageResult): void {
  const queue = queueAt(context, queueUrl)
  const now = context.clock.now()
  // In reverse order, because some queues insert at the front: the old order is kept.
  for (const { ReceiptHandle } of [...(result.Messages ?? [])].reverse()) {
    const { message, isLast } = look(queue, ReceiptHandle)
    if (message?.state !== IN_FLIGHT || !isLast) continue
    message.receives -= 1
    queue.store.retime(message, now, now)
    if (message.receives === 0) queue.store.forgetReceipt(message)
    if (context.recording) context.emit(stateRecord(queue.name, message))
  }
  settle(context, queue)
}
