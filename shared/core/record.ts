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

/** One counted or uncounted run, as kept in the record's short history. */
export interface AttemptEntry {
  /** The attempt's number, 1-based. Uncounted runs repeat the number of the next counted one. */
  readonly attempt: number
  readonly startedAt: number
  readonly endedAt: number
  /** `success`, `retry`, `failure`, `crash`, `crash-in-company`, `snooze`, `requeue`, `ignored`, `revoked`. */
  readonly outcome: string
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
  /** How many times this id was opened anew. Redrive adds one, reopening a key two. */
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
  /** Not to be started after this instant. */
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
  /** Why it is REVOKED: `revoked`, `enqueue-failed`. */
  readonly reason?: string
  readonly forgotten?: boolean
  readonly root?: string
  readonly parent?: string
  /** JSON text of the message's remaining fields (headers, overrides), so that the message can be sent again from the record. */
  readonly envelope?: string
  /** DynamoDB's TTL attribute: epoch **seconds**. Open records have none. */
  readonly expiresAt?: number
}

/** What a change may set: everything but the key and the version. `queue` and `enqueuedAt` change only when a record is opened anew. */
export type RecordFields = Omit<TaskRecord, 'id' | 'v'>
