import { hourMs } from '../core/table.ts'
import type { StatisticsDelta } from '../ports/index.ts'

/** Counters by queue and hour. */
export class Hours {
  readonly #counts = new Map<string, Map<number, Map<string, number>>>()

  add({ queue, at, counts }: StatisticsDelta): void {
    const hours = entryOf(this.#counts, queue, () => new Map<number, Map<string, number>>())
    const counters = entryOf(hours, Math.floor(at / hourMs), () => new Map<string, number>())
    for (const [name, amount] of Object.entries(counts)) counters.set(name, (counters.get(name) ?? 0) + amount)
  }

  /** Over the hours that touch [from, to). */
  sum(queue: string, from: number, to: number): Readonly<Record<string, number>> {
    const total: Record<string, number> = {}
    for (const [hour, counters] of this.#counts.get(queue) ?? []) {
      if ((hour + 1) * hourMs <= from || hour * hourMs >= to) continue
      for (const [name, amount] of counters) total[name] = (total[name] ?? 0) + amount
    }
    return total
  }

  /** Drops the hours that ended before this instant. */
  forget(before: number): void {
    for (const hours of this.#counts.values()) {
      for (const hour of hours.keys()) if ((hour + 1) * hourMs <= before) hours.delete(hour)
    }
  }
}

function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
