import type { TaskRecord } from '../core/record.ts'
import { isTerminal } from '../core/states.ts'
import type { Clock, Records } from '../ports/index.ts'

/** Ended records rarely change. A reopened one shows up after this time. */
const keepMs = 30_000
const mostKept = 20_000

/** Caches ended records for 30 seconds, so figures that are requested every few seconds read only new records. */
export function rememberEnded(records: Records, clock: Clock): Pick<Records, 'listByTime' | 'read'> {
  const kept = new Map<string, { readonly record: TaskRecord; readonly until: number }>()
  return {
    listByTime: (query) => records.listByTime(query),
    async read(ids, options) {
      const now = clock.now()
      const missing = ids.filter((id) => (kept.get(id)?.until ?? 0) <= now)
      const found = missing.length === 0 ? [] : await records.read(missing, options)
      const read = new Map(missing.map((id, index) => [id, found[index]]))
      // Evict the oldest first: a Map keeps insertion order.
      for (const id of kept.keys()) {
        if (kept.size + missing.length <= mostKept) break
        kept.delete(id)
      }
      for (const [id, record] of read) {
        kept.delete(id)
        if (record !== undefined && isTerminal(record.state)) kept.set(id, { record, until: now + keepMs })
      }
      return ids.map((id) => read.get(id) ?? kept.get(id)?.record)
    },
  }
}
