import type { ShardRange } from '../core/due.ts'
import type { WriteAnswer } from './answers.ts'
import { port } from './port.ts'

/** How far one range of shards is. */
export interface TickState {
  readonly range: ShardRange
  /** The last minute of which everything was sent. Absent: never worked. */
  readonly doneUntil?: number
  /** Hash of the schedules that the code defined when they were last synchronised. */
  readonly codeHash?: string
  /** When the last tick began or advanced, epoch ms. */
  readonly at?: number
}

/** What a tick writes of its range. What is left out stays as it is. */
export interface TickWrite {
  readonly range: ShardRange
  /** The tick's own. */
  readonly token: string
  /** Epoch ms. */
  readonly now: number
  /** Until when the tick holds the range. Absent: it gives it back. */
  readonly leaseUntil?: number
  readonly doneUntil?: number
  readonly codeHash?: string
}

/** The ticks' own state: which minutes are done. The lease saves work; nothing is wrong without it. */
export interface Ticks {
  /** Every range that was ever worked, consistently. Throws when the service does not answer. */
  read(): Promise<readonly TickState[]>
  /** Writes each range that no other tick holds. `refused`: another one does. One range at most once per call. */
  write(writes: readonly TickWrite[]): Promise<readonly WriteAnswer[]>
}

export const ticksPort = port<Ticks>()('ticks', { read: 'read', write: 'write' })
