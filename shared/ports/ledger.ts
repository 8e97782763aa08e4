import type { TaskRecord } from '../core/record.ts'
import type { RecordChange } from '../core/transitions.ts'

/** A record to be inserted, with its input's own item when the input is too large for the record (`record.inputRef` names it). */
export interface NewRecord {
  readonly record: TaskRecord
  readonly inputItem?: InputItem
}

/** An input in an item of its own. Written once under a name made of its content, so that writing it twice changes nothing. */
export interface InputItem {
  readonly id: string
  readonly ref: string
  /** The encoded input (JSON text). */
  readonly body: string
  /** Epoch seconds. */
  readonly expiresAt: number
}

/**
 * What became of one write.
 *
 * - `done`: it took effect. `record` is the record after an update.
 * - `refused`: this request found the condition false. An earlier, invisible try of the same request may have taken effect: read before concluding.
 * - `throttled`: it did not take effect; try again.
 * - `unknown`: it may or may not have taken effect: read.
 * - `invalid`: the service will never accept it (too large).
 */
export type WriteAnswer =
  | { readonly status: 'done'; readonly record?: TaskRecord }
  | { readonly status: 'refused' }
  | { readonly status: 'throttled' }
  | { readonly status: 'unknown'; readonly error: Error }
  | { readonly status: 'invalid'; readonly error: Error }

/** Counters of one queue to be added to the statistics of the hour. */
export interface StatisticsDelta {
  readonly queue: string
  /** Epoch ms: the hour is made of it. */
  readonly at: number
  /** Counter name → amount: `succeeded`, `failed`, `retried`, `expired`, `revoked`, `ignored`, `snoozed`, `dead`, `runMs`. */
  readonly counts: Readonly<Record<string, number>>
}

export interface QueueControl {
  /** Epoch ms of the pause, while paused. */
  readonly pausedAt?: number
}

export interface TimePage {
  readonly ids: readonly string[]
  /** Pass it to get the next page. Absent: the end. */
  readonly cursor?: string
}

export interface TimeQuery {
  readonly queue: string
  /** Enqueued at or after, epoch ms. */
  readonly from: number
  /** Enqueued before, epoch ms. */
  readonly to: number
  readonly limit: number
  readonly cursor?: string
}

/**
 * The table of records. Batches of any size are accepted and split; answers stand in the order of the entries.
 * One id at most once per call of `insert` and `update` (DynamoDB refuses a whole batch otherwise): they throw a TypeError on a repeated one.
 * Reads may ask for one twice.
 * Write methods never throw for what the service said of an entry or a request: that is `throttled` or `unknown`. They throw only where no request
 * can succeed (no such table, no rights: TableAccessError). Read methods throw when the service does not answer.
 */
export interface Ledger {
  /** Write each record if its id is unused (a record that has expired makes room), and its input item. `done` only when both are there. */
  insert(entries: readonly NewRecord[]): Promise<readonly WriteAnswer[]>
  /** Apply each change if the record's version is still `v`. */
  update(changes: readonly RecordChange[]): Promise<readonly WriteAnswer[]>
  /** Records by id, `undefined` where there is none or where its `expiresAt` has passed (a TTL deletes days late). */
  read(ids: readonly string[], options: { readonly consistent: boolean }): Promise<readonly (TaskRecord | undefined)[]>
  /** Inputs that live in their own items. */
  readInputs(refs: readonly { readonly id: string; readonly ref: string }[]): Promise<readonly (string | undefined)[]>
  /** Write or refresh input items (a later `expiresAt`). */
  writeInputs(items: readonly InputItem[]): Promise<void>
  /** Remove input items (forget). */
  deleteInputs(refs: readonly { readonly id: string; readonly ref: string }[]): Promise<void>
  /** Ids in order of enqueue time; a page may be empty and still have a cursor. A range costs some eight small reads an hour. */
  listByTime(query: TimeQuery): Promise<TimePage>
  /** Ids of records in state FAILURE by time of failure, newest first; pages as above. A range costs some eight small reads a day. */
  listFailures(query: TimeQuery): Promise<TimePage>
  /** Add to the statistics. Not idempotent, never throws: statistics are not worth a task. */
  count(deltas: readonly StatisticsDelta[]): Promise<void>
  /** Sum of the statistics of a queue over the hours that touch [from, to). */
  statistics(queue: string, from: number, to: number): Promise<Readonly<Record<string, number>>>
  readControl(queue: string): Promise<QueueControl>
  writeControl(queue: string, control: QueueControl): Promise<void>
}
