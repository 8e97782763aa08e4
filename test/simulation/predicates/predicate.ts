import type { Journal } from '../journal.ts'

/** Something that must not happen, and did. */
export interface Violation {
  readonly predicate: string
  readonly id?: string
  readonly at?: number
  readonly message: string
}

/** Looks through what happened in one world for what must not. */
export type Predicate = (journal: Journal) => Iterable<Omit<Violation, 'predicate'>>

/** Clocks of two machines differ by less than this; delays at SQS are whole seconds, and half a second is tolerated. */
export const skewMs = 10_000
