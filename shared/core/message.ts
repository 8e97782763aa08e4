import type { DeadLetterReason } from './dead-letter-reason.ts'
import type { Json } from './json.ts'
import type { ErrorData } from './record.ts'

/** The only major version this worker reads. An unknown one is a dead letter. */
export const messageVersion = 1

/** Per-call overrides that travel with the message. */
export interface MessageOptions {
  readonly maxRetries?: number
  readonly retryDelayMs?: number
  readonly retryMaxDelayMs?: number
  readonly timeLimitMs?: number
  readonly softTimeLimitMs?: number
  readonly ignoreResult?: boolean
}

/** Of a task that a schedule started: which occurrence it is. */
export interface ScheduledOccurrence {
  /** The schedule's name. */
  readonly name: string
  /** The occurrence's own instant, epoch ms: what the rule says, whenever the task runs. */
  readonly at: number
  /** How many occurrences before it were late and passed over in its favour. */
  readonly missed: number
}

/** Why a message was put aside. Inside the body, because attributes are not encrypted. */
export interface DeadLetterNote {
  readonly reason: DeadLetterReason
  readonly error?: ErrorData
  readonly attempt: number
  readonly at: number
}

/**
 * The wire form of a call: JSON in the body of an SQS message. docs/message.schema.json is its JSON Schema.
 *
 * A foreign producer needs no more than `{"celeriac":1,"id":"…","task":"…","input":{…}}`; no record is needed, the worker creates it.
 * Unknown fields are kept when the message is sent again.
 */
export interface TaskMessage {
  readonly celeriac: 1
  readonly id: string
  /** Which opening of the id this message belongs to. A lower one than the record's is stale. */
  readonly generation: number
  /** The record's version when the message was sent: a first receive is claimed at once with it. Absent: read first. */
  readonly v?: number
  readonly task: string
  /** The encoded input: the caller's value with tagged types. */
  readonly input?: Json
  /** When this opening was enqueued. Epoch ms, like all instants here. */
  readonly sentAt?: number
  readonly availableAt?: number
  readonly expires?: number
  readonly root?: string
  readonly parent?: string
  /** Whom it is done for. */
  readonly tenant?: string
  readonly tags?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  readonly options?: MessageOptions
  /** Ledger off only: receives of earlier copies, so that a fresh copy does not start counting anew. */
  readonly attempt?: number
  /** `off`: fire and forget, no record. */
  readonly ledger?: 'off'
  /** W3C trace context. */
  readonly traceparent?: string
  readonly schedule?: ScheduledOccurrence
  readonly dead?: DeadLetterNote
}
