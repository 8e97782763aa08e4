import { isSameInput } from '../core/ids.ts'
import { expiresAtSeconds, isCurrent } from '../core/lifetime.ts'
import type { RecordFields, TaskRecord } from '../core/record.ts'
import { gaveKeyBack, isTerminal } from '../core/states.ts'
import type { RecordChange } from '../ports/index.ts'

/** What an enqueue does with the record that has its id already. */
export type ExistingTask =
  /** The same task, and a worker has had it: nothing to do. */
  | 'taken'
  /** The same task, never claimed: whoever enqueued it may have died before sending. */
  | 'unclaimed'
  /** Another task, or another input. */
  | 'conflict'
  /** It ended and gave its id back. */
  | 'free'

/** G3: one key is one task while it is open, and while its key is held after it ended well. */
export function existingTask(
  record: TaskRecord,
  wanted: { readonly task: string; readonly inputHash: string },
  now: number,
): ExistingTask {
  if (isTerminal(record.state) && (gaveKeyBack(record.state) || !isCurrent(record.keyUntil, now))) return 'free'
  if (record.task !== wanted.task || !isSameInput(record.inputHash, wanted.inputHash)) return 'conflict'
  return isUnclaimed(record) ? 'unclaimed' : 'taken'
}

/** No run has begun in this opening. */
export function isUnclaimed(record: TaskRecord): boolean {
  return record.state === 'QUEUED' && record.startedAt === undefined && record.attempt === 0
}

/** What a record may carry from an earlier opening, unless the new one sets it. */
const optionalFields = [
  'input',
  'inputRef',
  'alone',
  'leaseUntil',
  'handBacks',
  'availableAt',
  'startedAt',
  'finishedAt',
  'expires',
  'keyUntil',
  'result',
  'resultUntil',
  'error',
  'attempts',
  'progress',
  'revokeRequestedAt',
  'reason',
  'forgotten',
  'root',
  'parent',
  'envelope',
  'expiresAt',
] as const satisfies readonly (keyof RecordFields)[]

/**
 * Opens an ended record anew for another call. The generation rises by two: the next one belongs to the dead letter of the opening that failed, whose
 * redrive is thereby stale.
 */
export function reopening(record: TaskRecord, wanted: TaskRecord, token: string): RecordChange {
  const { id: _id, v: _v, ...fields } = wanted
  const set: Partial<RecordFields> = { ...fields, token, generation: record.generation + 2 }
  return {
    id: record.id,
    v: record.v,
    transition: true,
    queue: wanted.queue,
    set,
    remove: optionalFields.filter((field) => set[field] === undefined),
  }
}

/**
 * Vouches for a record that another enqueue inserted, before its message is sent again: raising the version keeps the other one, should its
 * own send fail, from withdrawing a task that was accepted here.
 */
export function adopting(record: TaskRecord, token: string): RecordChange {
  return { id: record.id, v: record.v, transition: true, queue: record.queue, set: { token } }
}

/** Ends a record in REVOKED, before it ran (again). */
export function revoking(
  record: TaskRecord,
  token: string,
  now: number,
  resultTtlMs: number,
  reason: 'revoked' | 'enqueue-failed',
): RecordChange {
  return {
    id: record.id,
    v: record.v,
    transition: true,
    queue: record.queue,
    set: {
      state: 'REVOKED',
      token,
      reason,
      finishedAt: now,
      resultUntil: now + resultTtlMs,
      expiresAt: expiresAtSeconds(now, resultTtlMs, record.keyUntil),
    },
    remove: ['leaseUntil', 'alone'],
  }
}

/** The record after a change of it. */
export function applied(record: TaskRecord, { set, remove = [] }: RecordChange): TaskRecord {
  const next: Record<string, unknown> = { ...record, ...set, v: record.v + 1 }
  for (const field of remove) delete next[field]
  return next as unknown as TaskRecord
}
