import { horizonMs, lastMinuteOf } from '../core/due.ts'
import {
  type ScheduleDefinition,
  type ScheduleRecord,
  type ScheduleSource,
  specOf,
  specText,
  tombstoneMs,
} from '../core/schedule-record.ts'
import type { ScheduleDeps } from './deps.ts'
import { occurrencesOf } from './occurrences.ts'
import { firstOccurrence } from './plan-release.ts'
import { errorOf, horizonWindow, putDue, releaseSchedule } from './release.ts'

/** A schedule removed this recently continues where it stopped: during a deploy, old and new code may synchronise in turn. */
const flappingMs = 15 * 60_000

/**
 * Writes a schedule, its due item first: a crash in between leaves a stale item, never a schedule without one. If the next
 * occurrence is so near that the tick may have passed it, it is released here.
 *
 * @returns false if the version has changed
 */
export async function writeSchedule(record: ScheduleRecord, expected: number, deps: ScheduleDeps): Promise<boolean> {
  const { ports } = deps
  const { nextAt } = record
  const wakes = nextAt !== undefined && record.pausedAt === undefined && record.removedAt === undefined
  if (wakes) await putDue(record, nextAt, lastMinuteOf(ports.clock.now()), deps)
  const [answer] = await ports.schedules.write([{ record, expected }])
  if (answer?.status === 'refused') return false
  if (answer?.status !== 'done') throw errorOf(answer)
  // The clock is read after the writes: a process may have been frozen before them.
  const now = ports.clock.now()
  if (wakes && nextAt <= now + horizonMs) {
    await releaseSchedule({ id: record.name, at: nextAt, generation: record.generation }, horizonWindow(now), deps)
  }
  return true
}

/** The record of a new schedule: its first occurrence lies after now. */
export async function newSchedule(
  definition: ScheduleDefinition,
  source: ScheduleSource,
  now: number,
): Promise<ScheduleRecord> {
  return withNext({ ...written(definition, source), v: 1, generation: 1, fired: 0, missed: 0 }, now, now)
}

/** The record of an existing schedule, with a new definition. */
export async function changedSchedule(
  record: ScheduleRecord,
  definition: ScheduleDefinition,
  source: ScheduleSource,
  now: number,
): Promise<ScheduleRecord> {
  const { removedAt, expiresAt: _expiresAt, nextAt, error: _error, ...kept } = record
  const changed: ScheduleRecord = {
    ...kept,
    ...written(definition, source),
    v: record.v + 1,
    generation: record.generation + 1,
  }
  const { when, rules } = definition.spec
  if (removedAt !== undefined) {
    const from = now - removedAt < flappingMs ? removedAt : now
    return withNext(
      { ...changed, ...(removedAt < from && { fired: 0, missed: 0 }) },
      Math.max(from, record.lastAt ?? 0),
      now,
    )
  }
  // The times are unchanged: the due occurrence stays due, even if it is late.
  const sameTimes = JSON.stringify(specOf(record).when) === JSON.stringify(when) && rules.from === undefined
  if (sameTimes && nextAt !== undefined && nextAt <= (rules.until ?? Infinity)) return { ...changed, nextAt }
  return withNext(changed, Math.max(now, record.lastAt ?? 0), now)
}

/** A tombstone. It keeps the released occurrences for 30 days. */
export function removedSchedule(record: ScheduleRecord, now: number): ScheduleRecord {
  const { nextAt: _nextAt, ...kept } = record
  return {
    ...kept,
    v: record.v + 1,
    generation: record.generation + 1,
    removedAt: now,
    expiresAt: Math.ceil((now + tombstoneMs) / 1_000),
  }
}

/** Keeps `nextAt`, so a resume can catch up from it. */
export function pausedSchedule(record: ScheduleRecord, now: number): ScheduleRecord {
  return { ...record, v: record.v + 1, generation: record.generation + 1, pausedAt: now }
}

/** Continues from now; with `catchUp`, from the pause. */
export async function resumedSchedule(
  record: ScheduleRecord,
  { catchUp, now }: { readonly catchUp: boolean; readonly now: number },
): Promise<ScheduleRecord> {
  const { pausedAt: _pausedAt, ...kept } = record
  const resumed = { ...kept, v: record.v + 1, generation: record.generation + 1 }
  if (catchUp && record.nextAt !== undefined) return resumed
  const { nextAt: _nextAt, ...rest } = resumed
  return withNext(rest, Math.max(now, record.lastAt ?? 0), now)
}

function written({ name, spec, hash }: ScheduleDefinition, source: ScheduleSource) {
  return { name, spec: specText(spec), hash, source }
}

async function withNext(record: Omit<ScheduleRecord, 'nextAt'>, after: number, now: number): Promise<ScheduleRecord> {
  const { when, rules } = specOf(record)
  const done = rules.times !== undefined && record.fired >= rules.times
  const next = done ? undefined : firstOccurrence(await occurrencesOf(when), rules, after)
  const paused = rules.paused === true && record.v === 1
  return { ...record, ...(next !== undefined && { nextAt: next }), ...(paused && { pausedAt: now }) }
}
