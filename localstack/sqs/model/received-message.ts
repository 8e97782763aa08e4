import type { Context } from './context.ts'
import { selectAttributes } from './message-attributes.ts'
import type { Queue } from './queue.ts'
import { receiptHandle } from './receipt-handle.ts'
import type { StoredMessage } from './stored-message.ts'
import { systemAttributes } from './system-attributes.ts'
import type { ReceivedMessage } from './types.ts'

/** A parsed and checked receive request. It may be tried several times. */
export interface Receive {
  queue: Queue
  max: number
  visibilitySeconds: number
  waitSeconds: number
  systemNames: ReadonlySet<string>
  attributeNames: readonly string[]
  attemptId: string | undefined
}

/** The message for this receive: with the requested attributes, and the MD5 of only these. */
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
