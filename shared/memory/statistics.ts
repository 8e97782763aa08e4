import { addCounts, countersOf, countsOf, noCounts, type QueueCounts } from '../core/statistics.ts'
import { blockMs, statisticsTtlMs } from '../core/table.ts'
import type { Clock, Statistics } from '../ports/index.ts'

export interface MemoryStatistics extends Statistics {
  /** Deletes what has expired. */
  sweep(): void
}

/** The statistics port in memory. What is added goes through the counters of the table, so that it loses what they lose. */
export function createMemoryStatistics({ clock }: { readonly clock: Clock }): MemoryStatistics {
  /** By queue, then by the number of the five minutes. */
  const queues = new Map<string, Map<number, QueueCounts>>()
  return {
    async add(deltas) {
      for (const { queue, at, names, counts } of deltas) {
        const blocks = queues.get(queue) ?? new Map<number, QueueCounts>()
        queues.set(queue, blocks)
        const block = Math.floor(at / blockMs)
        const added = countsOf(countersOf(counts, names, 0), names)
        blocks.set(block, addCounts(blocks.get(block) ?? noCounts, added))
      }
    },
    async sum({ queue, from, to }) {
      let total = noCounts
      for (const [block, counts] of queues.get(queue) ?? []) {
        if ((block + 1) * blockMs > from && block * blockMs < to) total = addCounts(total, counts)
      }
      return total
    },
    sweep() {
      const before = clock.now() - statisticsTtlMs
      for (const blocks of queues.values()) {
        for (const block of blocks.keys()) if ((block + 1) * blockMs <= before) blocks.delete(block)
      }
    },
  }
}
