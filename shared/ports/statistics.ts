import type { QueueCounts } from '../core/statistics.ts'
import { port } from './port.ts'

/** What one batch adds to the statistics of its queue. */
export interface StatisticsDelta {
  readonly queue: string
  /** Epoch ms. Decides the five-minute item and the minute in it. */
  readonly at: number
  /** The queue's task names, sorted. */
  readonly names: readonly string[]
  /** How many shards the queue's statistics are spread over: statisticsShards(). */
  readonly shards: number
  readonly counts: QueueCounts
}

export interface StatisticsRange {
  readonly queue: string
  /** Epoch ms. */
  readonly from: number
  /** Epoch ms. */
  readonly to: number
}

/** Counters of queues. They may miss the counts of a process that died, and never count anything twice. */
export interface Statistics {
  /** Add to the statistics, one request per delta. Not idempotent. Never throws: a task must not fail because of statistics. */
  add(deltas: readonly StatisticsDelta[]): Promise<void>
  /**
   * Sum of the statistics of a queue over the five minutes that touch [from, to). Throws when the service does not answer. A day costs eight reads and
   * about 300 read units at most.
   */
  sum(range: StatisticsRange): Promise<QueueCounts>
}

export const statisticsPort = port<Statistics>()('statistics', { add: 'add', sum: 'read' })
