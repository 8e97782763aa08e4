import type { Context } from './context.ts'
import { FifoMessage, type StoredMessage, sequenceNumber } from './stored-message.ts'
import type { StringMap } from './types.ts'

/** The system attributes that a receive can request. Source: API_ReceiveMessage, `MessageSystemAttributeNames`. */
export const SYSTEM_ATTRIBUTES: ReadonlySet<string> = new Set([
  'AWSTraceHeader',
  'ApproximateFirstReceiveTimestamp',
  'ApproximateReceiveCount',
  'DeadLetterQueueSourceArn',
  'MessageDeduplicationId',
  'MessageGroupId',
  'SenderId',
  'SentTimestamp',
  'SequenceNumber',
  // The API lists it, but it is an attribute of queues: a message never has it.
  'SqsManagedSseEnabled',
])

/** The requested attributes that the message has. */
export function systemAttributes(
  context: Context,
  message: StoredMessage,
  wanted: ReadonlySet<string>,
): StringMap | undefined {
  if (wanted.size === 0) return undefined
  const attributes: StringMap = {}
  for (const name of wanted) {
    const value = attributeOf(context, message, name)
    if (value !== undefined) attributes[name] = value
  }
  return attributes
}

function attributeOf(context: Context, message: StoredMessage, name: string): string | undefined {
  switch (name) {
    case 'AWSTraceHeader':
      return message.extra?.traceHeader
    case 'ApproximateFirstReceiveTimestamp':
      return message.receipt === undefined ? undefined : String(message.receipt.firstReceivedAt)
    case 'ApproximateReceiveCount':
      return String(message.receives)
    case 'DeadLetterQueueSourceArn':
      return message.extra?.deadLetterSourceArn
    case 'MessageDeduplicationId':
      return message instanceof FifoMessage ? message.dedupId : undefined
    case 'MessageGroupId':
      return message.group
    case 'SenderId':
      return context.senderId
    case 'SentTimestamp':
      return String(message.sentAt)
    case 'SequenceNumber':
      return message instanceof FifoMessage ? sequenceNumber(message.sequence) : undefined
    default:
      return undefined
  }
}
