import type { TaskRecord } from '../core/record.ts'
import type { RecordChange } from '../core/transitions.ts'
import type { WriteAnswer } from './answers.ts'
import type { InputItem } from './inputs.ts'
import { port } from './port.ts'

/** A record to be inserted, with its input's own item when the input is too large for the record (`record.inputRef` names it). */
export interface NewRecord {
  readonly record: TaskRecord
  readonly inputItem?: InputItem
}

export interface TimePage {
  readonly ids: readonly string[]
  /** Pass it to get the next page. Absent on the last page. */
  readonly cursor?: string
}

export interface TimeQuery {
  readonly queue: string
  /** Enqueued at or after, epoch ms. */
  readonly from: number
  /** Enqueued before, epoch ms. */
  readonly to: number
  readonly limit: number
  /** @default 'newest' */
  readonly order?: 'newest' | 'oldest'
  /** The cursor of a page with the same order. */
  readonly cursor?: string
}

/**
 * The task records. Batches of any size are accepted and split; answers stand in the order of the entries.
 *
 * A call of `insert` or `update` may contain an id once (DynamoDB refuses a whole batch otherwise): they throw a TypeError on a repeated id.
 * Reads may repeat an id. Write methods never throw because the service refused an entry or a request: they answer `throttled` or `unknown`.
 * They throw only where no request can succeed (no such table, no rights: TableAccessError). Read methods throw when the service does not answer.
 */
export interface Records {
  /** Write each record if its id is unused (a record that has expired makes room), and its input item. `done` only when both are there. */
  insert(entries: readonly NewRecord[]): Promise<readonly WriteAnswer[]>
  /** Apply each change if the record's version is still `v`. */
  update(changes: readonly RecordChange[]): Promise<readonly WriteAnswer[]>
  /** Records by id, `undefined` where there is none or where its `expiresAt` has passed (a TTL deletes days late). */
  read(ids: readonly string[], options: { readonly consistent: boolean }): Promise<readonly (TaskRecord | undefined)[]>
  /** Ids by time of enqueue; a page may be empty and still have a cursor. A range costs some eight small reads a day. */
  listByTime(query: TimeQuery): Promise<TimePage>
  /** Ids of records in state FAILURE by time of failure; pages as above. */
  listFailures(query: TimeQuery): Promise<TimePage>
}

export const recordsPort = port<Records>()('records', {
  insert: 'write',
  update: 'write',
  read: 'read',
  listByTime: 'read',
  listFailures: 'read',
})
