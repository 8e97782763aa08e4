import type { TaskRecord } from '../core/record.ts'
import type { Clock } from '../ports/index.ts'
import type { Looked, TimeRange } from '../ports/insight.ts'
import { Counts } from './counts.ts'
import { walkNewest } from './walk.ts'

/** Figures use at most this many of the newest tasks; the answer says so. */
const mostTasks = 3_000
const pageSize = 500
/** Several cards and several visitors share one sample. */
const keepMs = 1_000

/** The newest tasks of a time range, counted by queue and by name. */
export interface Sample {
  readonly all: Counts
  readonly byQueue: ReadonlyMap<string, Counts>
  readonly byName: ReadonlyMap<string, { readonly task: string; readonly queue: string; readonly counts: Counts }>
  /** When the oldest due task of a queue became due. */
  readonly oldestDue: ReadonlyMap<string, number>
  readonly latest: readonly TaskRecord[]
  readonly looked: Looked
}

/** Reads the newest tasks, at most once a second for the same range. */
export class Sampler {
  readonly #records: Parameters<typeof walkNewest>[0]
  readonly #clock: Clock
  readonly #queues: readonly string[]
  readonly #kept = new Map<string, { readonly at: number; readonly sample: Promise<Sample> }>()

  constructor(records: Parameters<typeof walkNewest>[0], clock: Clock, queues: readonly string[]) {
    this.#records = records
    this.#clock = clock
    this.#queues = queues
  }

  of(range: TimeRange): Promise<Sample> {
    const now = this.#clock.now()
    for (const [key, { at }] of this.#kept) if (at + keepMs <= now) this.#kept.delete(key)
    // The end moves with the clock, so only the length and whether the range ends now count.
    const key = range.to >= now - keepMs ? `${range.to - range.from} to now` : `${range.from} to ${range.to}`
    const kept = this.#kept.get(key)
    if (kept !== undefined) return kept.sample
    const sample = this.#look(range)
    this.#kept.set(key, { at: now, sample })
    sample.catch(() => this.#kept.delete(key))
    return sample
  }

  async #look(range: TimeRange): Promise<Sample> {
    const now = this.#clock.now()
    const all = new Counts(range)
    const byQueue = new Map(this.#queues.map((queue) => [queue, new Counts(range)]))
    const byName = new Map<string, { task: string; queue: string; counts: Counts }>()
    const oldestDue = new Map<string, number>()
    const latest: TaskRecord[] = []
    const { tasks, until, complete } = await walkNewest(
      this.#records,
      { ...range, queues: this.#queues, mostTasks, pageSize },
      (record) => {
        const key = JSON.stringify([record.queue, record.task])
        const name = byName.get(key) ?? { task: record.task, queue: record.queue, counts: new Counts(range) }
        byName.set(key, name)
        for (const counts of [all, byQueue.get(record.queue), name.counts]) counts?.add(record, now)
        noteDue(oldestDue, record, now)
        latest.push(record)
        return 'go-on'
      },
    )
    return { all, byQueue, byName, oldestDue, latest: lastTouched(latest), looked: { tasks, until, complete } }
  }
}

function noteDue(
  oldestDue: Map<string, number>,
  { state, queue, enqueuedAt, availableAt }: TaskRecord,
  now: number,
): void {
  if (state !== 'QUEUED') return
  const due = Math.max(enqueuedAt, availableAt ?? 0)
  if (due <= now) oldestDue.set(queue, Math.min(due, oldestDue.get(queue) ?? due))
}

/** The eight that something happened to last. */
function lastTouched(records: readonly TaskRecord[]): readonly TaskRecord[] {
  const touchedAt = ({ finishedAt, startedAt, enqueuedAt }: TaskRecord): number => finishedAt ?? startedAt ?? enqueuedAt
  return [...records].sort((a, b) => touchedAt(b) - touchedAt(a)).slice(0, 8)
}
