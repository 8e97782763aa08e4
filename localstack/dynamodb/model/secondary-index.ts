import { attributeOf, type Item, setAttribute } from './attribute-value.ts'
import { type Keys, keyAttributes, keyItem, rowKeyOf } from './keys.ts'
import type { Row } from './row.ts'
import { RowSpace } from './row-space.ts'
import { itemBytes } from './sizes.ts'
import type { Projection } from './table-types.ts'

/** An index of a table: the rows that have its keys, in its order. */
export class SecondaryIndex {
  readonly name: string
  readonly kind: 'global' | 'local'
  readonly keys: Keys
  readonly projection: Projection
  readonly rows: RowSpace
  /** Undefined: all attributes. */
  private readonly projected: ReadonlySet<string> | undefined
  /** Where it was added to a table that is there: it can be used when it is built, which here is at once. */
  provisioned: { ReadCapacityUnits: number; WriteCapacityUnits: number }
  readonly tableKeys: Keys

  constructor(
    name: string,
    kind: 'global' | 'local',
    keys: Keys,
    projection: Projection,
    tableKeys: Keys,
    provisioned = { ReadCapacityUnits: 0, WriteCapacityUnits: 0 },
  ) {
    this.name = name
    this.kind = kind
    this.keys = keys
    this.projection = projection
    this.tableKeys = tableKeys
    this.provisioned = provisioned
    this.rows = new RowSpace((row) => rowKeyOf(keys, row.item)?.sort ?? '')
    if (projection.ProjectionType !== 'ALL') {
      const names = [...keyAttributes(tableKeys), ...keyAttributes(keys)].map((key) => key.name)
      this.projected = new Set([...names, ...(projection.NonKeyAttributes ?? [])])
    }
  }

  get holdsAll(): boolean {
    return this.projected === undefined
  }

  holds(attribute: string): boolean {
    return this.projected === undefined || this.projected.has(attribute)
  }

  /** What the index knows of an item. */
  project(item: Item): Item {
    if (this.projected === undefined) return item
    const projected: Item = {}
    for (const name of Object.keys(item)) {
      if (this.projected.has(name)) setAttribute(projected, name, item[name] as Item[string])
    }
    return projected
  }

  /** Follows a change of a row from one item to another. Undefined means no item. Call this before the row changes. */
  remove(row: Row): void {
    const key = rowKeyOf(this.keys, row.item)
    if (key !== undefined) this.rows.remove(key.partition, key.sort, row)
  }

  /** To be called after the row has changed. */
  add(row: Row): void {
    const key = rowKeyOf(this.keys, row.item)
    if (key !== undefined) this.rows.add(key.partition, key.sort, row)
  }

  /** Whether two versions of an item stand at the same place. */
  samePlace(before: Item, after: Item): boolean {
    if (keyAttributes(this.keys).every(({ name }) => attributeOf(before, name) === attributeOf(after, name)))
      return true
    const [from, to] = [rowKeyOf(this.keys, before), rowKeyOf(this.keys, after)]
    return from?.partition === to?.partition && from?.sort === to?.sort
  }

  /** Bytes of all entries, from the mean of the first thousand: the API shows a number that is hours old. */
  estimatedBytes(): number {
    let bytes = 0
    let seen = 0
    for (const row of this.rows.rows()) {
      bytes += itemBytes(this.project(row.glimpse))
      seen += 1
      if (seen === 1_000) break
    }
    return seen === 0 ? 0 : Math.round((bytes / seen) * this.rows.count)
  }

  /** What a page of a Query or Scan on this index goes on behind. */
  keyItem(item: Item): Item {
    return { ...keyItem(this.tableKeys, item), ...keyItem(this.keys, item) }
  }
}
