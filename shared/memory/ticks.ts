import { type ShardRange, tickSort } from '../core/due.ts'
import type { TickState, Ticks } from '../ports/index.ts'

interface Lease {
  readonly token: string
  readonly until: number
}

export function createMemoryTicks(): Ticks {
  const states = new Map<string, TickState & { readonly lease?: Lease }>()
  const of = (range: ShardRange) => states.get(tickSort(range)) ?? { range }
  return {
    async read() {
      return [...states.values()].map(({ lease: _lease, ...state }) => state)
    },
    async acquire(range, { token, now, until }) {
      const state = of(range)
      if (state.lease !== undefined && state.lease.until > now) return false
      states.set(tickSort(range), { ...state, lease: { token, until } })
      return true
    },
    async advance(range, token, { ends, ...advance }) {
      const { lease, ...state } = of(range)
      if (lease?.token !== token) return false
      states.set(tickSort(range), { ...state, ...advance, ...(!ends && { lease }) })
      return true
    },
  }
}
