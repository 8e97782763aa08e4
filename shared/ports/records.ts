import type { RecordFields, TaskRecord } from '../core/record.ts'
import type { InputItem } from './inputs.ts'
import { port } from './port.ts'

/** A record to be inserted, with its input's own item when the input is too large for the record (`record.inputRef` names it). */
export interface NewRecord {
  readonly record: TaskRecord
  readonly inputItem?: InputItem
}

/**
 * A compare-and-swap on one record: applied if, and only if, the record exists with version `v`.
 * A transition raises the version by one; any other change leaves it.
 */
export interface RecordChange {
  readonly id: string
  readonly v: number
  readonly transition: boolean
  /** The record's queue: index attributes are made of it. */
  readonly queue: string
  readonly set: Partial<RecordFields>
  readonly remove?: readonly (keyof RecordFields)[]
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
  /** Of `listByTime`: the last enqueued first. @default false */
  readonly newestFirst?: boolean
}

/**
 * The task records. Batches of any size are accepted and split; answers stand in the order of the entries.
 *
 * One id at most once per call of `insert` and `update` (DynamoDB refuses a whole batch otherwise): they throw a TypeError on a repeated one.
 * Reads may ask for one twice. Write methods never throw for what the service said of an entry or a request: that is `throttled` or `unknown`.
 * They throw only where no request can succeed (no such table, no rights: TableAccessError). Read methods throw when the service does not answer.
 */
export interface Records {
  /** Write each record if its id is unused (a record that has expired makes room), and its input item. `done` only when both are there. */
  insert(entries: readonly NewRecord[]): Promise<readonly WriteAnswer[]>
  /** Apply each change if the record's version is still `v`. */
  update(changes: readonly RecordChange[]): Promise<readonly WriteAnswer[]>
  /** Records by id, `undefined` where there is none or where its `expiresAt` has passed (a TTL deletes days late). */
  read(ids: readonly string[], options: { readonly consistent: boolean }): Promise<readonly (TaskRecord | undefined)[]>
  /** Ids in order of enqueue time; a page may be empty and still have a cursor. A range costs some eight small reads an hour. */
  listByTime(query: TimeQuery): Promise<TimePage>
  /** Ids of records in state FAILURE by time of failure, newest first; pages as above. A range costs some eight small reads a day. */
  listFailures(query: TimeQuery): Promise<TimePage>
}

export const recordsPort = port<Records>()('records', {
  insert: 'write',
  update: 'write',
  read: 'read',
  listByTime: 'read',
  listFailures: 'read',
})
