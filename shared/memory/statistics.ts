import { hourMs, statisticsTtlMs } from '../core/table.ts'
import type { Clock, Statistics } from '../ports/index.ts'

export interface MemoryStatistics extends Statistics {
  /** Deletes the hours that have expired. */
  sweep(): void
}

type Counters = Map<string, number>

/** The statistics port in memory. */
export function createMemoryStatistics({ clock }: { readonly clock: Clock }): MemoryStatistics {
  /** By queue, then by hour. */
  const queues = new Map<string, Map<number, Counters>>()
  return {
    async add(deltas) {
      for (const { queue, at, counts } of deltas) {
        const hours = entryOf(queues, queue, () => new Map<number, Counters>())
        const counters = entryOf(hours, Math.floor(at / hourMs), () => new Map<string, number>())
        addTo(counters, Object.entries(counts))
      }
    },
    async sum({ queue, from, to }) {
      const total: Counters = new Map()
      for (const [hour, counters] of queues.get(queue) ?? []) {
        if ((hour + 1) * hourMs > from && hour * hourMs < to) addTo(total, counters)
      }
      return Object.fromEntries(total)
    },
    sweep() {
      const before = clock.now() - statisticsTtlMs
      for (const hours of queues.values()) {
        for (const hour of hours.keys()) if ((hour + 1) * hourMs <= before) hours.delete(hour)
      }
    },
  }
}

function addTo(total: Counters, counts: Iterable<readonly [string, number]>): void {
  for (const [name, amount] of counts) total.set(name, (total.get(name) ?? 0) + amount)
}

function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
