import type { AppDefinition } from '../core/app.ts'
import type { Settlement } from '../core/decide.ts'
import { histogramOf } from '../core/histogram.ts'
import type { QueueDefinition } from '../core/queue.ts'
import { addTaskCounts, noTaskCounts, type QueueCounts, type TaskCounts } from '../core/statistics.ts'
import { statisticsShards } from '../core/table.ts'
import type { Ports } from '../ports/index.ts'

/** How one task ended. */
export interface CountedEnd {
  readonly task: string
  readonly settlement: Settlement
  /** Undefined when the function did not run. */
  readonly runMs: number | undefined
  /** For a first run: how long the task waited after it was due. */
  readonly waitMs: number | undefined
}

/** Counts how the tasks of a batch ended, for one write. */
export class QueueStatistics {
  readonly #queue: QueueDefinition
  readonly #names: readonly string[]
  readonly #tasks: Record<string, TaskCounts> = {}
  readonly #waits: number[] = []
  readonly #totals = { expired: 0, revoked: 0, ignored: 0 }

  constructor(queue: QueueDefinition, tasks: AppDefinition['tasks']) {
    this.#queue = queue
    this.#names = [...tasks.values()].flatMap((task) => (task.queue === queue.name ? [task.name] : [])).sort()
  }

  settled({ task, settlement, runMs, waitMs }: CountedEnd): void {
    const one: TaskCounts = {
      ...noTaskCounts,
      [counters[settlement.state]]: 1,
      dead: settlement.deadLetter === undefined ? 0 : 1,
      ...(runMs !== undefined && { runMs: Math.round(runMs), runs: histogramOf([runMs]) }),
    }
    this.#tasks[task] = addTaskCounts(this.#tasks[task] ?? noTaskCounts, one)
    if (waitMs !== undefined) this.#waits.push(waitMs)
    if (settlement.state === 'EXPIRED') this.#totals.expired++
    else if (settlement.state === 'REVOKED') this.#totals.revoked++
    else if (settlement.state === 'IGNORED') this.#totals.ignored++
  }

  async write({ statistics, clock }: Pick<Ports, 'statistics' | 'clock'>): Promise<void> {
    if (Object.keys(this.#tasks).length === 0) return
    const counts: QueueCounts = {
      tasks: this.#tasks,
      ...this.#totals,
      waits: histogramOf(this.#waits),
      waitMs: Math.round(this.#waits.reduce((sum, ms) => sum + ms, 0)),
    }
    const { name, concurrency } = this.#queue
    const shards = statisticsShards(concurrency)
    await statistics.add([{ queue: name, at: clock.now(), names: this.#names, shards, counts }])
  }
}

const counters = {
  SUCCESS: 'succeeded',
  FAILURE: 'failed',
  RETRY: 'retried',
  QUEUED: 'back',
  IGNORED: 'other',
  REVOKED: 'other',
  EXPIRED: 'other',
} as const satisfies Record<Settlement['state'], keyof TaskCounts>
