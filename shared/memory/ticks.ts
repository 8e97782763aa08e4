import { tickSort } from '../core/due.ts'
import type { TickState, Ticks, WriteAnswer } from '../ports/index.ts'

interface Held {
  readonly token: string
  readonly until: number
}

export function createMemoryTicks(): Ticks {
  const states = new Map<string, { readonly state: TickState; readonly held: Held | undefined }>()
  return {
    async read() {
      return [...states.values()].map(({ state }) => state)
    },
    async write(writes) {
      return writes.map(({ range, token, now, leaseUntil, doneUntil, codeHash }): WriteAnswer => {
        const { state, held } = states.get(tickSort(range)) ?? { state: { range }, held: undefined }
        if (held !== undefined && held.token !== token && held.until > now) return { status: 'refused' }
        states.set(tickSort(range), {
          state: {
            ...state,
            at: now,
            ...(doneUntil !== undefined && { doneUntil }),
            ...(codeHash !== undefined && { codeHash }),
          },
          held: leaseUntil === undefined ? undefined : { token, until: leaseUntil },
        })
        return { status: 'done' }
      })
    },
  }
}
