import { fromErrorData, parseErrorData } from '../core/error-data.ts'
import { ResultGoneError, TaskExpiredError, TaskFailedError, TaskRevokedError } from '../core/errors.ts'
import { decode, type Json } from '../core/json.ts'
import { isCurrent } from '../core/lifetime.ts'
import type { TaskRecord } from '../core/record.ts'

/** The error of a task that ended without a result. */
export type TaskError = TaskFailedError | TaskRevokedError

/** What `get()` makes of an ended task: its value or an error. */
export type TaskResult =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'error'; readonly error: TaskError }
  /** The task ended, but its result and error are hidden. */
  | { readonly kind: 'gone'; readonly error: ResultGoneError }

/** The result of an ended task, or undefined while it is open. */
export function taskResultOf(record: TaskRecord, now: number): TaskResult | undefined {
  const { id, state } = record
  switch (state) {
    case 'SUCCESS': {
      const gone = goneOf(record, now)
      if (gone !== undefined) return { kind: 'gone', error: gone }
      const value = record.result === undefined ? undefined : decode(JSON.parse(record.result) as Json)
      return { kind: 'value', value }
    }
    case 'FAILURE': {
      const gone = goneOf(record, now)
      if (gone !== undefined) return { kind: 'gone', error: gone }
      const data = record.error === undefined ? { name: 'Error', message: 'unknown' } : parseErrorData(record.error)
      return { kind: 'error', error: new TaskFailedError(id, record.task, record.attempt, fromErrorData(data)) }
    }
    case 'IGNORED':
      return { kind: 'value', value: undefined }
    case 'REVOKED':
      return {
        kind: 'error',
        error:
          record.reason === 'enqueue-failed'
            ? new TaskRevokedError(id, `Task ${id} was withdrawn: its message could not be sent.`)
            : new TaskRevokedError(id),
      }
    case 'EXPIRED':
      return { kind: 'error', error: new TaskExpiredError(id) }
    case 'QUEUED':
    case 'STARTED':
    case 'RETRY':
    case 'WAITING':
      return undefined
    default:
      return state satisfies never
  }
}

function goneOf(record: TaskRecord, now: number): ResultGoneError | undefined {
  if (record.forgotten === true) return new ResultGoneError(record.id, record.state, 'forgotten')
  return isPayloadHidden(record, now) ? new ResultGoneError(record.id, record.state, 'expired') : undefined
}

/** Whether result and error are hidden. */
export function isPayloadHidden(record: TaskRecord, now: number): boolean {
  return record.forgotten === true || (record.resultUntil !== undefined && !isCurrent(record.resultUntil, now))
}
