import type { Context } from './context.ts'
import { selectAttributes } from './message-attributes.ts'
import { receiptHandle } from './receipt-handle.ts'
import type { Receive } from './receiving.ts'
import type { StoredMessage } from './stored-message.ts'
import { systemAttributes } from './system-attributes.ts'
import type { ReceivedMessage } from './types.ts'

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
