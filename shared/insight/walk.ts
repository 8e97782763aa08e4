import type { TaskRecord } from '../core/record.ts'
import { timeSort } from '../core/table.ts'
import type { Records as AllRecords } from '../ports/index.ts'

type Records = Pick<AllRecords, 'listByTime' | 'read'>

import type { Looked, TimeRange } from '../ports/insight.ts'

export interface WalkOptions extends TimeRange {
  readonly queues: readonly string[]
  /** Continues after this place: `placeOf()` of the last record seen. */
  readonly after?: string | undefined
  /** The most tasks to read. */
  readonly mostTasks: number
  /** Tasks per queue and read. */
  readonly pageSize: number
}

/** A record's position in time order, across all queues. */
export function placeOf({ enqueuedAt, id }: Pick<TaskRecord, 'enqueuedAt' | 'id'>): string {
  return timeSort(enqueuedAt, id)
}

interface Lane {
  readonly queue: string
  records: TaskRecord[]
  cursor: string | undefined
  ended: boolean
}

/**
 * Visits records of several queues, the last enqueued first, until `visit` returns `'stop'`, the range ends, or `mostTasks` is reached.
 *
 * Each queue is a lane of its own; the newest head of all lanes comes next.
 */
export async function walkNewest(
  records: Records,
  options: WalkOptions,
  visit: (record: TaskRecord) => 'go-on' | 'stop',
): Promise<Looked & { readonly place: string | undefined }> {
  const { from, to, after, mostTasks, pageSize, queues } = options
  const end = after === undefined ? to : Math.min(to, Number(after.slice(0, after.indexOf('#'))) + 1)
  const lanes: Lane[] = queues.map((queue) => ({ queue, records: [], cursor: undefined, ended: false }))
  let tasks = 0
  let last: TaskRecord | undefined
  const stopped = (): Looked & { readonly place: string | undefined } => ({
    tasks,
    until: last?.enqueuedAt ?? end,
    complete: false,
    place: last === undefined ? after : placeOf(last),
  })
  for (;;) {
    const dry = lanes.filter((lane) => lane.records.length === 0 && !lane.ended)
    await Promise.all(dry.map((lane) => fill(records, lane, { from, to: end, pageSize }, after)))
    const next = newestOf(lanes)
    if (next === undefined) return { tasks, until: from, complete: true, place: undefined }
    if (tasks >= mostTasks) return stopped()
    tasks++
    last = next
    if (visit(next) === 'stop') return stopped()
  }
}

/** Takes the newest head. */
function newestOf(lanes: readonly Lane[]): TaskRecord | undefined {
  let best: Lane | undefined
  for (const lane of lanes) {
    const head = lane.records[0]
    if (head !== undefined && (best === undefined || placeOf(head) > placeOf(best.records[0] as TaskRecord)))
      best = lane
  }
  return best?.records.shift()
}

/** Reads on until the lane has a record or has ended. */
async function fill(
  records: Records,
  lane: Lane,
  { from, to, pageSize }: { readonly from: number; readonly to: number; readonly pageSize: number },
  after: string | undefined,
): Promise<void> {
  while (lane.records.length === 0 && !lane.ended) {
    const page = await records.listByTime({
      queue: lane.queue,
      from,
      to,
      limit: pageSize,
      order: 'newest',
      ...(lane.cursor !== undefined && { cursor: lane.cursor }),
    })
    lane.cursor = page.cursor
    lane.ended = page.cursor === undefined
    const found = page.ids.length === 0 ? [] : await records.read(page.ids, { consistent: false })
    // A reopened task has a new time, but the index may still list the old one.
    lane.records = found
      .filter((record) => record !== undefined)
      .filter((record) => record.enqueuedAt >= from && record.enqueuedAt < to)
      .filter((record) => after === undefined || placeOf(record) < after)
      .sort((a, b) => (placeOf(a) > placeOf(b) ? -1 : 1))
  }
}
