import type { ShardRange } from '../core/due.ts'

/** How far one range of shards is. */
export interface TickState {
  readonly range: ShardRange
  /** The last minute of which everything was sent. Absent: never worked. */
  readonly doneUntil?: number
  /** Hash of the schedules that the code defined when they were last synchronised. */
  readonly codeHash?: string
  /** When the last tick ended or advanced, epoch ms. */
  readonly at?: number
}

export interface TickAdvance {
  readonly doneUntil: number
  readonly codeHash?: string
  readonly at: number
  /** Gives the lease back. */
  readonly ends: boolean
}

/** The ticks' own state: which minutes are done. The lease saves work; nothing is wrong without it. Methods throw when the service does not answer. */
export interface Ticks {
  /** Every range that was ever worked, consistently. */
  read(): Promise<readonly TickState[]>
  /** Takes the lease of a range. False: another tick has it. */
  acquire(
    range: ShardRange,
    lease: { readonly token: string; readonly now: number; readonly until: number },
  ): Promise<boolean>
  /** Writes how far a range is, while its lease is held by the token. False: it is not; nothing was written. */
  advance(range: ShardRange, token: string, state: TickAdvance): Promise<boolean>
}
