import { suspectHandBacks } from '../core/defaults.ts'
import type { Delivery } from '../ports/index.ts'
import type { Candidate, Plan } from './triage.ts'

/** The candidates of a batch that wait for their turn. */
export class WaitingLine {
  readonly #together: Candidate[] = []
  readonly #alone: Candidate[] = []

  join({ together, alone }: Pick<Plan, 'together' | 'alone'>): void {
    this.#together.push(...together)
    this.#alone.push(...alone)
  }

  get together(): number {
    return this.#together.length
  }

  get alone(): number {
    return this.#alone.length
  }

  /** Up to so many of those that may share the process. */
  takeTogether(most: number): readonly Candidate[] {
    return this.#together.splice(0, most)
  }

  /** Suspects that were handed back three times, because the others always took the time. They go first now. */
  get urgent(): number {
    return this.#alone.filter(isUrgent).length
  }

  takeAlone(): Candidate | undefined {
    const index = Math.max(0, this.#alone.findIndex(isUrgent))
    return this.#alone.splice(index, 1)[0]
  }

  get deliveries(): readonly Delivery[] {
    return [...this.#together, ...this.#alone].map(({ received }) => received.delivery)
  }
}

function isUrgent({ record }: Candidate): boolean {
  return (record?.handBacks ?? 0) >= suspectHandBacks
}
