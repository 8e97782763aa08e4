import { port } from './port.ts'

/** Counters of one queue to be added to the statistics of the hour. */
export interface StatisticsDelta {
  readonly queue: string
  /** Epoch ms: the hour is made of it. */
  readonly at: number
  /** Counter name → amount: `succeeded`, `failed`, `retried`, `expired`, `revoked`, `ignored`, `snoozed`, `dead`, `runMs`. */
  readonly counts: Readonly<Record<string, number>>
}

/** Counters of queues. They may miss what a process counted that died, and never count anything twice. */
export interface Statistics {
  /** Add to the statistics. Not idempotent, never throws: statistics are not worth a task. */
  add(deltas: readonly StatisticsDelta[]): Promise<void>
  /** Sum of the statistics of a queue over the hours that touch [from, to). Throws when the service does not answer. */
  sum(range: StatisticsRange): Promise<Readonly<Record<string, number>>>
}

export interface StatisticsRange {
  readonly queue: string
  /** Epoch ms. */
  readonly from: number
  /** Epoch ms. */
  readonly to: number
}

export const statisticsPort = port<Statistics>()('statistics', { add: 'add', sum: 'read' })
