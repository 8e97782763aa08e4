import { hotRecordBytes, hotResultReserveBytes } from './defaults.ts'
import { inputHashOf } from './ids.ts'
import { byteLength, canonicalText, type Json, toText } from './json.ts'
import { inputExpiresAtSeconds } from './lifetime.ts'
import { type MessageOptions, messageVersion, type ScheduledOccurrence, type TaskMessage } from './message.ts'
import type { TaskRecord } from './record.ts'
import { decodeTags, encodeTags } from './tags.ts'

/** One call of a task as data, not yet sent: all that the record and the message are made of. Instants in epoch ms. */
export interface Call {
  readonly id: string
  readonly task: string
  readonly queue: string
  /** The encoded input. */
  readonly input: Json
  readonly enqueuedAt: number
  readonly availableAt?: number
  readonly expires?: number
  readonly root?: string
  readonly parent?: string
  readonly tenant?: string
  readonly tags?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  readonly options?: MessageOptions
  readonly traceparent?: string
  readonly schedule?: ScheduledOccurrence
}

/** What a message carries beside what the record has fields for; kept so that the message can be made again from the record. */
interface Envelope {
  readonly headers?: Readonly<Record<string, string>>
  readonly options?: MessageOptions
  readonly traceparent?: string
  readonly schedule?: ScheduledOccurrence
}

/** An input in an item of its own, as the ledger port takes it. */
export interface PlacedInput {
  readonly id: string
  readonly ref: string
  readonly body: string
  readonly expiresAt: number
}

/**
 * The record of a first opening, and its input's own item when the input would push the record above one write unit.
 *
 * @param body the input's text
 * @param hash what the conflict check compares: see fingerprint()
 */
export function recordOfCall(
  call: Call,
  token: string,
  body = toText(call.input),
  hash = inputHashOf(canonicalText(call.input)),
): { record: TaskRecord; inputItem?: PlacedInput } {
  const envelope = envelopeOf(call)
  const tags = encodeTags(`task '${call.task}'`, call.tags)
  const base: TaskRecord = {
    id: call.id,
    v: 1,
    generation: 0,
    state: 'QUEUED',
    task: call.task,
    queue: call.queue,
    inputHash: hash,
    attempt: 0,
    token,
    enqueuedAt: call.enqueuedAt,
    ...(call.availableAt !== undefined && { availableAt: call.availableAt }),
    ...(call.expires !== undefined && { expires: call.expires }),
    ...(call.root !== undefined && { root: call.root }),
    ...(call.parent !== undefined && { parent: call.parent }),
    ...(call.tenant !== undefined && { tenant: call.tenant }),
    ...(tags !== undefined && { tags }),
    ...(envelope !== undefined && { envelope }),
  }
  return placeInput(base, body)
}

/** Puts the input into the record, or beside it. */
export function placeInput(base: TaskRecord, body: string): { record: TaskRecord; inputItem?: PlacedInput } {
  const inline: TaskRecord = { ...base, input: body }
  if (recordBytes(inline) + hotResultReserveBytes <= hotRecordBytes) return { record: inline }
  const inputItem: PlacedInput = {
    id: base.id,
    ref: base.inputHash,
    body,
    expiresAt: inputExpiresAtSeconds(base.availableAt ?? base.enqueuedAt),
  }
  return { record: { ...base, inputRef: inputItem.ref }, inputItem }
}

/**
 * About the size of the item: names and values in UTF-8, numbers as digits, plus keys and index attributes.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function recordBytes(record: TaskRecord): number {
  let bytes = 60 + 3 * byteLength(record.id) + 2 * byteLength(record.queue)
  for (const name in record) {
    const value = record[name as keyof TaskRecord]
    // The names are ours, and ASCII.
    bytes += name.length + (typeof value === 'string' ? byteLength(value) : typeof value === 'number' ? 9 : 1)
  }
  return bytes
}

function envelopeOf({ headers, options, traceparent, schedule }: Call): string | undefined {
  const envelope: Envelope = {
    ...(headers && { headers }),
    ...(options && { options }),
    ...(traceparent && { traceparent }),
    ...(schedule && { schedule }),
  }
  return Object.keys(envelope).length === 0 ? undefined : JSON.stringify(envelope)
}

/**
 * The message of a record as it stands. Its version lets a worker claim it without a look, so it is only given while the record is free to be
 * claimed: one in STARTED may be held by a lease.
 */
export function messageOf(record: TaskRecord, input: Json): TaskMessage {
  const envelope: Envelope = record.envelope === undefined ? {} : (JSON.parse(record.envelope) as Envelope)
  return {
    celeriac: messageVersion,
    id: record.id,
    generation: record.generation,
    task: record.task,
    input,
    sentAt: record.enqueuedAt,
    ...(record.state !== 'STARTED' && { v: record.v }),
    ...(record.availableAt !== undefined && { availableAt: record.availableAt }),
    ...(record.expires !== undefined && { expires: record.expires }),
    ...(record.root !== undefined && { root: record.root }),
    ...(record.parent !== undefined && { parent: record.parent }),
    ...(record.tenant !== undefined && { tenant: record.tenant }),
    ...(record.tags !== undefined && { tags: decodeTags(record.tags) }),
    ...envelope,
  }
}

/** The message of a task without a record. */
export function messageWithoutRecord(call: Call): TaskMessage {
  const { queue: _queue, enqueuedAt, id, task, input, ...rest } = call
  return { celeriac: messageVersion, id, generation: 0, task, input, sentAt: enqueuedAt, ...rest, ledger: 'off' }
}

/** The record of a message that came without one: a foreign producer's, or one whose record has expired. */
export function recordOfMessage(
  message: TaskMessage,
  queue: string,
  now: number,
  token: string,
): { record: TaskRecord; inputItem?: PlacedInput } {
  const { record, inputItem } = recordOfCall(
    {
      id: message.id,
      task: message.task,
      queue,
      input: message.input ?? { $: 'undefined' },
      enqueuedAt: message.sentAt ?? now,
      ...(message.availableAt !== undefined && { availableAt: message.availableAt }),
      ...(message.expires !== undefined && { expires: message.expires }),
      ...(message.root !== undefined && { root: message.root }),
      ...(message.parent !== undefined && { parent: message.parent }),
      ...(message.tenant !== undefined && { tenant: message.tenant }),
      ...(message.tags && { tags: message.tags }),
      ...(message.headers && { headers: message.headers }),
      ...(message.options && { options: message.options }),
      ...(message.traceparent !== undefined && { traceparent: message.traceparent }),
      ...(message.schedule && { schedule: message.schedule }),
    },
    token,
  )
  return { record: { ...record, generation: message.generation }, ...(inputItem && { inputItem }) }
}
