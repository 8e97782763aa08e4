import type { Context } from './context.ts'
import { selectAttributes } from './message-attributes.ts'
import type { Queue } from './queue.ts'
import { receiptHandle } from './receipt-handle.ts'
import type { StoredMessage } from './stored-message.ts'
import { systemAttributes } from './system-attributes.ts'
import type { ReceivedMessage } from './types.ts'

/** A receive request, read and checked. It may be tried again and again. */
export interface Receive {
  queue: Queue
  max: number
  visibilitySeconds: number
  waitSeconds: number
  systemNames: ReadonlySet<string>
  attributeNames: readonly string[]
  attemptId: string | undefined
}

/** A message as this receive gets it: with the attributes asked for, and the MD5 of just those. */
export function received(context: Context, receive: Receive, message: StoredMessage): ReceivedMessage {
  const result: ReceivedMessage = {
    MessageId: message.id,
    ReceiptHandle: receiptHandle(receive.queue.uid, message.id, message.receives),
    MD5OfBody: context.sums.ofBody(message.body),
    Body: message.body,
  }
  const system = systemAttributes(context, message, receive.systemNames)
  if (system !== undefined) result.Attributes = system
  const attributes = selectAttributes(message.extra?.attributes, receive.attributeNames)
  if (attributes !== undefined) {
    result.MD5OfMessageAttributes = context.sums.ofAttributes(attributes)
    result.MessageAttributes = attributes
  }
  return result
}
