import type { ScheduleRecord } from '../core/schedule-record.ts'
import type { Clock, Schedules, WriteAnswer } from '../ports/index.ts'

/** The schedules port in memory, with a view that tests look through. */
export interface MemorySchedules extends Schedules {
  records(): readonly ScheduleRecord[]
}

export function createMemorySchedules({ clock }: { readonly clock: Clock }): MemorySchedules {
  const records = new Map<string, ScheduleRecord>()
  const current = (name: string): ScheduleRecord | undefined => {
    const record = records.get(name)
    return record?.expiresAt !== undefined && record.expiresAt * 1_000 <= clock.now() ? undefined : record
  }
  return {
    async read(names) {
      return names.map(current)
    },
    async list({ limit, prefix = '', cursor = '' }) {
      const names = [...records.keys()].filter((name) => name.startsWith(prefix) && name > cursor).sort()
      const page = names.slice(0, limit)
      const last = page.at(-1)
      const found = page.flatMap((name) => current(name) ?? [])
      return { records: found, ...(names.length > page.length && last !== undefined && { cursor: last }) }
    },
    async write(writes) {
      return writes.map(({ record, expected }): WriteAnswer => {
        if ((current(record.name)?.v ?? 0) !== expected) return { status: 'refused' }
        records.set(record.name, Object.freeze({ ...record }))
        return { status: 'done' }
      })
    },
    records: () => [...records.values()],
  }
}
