import { lastMinuteOf } from '../core/due.ts'
import type { ScheduleDefinition, ScheduleRecord } from '../core/schedule-record.ts'
import { changedSchedule, newSchedule, removedSchedule, writeSchedule } from './change-schedule.ts'
import type { ScheduleDeps } from './deps.ts'
import { putDue } from './release.ts'

const pageSize = 100
/** Another tick may write the same schedule at the same time. */
const mostTries = 5

/**
 * Brings the stored schedules in line with the deployed code: new schedules start, changed ones get a new generation, removed ones become
 * tombstones. Schedules created at run time are left alone. It can be repeated safely, also after a crash in the middle.
 *
 * @throws if a write may have failed: the next tick tries again
 */
export async function syncSchedules(
  definitions: ReadonlyMap<string, ScheduleDefinition>,
  deps: ScheduleDeps,
): Promise<void> {
  for (const definition of definitions.values()) await syncOne(definition, deps)
  let cursor: string | undefined
  do {
    const page = await deps.ports.schedules.list({ limit: pageSize, ...(cursor !== undefined && { cursor }) })
    cursor = page.cursor
    for (const record of page.records) {
      const isGone = record.source === 'code' && record.removedAt === undefined && !definitions.has(record.name)
      if (isGone) await writeSchedule(removedSchedule(record, deps.ports.clock.now()), record.v, deps)
    }
  } while (cursor !== undefined)
}

async function syncOne(definition: ScheduleDefinition, deps: ScheduleDeps): Promise<void> {
  const { ports } = deps
  for (let tries = 1; tries <= mostTries; tries++) {
    const now = ports.clock.now()
    const [record] = await ports.schedules.read([definition.name])
    if (record === undefined) {
      if (await writeSchedule(await newSchedule(definition, 'code', now), 0, deps)) return
    } else if (record.hash === definition.hash && record.source === 'code' && record.removedAt === undefined) {
      return wake(record, deps)
    } else if (await writeSchedule(await changedSchedule(record, definition, 'code', now), record.v, deps)) return
  }
  throw new Error(`Schedule '${definition.name}' kept being changed by others; the next tick synchronises it.`)
}

/** Writes the due item again: the process that wrote the schedule may have been frozen in between, and its item may have missed its minute. */
async function wake(record: ScheduleRecord, deps: ScheduleDeps): Promise<void> {
  if (record.nextAt === undefined || record.pausedAt !== undefined) return
  await putDue(record, record.nextAt, lastMinuteOf(deps.ports.clock.now()), deps)
}
