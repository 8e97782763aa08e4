import type { Settlement } from '../core/decide.ts'
import { isTerminal } from '../core/states.ts'
import type { Ports } from '../ports/index.ts'

/** Counts how the tasks of a batch ended, for one write. */
export class QueueStatistics {
  readonly #queue: string
  readonly #counts: Record<string, number> = {}

  constructor(queue: string) {
    this.#queue = queue
  }

  add(counter: string, amount: number): void {
    if (amount !== 0) this.#counts[counter] = (this.#counts[counter] ?? 0) + amount
  }

  settled(settlement: Settlement, runMs: number): void {
    this.add(counterOf(settlement), 1)
    if (settlement.deadLetter !== undefined) this.add('dead', 1)
    if (isTerminal(settlement.state)) this.add('finished', 1)
    this.add('runMs', Math.round(runMs))
  }

  async write({ statistics, clock }: Pick<Ports, 'statistics' | 'clock'>): Promise<void> {
    if (Object.keys(this.#counts).length > 0)
      await statistics.add([{ queue: this.#queue, at: clock.now(), counts: this.#counts }])
  }
}

const counters = {
  SUCCESS: 'succeeded',
  FAILURE: 'failed',
  RETRY: 'retried',
  IGNORED: 'ignored',
  REVOKED: 'revoked',
  EXPIRED: 'expired',
} as const

function counterOf({ state, error }: Settlement): string {
  if (state === 'QUEUED') return error === undefined ? 'snoozed' : 'requeued'
  return counters[state]
}
