import type { Item, KeyType } from './attribute-value.ts'
import type { Change, TokenRecord } from './changes.ts'
import type { Context } from './context.ts'
import { type Keys, keyAttributes } from './keys.ts'
import { Row, type RowKey } from './row.ts'
import type { SecondaryIndex } from './secondary-index.ts'
import { sortKeyText } from './sort-keys.ts'
import { Table } from './table.ts'
import type { TableRecord } from './table-types.ts'

/** Values of the attributes that are a key somewhere, in the order of the table's definitions; null where an item has none. */
export type KeyValues = readonly (string | null)[]

/** A change as it comes back from a log. */
export type Replayed =
  | { readonly kind: 'table'; readonly record: TableRecord }
  | { readonly kind: 'drop'; readonly name: string }
  | {
      readonly kind: 'put'
      readonly table: string
      readonly keys: KeyValues
      readonly bytes: number
      readonly expiresAt: number
      /** The item as JSON, which is not read before somebody wants it. */
      readonly json: string
    }
  | { readonly kind: 'remove'; readonly table: string; readonly keys: KeyValues }
  | { readonly kind: 'token'; readonly record: TokenRecord }

/** The key values of an item, for a log. */
export function keyValuesOf({ record }: Table, item: Item): (string | null)[] {
  return record.definitions.map(({ AttributeName, AttributeType }) => {
    const value = Object.hasOwn(item, AttributeName) ? item[AttributeName]?.[AttributeType] : undefined
    return value || null
  })
}

/** Everything there is, as changes. The model may change between two of them. */
export function* allChanges(context: Context): Generator<Change, void> {
  for (const table of [...context.tables.values()]) {
    yield { kind: 'table', table }
    for (const row of table.rows.rows()) {
      if (context.tables.get(table.name) !== table) break
      // Removed since the walk over its partition began: the log has that, too.
      if (table.rowAt(row) === row) yield { kind: 'put', table, row }
    }
  }
  for (const record of context.tokens.all()) yield { kind: 'token', record }
}

/** Builds a model up. */
export class Replay {
  private readonly context: Context
  private readonly tables = new Map<string, TableReplay>()

  constructor(context: Context) {
    this.context = context
  }

  apply(change: Replayed): void {
    switch (change.kind) {
      case 'put':
        this.tables.get(change.table)?.put(change.keys, change.json, change.bytes, change.expiresAt)
        return
      case 'remove':
        this.tables.get(change.table)?.remove(change.keys)
        return
      case 'table': {
        const known = this.context.tables.get(change.record.name)
        const table = known ?? new Table(change.record)
        if (known !== undefined) known.change(change.record)
        else this.context.tables.set(table.name, table)
        this.tables.set(table.name, new TableReplay(table))
        return
      }
      case 'drop':
        this.context.tables.delete(change.name)
        this.tables.delete(change.name)
        return
      case 'token':
        this.context.tokens.add(change.record)
        return
    }
  }
}

interface Slot {
  readonly at: number
  readonly type: KeyType
}

interface KeySlots {
  readonly partition: Slot
  readonly sort: Slot | undefined
}

/** Puts rows into a table by their key values alone, so that their items need not be read. */
class TableReplay {
  private readonly table: Table
  private readonly keys: KeySlots
  private readonly indexes: readonly { readonly index: SecondaryIndex; readonly keys: KeySlots }[]
  /** Where rows stand in the indexes, for those that change later in the log. */
  private readonly values = new Map<Row, KeyValues>()

  constructor(table: Table) {
    this.table = table
    const slots = (keys: Keys): KeySlots => {
      const [partition, sort] = keyAttributes(keys).map(({ name, type }) => ({
        at: table.record.definitions.findIndex(({ AttributeName }) => AttributeName === name),
        type,
      }))
      return { partition: partition as Slot, sort }
    }
    this.keys = slots(table.keys)
    this.indexes = [...table.indexes.values()].map((index) => ({ index, keys: slots(index.keys) }))
    for (const row of table.rows.rows()) this.values.set(row, keyValuesOf(table, row.glimpse))
  }

  put(values: KeyValues, json: string, bytes: number, expiresAt: number): void {
    const { table } = this
    const key = keyIn(values, this.keys)
    if (key === undefined) return
    const known = table.rowAt(key)
    if (known !== undefined) {
      this.replace(known, values, json, bytes, expiresAt)
      return
    }
    const row = new Row(key.partition, key.sort, json, bytes, expiresAt)
    table.rows.add(key.partition, key.sort, row)
    table.bytes += bytes
    for (const { index, keys } of this.indexes) {
      const place = keyIn(values, keys)
      if (place !== undefined) index.rows.add(place.partition, place.sort, row)
    }
    this.values.set(row, values)
  }

  private replace(row: Row, values: KeyValues, json: string, bytes: number, expiresAt: number): void {
    const before = this.values.get(row) ?? values
    const moves = this.indexes.flatMap(({ index, keys }) => {
      const [from, to] = [keyIn(before, keys), keyIn(values, keys)]
      return from?.partition === to?.partition && from?.sort === to?.sort ? [] : [{ index, from, to }]
    })
    for (const { index, from } of moves) if (from !== undefined) index.rows.remove(from.partition, from.sort, row)
    this.table.bytes += bytes - row.bytes
    row.replace(json, bytes, expiresAt)
    for (const { index, to } of moves) if (to !== undefined) index.rows.add(to.partition, to.sort, row)
    this.values.set(row, values)
  }

  remove(values: KeyValues): void {
    const { table } = this
    const key = keyIn(values, this.keys)
    const row = key && table.rowAt(key)
    if (row === undefined) return
    const stored = this.values.get(row) ?? values
    for (const { index, keys } of this.indexes) {
      const place = keyIn(stored, keys)
      if (place !== undefined) index.rows.remove(place.partition, place.sort, row)
    }
    table.bytes -= row.bytes
    table.rows.remove(row.partition, row.sort, row)
    this.values.delete(row)
  }
}

function keyIn(values: KeyValues, { partition, sort }: KeySlots): RowKey | undefined {
  const first = textIn(values, partition)
  const second = sort === undefined ? '' : textIn(values, sort)
  return first === undefined || second === undefined ? undefined : { partition: first, sort: second }
}

function textIn(values: KeyValues, { at, type }: Slot): string | undefined {
  const value = values[at] ?? undefined
  return value === undefined ? undefined : sortKeyText({ [type]: value }, type)
}
