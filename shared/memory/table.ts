import type { TaskRecord } from '../core/record.ts'
import type { Clock, Controls } from '../ports/index.ts'
import { createMemoryControls } from './controls.ts'
import { createMemoryInputs, type MemoryInputs } from './inputs.ts'
import { createMemoryRecords, type MemoryRecords } from './records.ts'
import { createMemoryStatistics, type MemoryStatistics } from './statistics.ts'

/** The ports of the table, in memory. */
export interface MemoryTable {
  readonly records: MemoryRecords
  readonly inputs: MemoryInputs
  readonly statistics: MemoryStatistics
  readonly controls: Controls
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
  }
}

/** Deletes what has expired, as DynamoDB's TTL does some days late. */
export function sweepTable({ records, inputs, statistics }: MemoryTable): void {
  records.sweep()
  inputs.sweep()
  statistics.sweep()
}
