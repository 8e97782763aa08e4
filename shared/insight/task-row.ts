import { parseErrorData } from '../core/error-data.ts'
import { parseAttempts } from '../core/history.ts'
import type { AttemptEntry, ErrorData, TaskRecord } from '../core/record.ts'
import { visibleState } from '../core/states.ts'
import type { TaskRow } from '../ports/insight.ts'

/** Lists show the beginning of a message; the task's own page shows all of it. */
const longestMessage = 200

/** A record as lists show it. @param now epoch ms */
export function taskRow(record: TaskRecord, now: number): TaskRow {
  const { id, task, queue, reason, attempt, enqueuedAt, availableAt, startedAt, finishedAt } = record
  const error = shownError(record, now)
  const waitMs = waitOf(record, now)
  const runMs = runOf(record, now)
  return {
    id,
    task,
    queue,
    state: visibleState(record.state, availableAt, now),
    attempt,
    enqueuedAt,
    ...(reason !== undefined && { reason }),
    ...(availableAt !== undefined && { availableAt }),
    ...(startedAt !== undefined && { startedAt }),
    ...(finishedAt !== undefined && { finishedAt }),
    ...(waitMs !== undefined && { waitMs }),
    ...(runMs !== undefined && { runMs }),
    ...(error && { error: { name: error.name, message: error.message.slice(0, longestMessage) } }),
  }
}

/** The last error, unless it is no longer kept. */
export function shownError({ error, resultUntil, forgotten }: TaskRecord, now: number): ErrorData | undefined {
  if (error === undefined || forgotten === true || (resultUntil !== undefined && resultUntil <= now)) return undefined
  return parseErrorData(error)
}

/** Runs that ended. A first run that succeeded leaves no history; the record's own times replace it. */
export function runsOf(record: TaskRecord): readonly AttemptEntry[] {
  const { attempts, state, attempt, startedAt, finishedAt } = record
  if (attempts !== undefined) return parseAttempts(attempts)
  if (state !== 'SUCCESS' || startedAt === undefined || finishedAt === undefined) return []
  return [{ attempt, startedAt, endedAt: finishedAt, outcome: 'success' }]
}

/** Time from due to first run, ms. */
export function waitOf(record: TaskRecord, now: number): number | undefined {
  const due = Math.max(record.enqueuedAt, record.availableAt ?? 0)
  const first = runsOf(record).find(({ startedAt }) => startedAt >= record.enqueuedAt)?.startedAt ?? record.startedAt
  if (first !== undefined) return Math.max(0, first - (first < due ? record.enqueuedAt : due))
  return record.state === 'QUEUED' && due <= now ? now - due : undefined
}

function runOf(record: TaskRecord, now: number): number | undefined {
  if (record.state === 'STARTED' && record.startedAt !== undefined) return Math.max(0, now - record.startedAt)
  const last = runsOf(record).at(-1)
  return last === undefined ? undefined : Math.max(0, last.endedAt - last.startedAt)
}
