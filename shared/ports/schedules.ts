import type { ScheduleRecord } from '../core/schedule-record.ts'
import type { WriteAnswer } from './answers.ts'
import { port } from './port.ts'

/** A schedule as it is to be, if it still is as it was read. */
export interface ScheduleWrite {
  readonly record: ScheduleRecord
  /** The version that must be there. 0: none, or one that has expired. */
  readonly expected: number
}

export interface SchedulePage {
  readonly records: readonly ScheduleRecord[]
  /** Pass it to get the next page. Absent: the end. */
  readonly cursor?: string
}

export interface ScheduleQuery {
  readonly limit: number
  /** Names that begin with this. */
  readonly prefix?: string
  readonly cursor?: string
}

/** Schedules by name. Reads are consistent, and throw when the service does not answer. */
export interface Schedules {
  /** `undefined` where there is none or where its `expiresAt` has passed. */
  read(names: readonly string[]): Promise<readonly (ScheduleRecord | undefined)[]>
  /** In no order. A page may be empty and still have a cursor. */
  list(query: ScheduleQuery): Promise<SchedulePage>
  /** Writes each schedule if its version is `expected`. Answers stand in the order of the entries; one name at most once per call. */
  write(writes: readonly ScheduleWrite[]): Promise<readonly WriteAnswer[]>
}

export const schedulesPort = port<Schedules>()('schedules', { read: 'read', list: 'read', write: 'write' })
