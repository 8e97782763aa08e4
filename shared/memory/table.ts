import type { TaskRecord } from '../core/record.ts'
import type { Clock, Controls, Ticks } from '../ports/index.ts'
import { createMemoryControls } from './controls.ts'
import { createMemoryDue, type MemoryDue } from './due.ts'
import { createMemoryInputs, type MemoryInputs } from './inputs.ts'
import { createMemoryRecords, type MemoryRecords } from './records.ts'
import { createMemorySchedules, type MemorySchedules } from './schedules.ts'
import { createMemoryStatistics, type MemoryStatistics } from './statistics.ts'
import { createMemoryTicks } from './ticks.ts'

/** The ports of the table, in memory. */
export interface MemoryTable {
  readonly records: MemoryRecords
  readonly inputs: MemoryInputs
  readonly statistics: MemoryStatistics
  readonly controls: Controls
  readonly due: MemoryDue
  readonly schedules: MemorySchedules
  readonly ticks: Ticks
}

export interface MemoryTableOptions {
  /** What `expiresAt` is compared with. */
  readonly clock: Clock
  /** Called with every record that is written, within the call that writes it. */
  readonly onWrite?: (record: TaskRecord, transition: boolean) => void
}

export function createMemoryTable(options: MemoryTableOptions): MemoryTable {
  const inputs = createMemoryInputs(options)
  return {
    records: createMemoryRecords({ ...options, inputs }),
    inputs,
    statistics: createMemoryStatistics(options),
    controls: createMemoryControls(),
    due: createMemoryDue(),
    schedules: createMemorySchedules(options),
    ticks: createMemoryTicks(),
  }
}

/** Deletes what has expired, as DynamoDB's TTL does some days late. */
export function sweepTable({ records, inputs, statistics }: MemoryTable): void {
  records.sweep()
  inputs.sweep()
  statistics.sweep()
}
