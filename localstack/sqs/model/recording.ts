import { recallAttributes, recordAttributes } from './message-attributes.ts'
import type { RecordedMessage, SqsRecord } from './record.ts'
import { FifoMessage, IN_FLIGHT, type MessageExtra, StoredMessage } from './stored-message.ts'

/** A message as data. */
export function messageRecord(message: StoredMessage): RecordedMessage {
  const { id, body, sentAt, visibleAt, receives, receipt, group, extra } = message
  const record: RecordedMessage = { id, body, sentAt }
  if (visibleAt > 0) record.visibleAt = visibleAt
  if (message.state === IN_FLIGHT) record.inFlight = true
  if (receives > 0) record.receives = receives
  if (receipt !== undefined) {
    record.receivedAt = receipt.receivedAt
    record.firstReceivedAt = receipt.firstReceivedAt
  }
  if (group !== undefined) record.group = group
  if (message instanceof FifoMessage) {
    record.dedupId = message.dedupId
    record.sequence = message.sequence
  }
  if (extra?.attributes !== undefined) record.attributes = recordAttributes(extra.attributes)
  if (extra?.traceHeader !== undefined) record.traceHeader = extra.traceHeader
  if (extra?.deadLetterSourceArn !== undefined) record.deadLetterSourceArn = extra.deadLetterSourceArn
  return record
}

/** Builds the message of a record, for a queue of this kind. */
export function recallMessage(record: RecordedMessage, fifo: boolean): StoredMessage {
  const { id, body, sentAt, group } = record
  const attributes = record.attributes === undefined ? undefined : recallAttributes(record.attributes)
  const { traceHeader, deadLetterSourceArn } = record
  const plain = attributes === undefined && traceHeader === undefined && deadLetterSourceArn === undefined
  const extra: MessageExtra | undefined = plain ? undefined : { attributes, traceHeader, deadLetterSourceArn }
  const message = fifo
    ? new FifoMessage(id, body, sentAt, group ?? '', record.dedupId ?? '', record.sequence ?? 0, extra)
    : new StoredMessage(id, body, sentAt, group, extra)
  message.visibleAt = record.visibleAt ?? 0
  message.receives = record.receives ?? 0
  if (record.inFlight) message.state = IN_FLIGHT
  if (record.receivedAt !== undefined) {
    message.receipt = {
      receivedAt: record.receivedAt,
      firstReceivedAt: record.firstReceivedAt ?? record.receivedAt,
    }
  }
  return message
}

/** The state of a message after a receive or a change of visibility. */
export function stateRecord(queue: string, message: StoredMessage): SqsRecord {
  const { id, visibleAt, receives, receipt } = message
  return {
    t: 'state',
    queue,
    id,
    visibleAt,
    inFlight: message.state === IN_FLIGHT,
    receives,
    ...(receipt === undefined ? {} : receipt),
  }
}
