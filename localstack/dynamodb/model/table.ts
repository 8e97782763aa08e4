import { attributeOf, type Item, type KeyType } from './attribute-value.ts'
import { checkIndexKeys, type Keys } from './keys.ts'
import { NEVER, Row, type RowKey } from './row.ts'
import { RowSpace } from './row-space.ts'
import { SecondaryIndex } from './secondary-index.ts'
import type { IndexDefinition, KeySchemaElement, TableRecord } from './table-types.ts'

/** One table: what was said of it, its rows, and its indexes. */
export class Table {
  readonly keys: Keys
  readonly rows = new RowSpace((row) => row.sort)
  readonly indexes = new Map<string, SecondaryIndex>()
  record: TableRecord
  /** Bytes of all items. */
  bytes = 0

  constructor(record: TableRecord) {
    this.record = record
    this.keys = keysOf(record, record.keySchema)
    this.buildIndexes()
  }

  get name(): string {
    return this.record.name
  }

  get count(): number {
    return this.rows.count
  }

  /** Takes a changed record: builds indexes that are new, drops those that are gone. */
  change(record: TableRecord): void {
    const { ttlAttribute } = this.record
    this.record = record
    this.buildIndexes()
    if (ttlAttribute === record.ttlAttribute) return
    for (const row of this.rows.rows()) row.expiresAt = this.expiryOf(row.glimpse)
  }

  rowAt({ partition, sort }: RowKey): Row | undefined {
    return this.rows.get(partition, sort)
  }

  /**
   * @param item must be valid and must not be changed any more
   * @param bytes its size
   */
  put(key: RowKey, item: Item, bytes: number): Row {
    const row = this.rowAt(key)
    if (row !== undefined) {
      this.replace(row, item, bytes)
      return row
    }
    const added = new Row(key.partition, key.sort, item, bytes, this.expiryOf(item))
    this.bytes += bytes
    this.rows.add(key.partition, key.sort, added)
    for (const index of this.indexes.values()) index.add(added)
    return added
  }

  replace(row: Row, item: Item, bytes: number): void {
    const before = row.item
    const moved: SecondaryIndex[] = []
    for (const index of this.indexes.values()) {
      if (index.samePlace(before, item)) continue
      index.remove(row)
      moved.push(index)
    }
    this.bytes += bytes - row.bytes
    row.replace(item, bytes, this.expiryOf(item))
    for (const index of moved) index.add(row)
  }

  remove(row: Row): void {
    this.bytes -= row.bytes
    for (const index of this.indexes.values()) index.remove(row)
    this.rows.remove(row.partition, row.sort, row)
  }

  /** @throws DynamoDbError when an attribute does not fit the index whose key it is */
  checkIndexKeys(item: Item): void {
    for (const { name, keys } of this.indexes.values()) checkIndexKeys(name, keys, item)
  }

  private expiryOf(item: Item): number {
    const { ttlAttribute } = this.record
    const seconds = ttlAttribute === undefined ? undefined : attributeOf(item, ttlAttribute)?.N
    return seconds === undefined ? NEVER : Math.floor(Number(seconds))
  }

  private buildIndexes(): void {
    const { record, indexes } = this
    const wanted = new Set([...record.globalIndexes, ...record.localIndexes].map(({ IndexName }) => IndexName))
    for (const name of indexes.keys()) if (!wanted.has(name)) indexes.delete(name)
    for (const each of record.globalIndexes) this.buildIndex(each, 'global')
    for (const each of record.localIndexes) this.buildIndex(each, 'local')
  }

  private buildIndex(definition: IndexDefinition, kind: 'global' | 'local'): void {
    const { IndexName, KeySchema, Projection, ProvisionedThroughput } = definition
    const known = this.indexes.get(IndexName)
    if (known !== undefined) {
      if (ProvisionedThroughput !== undefined) known.provisioned = ProvisionedThroughput
      return
    }
    const keys = keysOf(this.record, KeySchema)
    const index = new SecondaryIndex(IndexName, kind, keys, Projection, this.keys, ProvisionedThroughput)
    this.indexes.set(IndexName, index)
    for (const row of this.rows.rows()) index.add(row)
  }
}

function keysOf({ definitions }: TableRecord, schema: readonly KeySchemaElement[]): Keys {
  const attribute = (type: 'HASH' | 'RANGE') => {
    const name = schema.find(({ KeyType }) => KeyType === type)?.AttributeName
    if (name === undefined) return undefined
    const defined = definitions.find(({ AttributeName }) => AttributeName === name)
    return { name, type: defined?.AttributeType ?? ('S' as KeyType) }
  }
  return { partition: attribute('HASH') ?? { name: '', type: 'S' }, sort: attribute('RANGE') }
}
