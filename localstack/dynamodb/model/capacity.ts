import { type Item, sameItems } from './attribute-value.ts'
import { type Input, oneOf } from './input.ts'
import { rowKeyOf } from './keys.ts'
import type { SecondaryIndex } from './secondary-index.ts'
import { itemBytes } from './sizes.ts'
import type { Table } from './table.ts'

// Source: "DynamoDB throughput capacity", and for indexes "Storage considerations" and "Provisioned throughput
// considerations for global secondary indexes".

export type CapacityMode = 'NONE' | 'TOTAL' | 'INDEXES'

export interface Units {
  CapacityUnits: number
  ReadCapacityUnits?: number
  WriteCapacityUnits?: number
}

export interface ConsumedCapacity extends Units {
  TableName: string
  Table?: Units
  GlobalSecondaryIndexes?: Record<string, Units>
  LocalSecondaryIndexes?: Record<string, Units>
}

export function capacityMode(input: Input): CapacityMode {
  return oneOf(input, 'ReturnConsumedCapacity', ['INDEXES', 'TOTAL', 'NONE'] as const) ?? 'NONE'
}

/** A write costs one unit for each KB that was begun, and at least one. */
export function writeUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 1_024))
}

/** A consistent read costs one unit for each 4 KB that were begun, and at least one; an eventual one half of it. */
export function readUnits(bytes: number, consistent: boolean): number {
  const units = Math.max(1, Math.ceil(bytes / 4_096))
  return consistent ? units : units / 2
}

/**
 * What an index costs when an item changes: nothing when its entry stays as it is, one write when it comes, goes or
 * changes in place, two when it moves.
 */
export function indexWriteUnits(index: SecondaryIndex, before: Item | undefined, after: Item | undefined): number {
  const from = before && rowKeyOf(index.keys, before)
  const to = after && rowKeyOf(index.keys, after)
  const old = from && before && index.project(before)
  const new_ = to && after && index.project(after)
  if (old === undefined || new_ === undefined) {
    const entry = old ?? new_
    return entry === undefined ? 0 : writeUnits(itemBytes(entry))
  }
  if (from?.partition === to?.partition && from?.sort === to?.sort) {
    return sameItems(old, new_) ? 0 : writeUnits(Math.max(itemBytes(old), itemBytes(new_)))
  }
  return writeUnits(itemBytes(old)) + writeUnits(itemBytes(new_))
}

/** Adds up what a request consumes, table by table. */
export class CapacityTally {
  private readonly tables = new Map<string, { own: number; indexes: Map<SecondaryIndex, number> }>()
  private readonly mode: CapacityMode
  private readonly kind: 'read' | 'write'
  private readonly transactional: boolean

  constructor(mode: CapacityMode, kind: 'read' | 'write', transactional = false) {
    this.mode = mode
    this.kind = kind
    this.transactional = transactional
  }

  get isWanted(): boolean {
    return this.mode !== 'NONE'
  }

  /** A write of an item, or a condition check on it. In transactions the table's units count twice, those of indexes do not. */
  write(table: Table, before: Item | undefined, after: Item | undefined, bytes: number): void {
    if (!this.isWanted) return
    const units = this.of(table)
    units.own += writeUnits(bytes) * (this.transactional ? 2 : 1)
    for (const index of table.indexes.values()) {
      const more = indexWriteUnits(index, before, after)
      if (more > 0) units.indexes.set(index, (units.indexes.get(index) ?? 0) + more)
    }
  }

  read(table: Table, units: number, index?: SecondaryIndex): void {
    if (!this.isWanted) return
    const sums = this.of(table)
    const more = units * (this.transactional ? 2 : 1)
    if (index === undefined) sums.own += more
    else sums.indexes.set(index, (sums.indexes.get(index) ?? 0) + more)
  }

  /** One entry for each table; undefined when it was not asked for. */
  report(): ConsumedCapacity[] | undefined {
    if (!this.isWanted) return undefined
    return [...this.tables].map(([TableName, { own, indexes }]) => {
      const total = [...indexes.values()].reduce((sum, units) => sum + units, own)
      const capacity: ConsumedCapacity = { TableName, ...this.units(total) }
      if (this.mode === 'INDEXES') {
        capacity.Table = this.units(own)
        for (const [{ name, kind }, units] of indexes) {
          const group = kind === 'global' ? 'GlobalSecondaryIndexes' : 'LocalSecondaryIndexes'
          capacity[group] ??= {}
          capacity[group][name] = this.units(units)
        }
      }
      return capacity
    })
  }

  private units(units: number): Units {
    if (!this.transactional) return { CapacityUnits: units }
    const named = this.kind === 'read' ? { ReadCapacityUnits: units } : { WriteCapacityUnits: units }
    return { CapacityUnits: units, ...named }
  }

  private of(table: Table) {
    const known = this.tables.get(table.name)
    if (known !== undefined) return known
    const sums = { own: 0, indexes: new Map<SecondaryIndex, number>() }
    this.tables.set(table.name, sums)
    return sums
  }
}
