import { bucketOf, horizonMs, lastMinuteOf } from '../core/due.ts'
import { errorText } from '../core/error-data.ts'
import { type ScheduleRecord, specOf } from '../core/schedule-record.ts'
import type { DueItem, WriteAnswer } from '../ports/index.ts'
import type { ScheduleDeps } from './deps.ts'
import { type FireReport, fire } from './fire.ts'
import { occurrencesOf } from './occurrences.ts'
import { planRelease, type ReleasePlan } from './plan-release.ts'

/** The time range to release, and the buckets that are still open. */
export interface ReleaseWindow {
  /** Occurrences before this instant. */
  readonly end: number
  /** The last minute that may be done already: the next due item goes into a later one. */
  readonly doneUntil: number
}

/** The window for a change of a schedule: the tick may have passed its next occurrence already. */
export function horizonWindow(now: number): ReleaseWindow {
  return { end: now + horizonMs, doneUntil: lastMinuteOf(now) }
}

/**
 * Releases a schedule whose occurrence is due. Each step can be repeated, by this tick or another one:
 *
 *     a  read the schedule: removed, paused, changed, or released already ── stale
 *     b  choose occurrences; catch-up and deadline decide about late ones
 *     c  enqueue each under an id derived from its instant
 *     d  write the due item of the next one
 *     e  advance the schedule, if its version is as it was read
 *
 * After a crash at c or d the repetition writes the same ids and the same item. If two ticks compete, one wins e; the other's items are identical or stale.
 *
 * @returns false if the due item is stale
 * @throws if a step may have failed. The due item must stay
 */
export async function releaseSchedule(
  due: Pick<DueItem, 'id' | 'at' | 'generation'>,
  window: ReleaseWindow,
  deps: ScheduleDeps,
): Promise<boolean> {
  const { ports } = deps
  const [record] = await ports.schedules.read([due.id])
  if (record === undefined || isStale(record, due)) return false
  const spec = specOf(record)
  const occurrences = await occurrencesOf(spec.when)
  const plan = planRelease(occurrences, spec.rules, {
    at: due.at,
    now: ports.clock.now(),
    end: window.end,
    fired: record.fired,
  })
  const report = await fire(record.name, spec, plan.fire, deps)
  for (const error of report.refused) {
    ports.telemetry.log('error', 'An occurrence of a schedule could not be enqueued; it is counted as missed.', {
      schedule: record.name,
      error: errorText(error),
    })
  }
  if (plan.next !== undefined) await putDue(record, plan.next, window.doneUntil, deps)
  const [answer] = await ports.schedules.write([{ record: advanced(record, plan, report), expected: record.v }])
  if (answer?.status === 'done') return true
  // Another tick released the schedule, or someone changed it. That write wins.
  if (answer?.status === 'refused') return false
  throw errorOf(answer)
}

function isStale(record: ScheduleRecord, due: Pick<DueItem, 'at' | 'generation'>): boolean {
  return (
    record.removedAt !== undefined ||
    record.pausedAt !== undefined ||
    record.generation !== due.generation ||
    record.nextAt !== due.at
  )
}

function advanced(record: ScheduleRecord, plan: ReleasePlan, { fired, refused }: FireReport): ScheduleRecord {
  const { nextAt: _nextAt, error: _error, ...kept } = record
  const last = fired.at(-1)
  const error = refused.at(-1)
  return {
    ...kept,
    v: record.v + 1,
    fired: record.fired + fired.length,
    missed: record.missed + plan.missed + refused.length,
    ...(plan.next !== undefined && { nextAt: plan.next }),
    ...(last !== undefined && { lastAt: last.at, lastId: last.id }),
    ...(error !== undefined && { error: errorText(error).slice(0, 500) }),
  }
}

/** Writes the due item of a schedule's next occurrence. */
export async function putDue(
  { name, generation }: Pick<ScheduleRecord, 'name' | 'generation'>,
  at: number,
  doneUntil: number,
  { ports }: ScheduleDeps,
): Promise<void> {
  const [answer] = await ports.due.put([
    { minute: bucketOf(at, doneUntil), kind: 'schedule', id: name, at, generation },
  ])
  if (answer?.status !== 'done') throw errorOf(answer)
}

export function errorOf(answer: WriteAnswer | undefined): Error {
  if (answer !== undefined && 'error' in answer) return answer.error
  return new Error(`The table did not take a write: ${answer?.status ?? 'no answer'}.`)
}
