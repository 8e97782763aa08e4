import { isSameInput } from '../core/ids.ts'
import { isCurrent } from '../core/lifetime.ts'
import type { TaskRecord } from '../core/record.ts'
import { gaveKeyBack, isTerminal } from '../core/states.ts'

/** What an enqueue does if a record with its id exists. */
export type ExistingTask =
  /** The same task, already claimed or succeeded: nothing to do. */
  | 'taken'
  /** The same task, never claimed: its producer may have died before it sent the message. */
  | 'unclaimed'
  /** Another task, or another input. */
  | 'conflict'
  /** The task ended and its id is free again. */
  | 'free'

/** G3: one key is one task while the task is open, and while its key is held after SUCCESS. */
export function existingTask(
  record: TaskRecord,
  wanted: { readonly task: string; readonly inputHash: string },
  now: number,
): ExistingTask {
  if (isTerminal(record.state) && (gaveKeyBack(record.state) || !isCurrent(record.keyUntil, now))) return 'free'
  if (record.task !== wanted.task || !isSameInput(record.inputHash, wanted.inputHash)) return 'conflict'
  return isUnclaimed(record) ? 'unclaimed' : 'taken'
}

/** One id is one call for ever: an occurrence of a schedule. Only one that was withdrawn, because its queue did not take it, is opened again. */
export function existingOccurrence(record: TaskRecord): ExistingTask {
  if (record.state === 'REVOKED' && record.reason === 'enqueue-failed') return 'free'
  return isUnclaimed(record) ? 'unclaimed' : 'taken'
}

/** Whatever became of the task, it is this continuation. One that was never claimed is sent again: its first enqueuer may have died before it sent it. */
export function existingContinuation(record: TaskRecord): ExistingTask {
  return isUnclaimed(record) ? 'unclaimed' : 'taken'
}

/** No run has begun in this opening. */
export function isUnclaimed(record: TaskRecord): boolean {
  return record.state === 'QUEUED' && record.startedAt === undefined && record.attempt === 0
}
