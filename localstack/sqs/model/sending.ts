import { createHash } from 'node:crypto'
import { checkEntries, eachEntry } from './batch.ts'
import { assertCharacters, isToken } from './characters.ts'
import { type Context, queueAt, settle } from './context.ts'
import { invalidParameter, invalidValue, missingParameter, SqsError } from './errors.ts'
import { MAX_BATCH_BYTES, MAX_DELAY_SECONDS } from './limits.ts'
import type { Sums } from './md5.ts'
import { checkAttributes, messageBytes, traceHeaderOf } from './message-attributes.ts'
import type { Queue } from './queue.ts'
import { messageRecord } from './recording.ts'
import { FifoMessage, type MessageExtra, StoredMessage, sequenceNumber } from './stored-message.ts'
import type * as api from './types.ts'

const NOT_FOR_THIS_TYPE = 'The request include parameter that is not valid for this queue type.'
const NO_GROUP = 'The request must contain the parameter MessageGroupId.'
const NO_DEDUPLICATION =
  'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly'

export function sendMessage(context: Context, input: api.SendMessageRequest): api.SendMessageResult {
  const queue = queueAt(context, input.QueueUrl)
  if (queue.fifo && input.MessageGroupId === undefined) throw missingParameter('MessageGroupId')
  const result = send(context, queue, input, 'One or more parameters are invalid.')
  settle(context, queue)
  return result
}

export function sendMessageBatch(context: Context, input: api.SendMessageBatchRequest): api.SendMessageBatchResult {
  const queue = queueAt(context, input.QueueUrl)
  const entries = checkEntries(input.Entries)
  let bytes = 0
  for (const entry of entries) {
    // Recorded from AWS: an entry without a parameter that FIFO queues require refuses the whole batch, as a bad
    // value.
    if (queue.fifo && entry.MessageGroupId === undefined) throw invalidParameter(NO_GROUP)
    if (lacksDeduplication(queue, entry)) throw invalidParameter(NO_DEDUPLICATION)
    bytes += messageBytes(entry.MessageBody ?? '', entry.MessageAttributes)
  }
  if (bytes > MAX_BATCH_BYTES) {
    throw new SqsError(
      'BatchRequestTooLong',
      `Batch requests cannot be longer than ${MAX_BATCH_BYTES} bytes. You have sent ${bytes} bytes.`,
    )
  }
  const result = eachEntry(entries, (entry, Id) => ({
    Id,
    ...send(context, queue, entry, 'One or more parameters cannot be validated.'),
  }))
  settle(context, queue)
  return result
}

const lacksDeduplication = (queue: Queue, message: api.OutgoingMessage): boolean =>
  queue.fifo && message.MessageDeduplicationId === undefined && !queue.attributes.contentDedup

function send(context: Context, queue: Queue, message: api.OutgoingMessage, tooLong: string): api.SendMessageResult {
  const body = message.MessageBody
  if (body === undefined || body === '') throw missingParameter('MessageBody')
  assertCharacters(body, 'message body')
  checkAttributes(message.MessageAttributes)
  const limit = queue.attributes.maximumMessageSize
  if (messageBytes(body, message.MessageAttributes) > limit) {
    throw invalidParameter(`${tooLong} Reason: Message must be shorter than ${limit} bytes.`)
  }
  const delaySeconds = delayOf(queue, message.DelaySeconds)
  const group = groupOf(message.MessageGroupId)
  const traceHeader = traceHeaderOf(message.MessageSystemAttributes)
  const extra = extraOf(message.MessageAttributes, traceHeader)
  const sums = checksums(context.sums, body, message)

  const now = context.clock.now()
  const visibleAt = delaySeconds === 0 ? 0 : now + delaySeconds * 1000
  if (!queue.fifo) {
    if (message.MessageDeduplicationId !== undefined) {
      throw invalidValue(message.MessageDeduplicationId, 'MessageDeduplicationId', NOT_FOR_THIS_TYPE)
    }
    const stored = new StoredMessage(context.ids(), body, now, group, extra)
    accept(context, queue, stored, visibleAt, now)
    return { MessageId: stored.id, ...sums }
  }

  const dedupId = deduplicationIdOf(queue, message, body)
  const scope = queue.attributes.dedupScope
  const key = scope === 'messageGroup' ? `g ${group} ${dedupId}` : `q ${dedupId}`
  const original = queue.deduplication.find(key, now)
  if (original !== undefined) {
    return { MessageId: original.id, ...sums, SequenceNumber: sequenceNumber(original.sequence) }
  }
  const sequence = ++queue.sequence
  const stored = new FifoMessage(context.ids(), body, now, group ?? '', dedupId, sequence, extra)
  queue.deduplication.add(key, { id: stored.id, sequence, at: now })
  if (context.recording) {
    context.emit({ t: 'dedup', queue: queue.name, key, id: stored.id, sequence, at: now })
  }
  accept(context, queue, stored, visibleAt, now)
  return { MessageId: stored.id, ...sums, SequenceNumber: sequenceNumber(sequence) }
}

/** Adds a new message to a queue and records it in the log. */
export function accept(context: Context, queue: Queue, message: StoredMessage, visibleAt: number, now: number): void {
  message.visibleAt = visibleAt
  queue.store.add(message, now)
  if (context.recording) context.emit({ t: 'message', queue: queue.name, message: messageRecord(message) })
}

function delayOf(queue: Queue, given: number | undefined): number {
  if (given === undefined) return queue.attributes.delaySeconds
  if (queue.fifo) {
    if (given !== 0) throw invalidValue(given, 'DelaySeconds', NOT_FOR_THIS_TYPE)
    return queue.attributes.delaySeconds
  }
  if (!Number.isInteger(given) || given < 0 || given > MAX_DELAY_SECONDS) {
    throw invalidValue(given, 'DelaySeconds', `DelaySeconds must be >= 0 and <= ${MAX_DELAY_SECONDS}.`)
  }
  return given
}

const TOKEN_RULE = 'can only include alphanumeric and punctuation characters. 1 to 128 in length.'

function groupOf(given: string | undefined): string | undefined {
  if (given === undefined || isToken(given)) return given
  throw invalidValue(given, 'MessageGroupId', `MessageGroupId ${TOKEN_RULE}`)
}

function deduplicationIdOf(queue: Queue, message: api.OutgoingMessage, body: string): string {
  const given = message.MessageDeduplicationId
  if (given === undefined) {
    if (lacksDeduplication(queue, message)) throw invalidParameter(NO_DEDUPLICATION)
    return createHash('sha256').update(body).digest('hex')
  }
  if (isToken(given)) return given
  throw invalidValue(given, 'MessageDeduplicationId', `MessageDeduplicationId ${TOKEN_RULE}`)
}

function extraOf(attributes: api.MessageAttributes | undefined, traceHeader: string | undefined) {
  const some = attributes !== undefined && Object.keys(attributes).length > 0
  if (!some && traceHeader === undefined) return undefined
  const extra: MessageExtra = { attributes: some ? attributes : undefined, traceHeader }
  return extra
}

type Checksums = Pick<
  api.SendMessageResult,
  'MD5OfMessageBody' | 'MD5OfMessageAttributes' | 'MD5OfMessageSystemAttributes'
>

function checksums(sums: Sums, body: string, message: api.OutgoingMessage): Checksums {
  const answer: Checksums = { MD5OfMessageBody: sums.ofBody(body) }
  const { MessageAttributes: user, MessageSystemAttributes: system } = message
  if (user !== undefined && Object.keys(user).length > 0) answer.MD5OfMessageAttributes = sums.ofAttributes(user)
  if (system !== undefined && Object.keys(system).length > 0)
    answer.MD5OfMessageSystemAttributes = sums.ofAttributes(system)
  return answer
}
