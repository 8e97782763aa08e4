import type { DeadLetterReason } from './dead-letter-reason.ts'
import type { TaskState } from './states.ts'

/** An error as stored: what is left of it when its class is gone. Lengths are cut to fit a record. */
export interface ErrorData {
  readonly name: string
  readonly message: string
  readonly stack?: string
  /** A stable code, when the error had one. */
  readonly code?: string
  /** Its own enumerable fields, the first few, as JSON values: `{ "status": 400 }`. */
  readonly fields?: Readonly<Record<string, string | number | boolean | null>>
  /** Those of an AggregateError, the first few. */
  readonly errors?: readonly ErrorData[]
  readonly cause?: ErrorData
}

/** How a run ended, as kept in the record's history. */
export type AttemptOutcome =
  | 'success'
  | 'retry'
  | 'failure'
  | 'ignored'
  | 'revoked'
  | 'expired'
  | 'snooze'
  | 'requeue'
  | 'handed-back'
  | 'crash'
  | 'crash-in-company'

/** Why a task is REVOKED. */
export type RevokeReason = 'revoked' | 'enqueue-failed'

/** One counted or uncounted run, as kept in the record's short history. */
export interface AttemptEntry {
  /** The attempt's number, 1-based. Uncounted runs repeat the number of the next counted one. */
  readonly attempt: number
  readonly startedAt: number
  readonly endedAt: number
  readonly outcome: AttemptOutcome
  /** The worker that ran it: 8 characters. */
  readonly by?: string
  readonly error?: { readonly name: string; readonly message: string }
}

/**
 * The truth about one task id. All instants are epoch milliseconds, except `expiresAt`.
 *
 * `v` counts state transitions only: progress, lease renewal and revoke requests are conditioned on it and leave it as it is.
 * `token` is the writer of the last transition, so that a writer whose answer got lost can tell by reading whether it was its own.
 */
export interface TaskRecord {
  readonly id: string
  readonly v: number
  /** How often this id was opened again. A redrive adds one, reopening a key two. */
  readonly generation: number
  readonly state: TaskState
  readonly task: string
  readonly queue: string
  /** The encoded input (JSON text), when it is small enough to live here. */
  readonly input?: string
  /** Set instead of `input` when the input lives in an item of its own: the hash that names it. */
  readonly inputRef?: string
  /** Hash of the canonical encoded input, for the conflict check. */
  readonly inputHash: string
  /** Counted attempts that ended. The running one is `attempt + 1`. */
  readonly attempt: number
  /** The last claim had its process for itself: a crash is the task's own. */
  readonly alone?: boolean
  readonly token: string
  readonly leaseUntil?: number
  /** How often a suspect was handed back unrun. */
  readonly handBacks?: number
  readonly enqueuedAt: number
  readonly availableAt?: number
  readonly startedAt?: number
  readonly finishedAt?: number
  /** The task is not started after this instant. */
  readonly expires?: number
  /** The idempotency key is held until this instant by a SUCCESS. */
  readonly keyUntil?: number
  /** The encoded result (JSON text). */
  readonly result?: string
  /** `result` and `error` are hidden after this instant; the tombstone stays. */
  readonly resultUntil?: number
  /** JSON text of ErrorData: the last error, kept in RETRY too. */
  readonly error?: string
  /** JSON text of AttemptEntry[]: the last ten. */
  readonly attempts?: string
  /** The encoded value of `ctx.progress()`. */
  readonly progress?: string
  /** A running task was asked to stop. */
  readonly revokeRequestedAt?: number
  /** Why it is REVOKED, or why its message is a dead letter. */
  readonly reason?: RevokeReason | DeadLetterReason
  /** For a FAILURE: the group that it belongs to (core/fingerprint.ts). 13 characters. */
  readonly fingerprint?: string
  /** Of a FAILURE: the error's name, at most 60 characters. */
  readonly errorName?: string
  /** Of a FAILURE: the start of the error's message, scrubbed, at most 160 characters. */
  readonly errorText?: string
  readonly forgotten?: boolean
  readonly root?: string
  readonly parent?: string
  /** The tenant. Like `tags`, `root` and `parent` it never changes within an opening, because the time index projects them. */
  readonly tenant?: string
  /** `|a|b|`: core/tags.ts. */
  readonly tags?: string
  /** The worker that claimed it last: 8 characters, as its log lines carry them. */
  readonly by?: string
  /** The build of the code that claimed it last: at most 12 characters. */
  readonly build?: string
  /** JSON text of the message's remaining fields (headers, overrides), so that the message can be sent again from the record. */
  readonly envelope?: string
  /** DynamoDB's TTL attribute: epoch **seconds**. Open records have none. */
  readonly expiresAt?: number
}

/** What a change may set: everything but the key and the version. `queue` and `enqueuedAt` change only when a record is opened anew. */
export type RecordFields = Omit<TaskRecord, 'id' | 'v'>
