import { attributeOf, type Item, typeOf } from './attribute-value.ts'
import { CapacityTally, type ConsumedCapacity, capacityMode, readUnits } from './capacity.ts'
import { checkItem } from './check-values.ts'
import { invalidValues, validation } from './errors.ts'
import {
  attributesIn,
  type BoundCondition,
  conditionOf,
  holds,
  type Path,
  type Placeholders,
  project,
  projectionOf,
} from './expressions/index.ts'
import { atLeast, flag, type Input, integer, oneOf, text } from './input.ts'
import { keyAttributes, keyItem, rowKeyOf } from './keys.ts'
import { MAX_PAGE_BYTES } from './limits.ts'
import type { Row } from './row.ts'
import type { After } from './row-space.ts'
import type { SecondaryIndex } from './secondary-index.ts'
import { itemBytes } from './sizes.ts'
import type { Table } from './table.ts'

export interface PageOutput {
  Items?: Item[]
  Count: number
  ScannedCount: number
  LastEvaluatedKey?: Item
  ConsumedCapacity?: ConsumedCapacity
}

/** What Query and Scan have in common. */
export interface PageRequest {
  readonly select: string | undefined
  readonly filter: BoundCondition | undefined
  readonly paths: readonly Path[] | undefined
  readonly limit: number | undefined
  readonly consistent: boolean
  readonly startKey: Item | undefined
  readonly tally: CapacityTally
}

const SELECTS = ['SPECIFIC_ATTRIBUTES', 'COUNT', 'ALL_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES'] as const

export function readPage(input: Input, placeholders: Placeholders): PageRequest {
  const tally = new CapacityTally(capacityMode(input), 'read')
  const select = oneOf(input, 'Select', SELECTS)
  const limit = integer(input, 'Limit')
  atLeast(limit, 1, 'Limit')
  const filter = conditionOf(text(input, 'FilterExpression'), placeholders, 'FilterExpression')
  const paths = projectionOf(text(input, 'ProjectionExpression'), placeholders)
  if (paths !== undefined && select !== undefined && select !== 'SPECIFIC_ATTRIBUTES') {
    throw validation(
      `Cannot specify the ProjectionExpression when choosing to get ${select === 'COUNT' ? 'only the Count' : select}`,
    )
  }
  if (paths === undefined && select === 'SPECIFIC_ATTRIBUTES') {
    throw validation(
      'Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES',
    )
  }
  const start = input.ExclusiveStartKey ?? undefined
  return {
    select,
    filter,
    paths,
    limit,
    consistent: flag(input, 'ConsistentRead') ?? false,
    startKey: start === undefined ? undefined : checkItem(start, 'ExclusiveStartKey'),
    tally,
  }
}

/** The index of a request. */
export function indexIn(input: Input, table: Table, page: PageRequest): SecondaryIndex | undefined {
  const name = text(input, 'IndexName')
  if (name === undefined) {
    if (page.select === 'ALL_PROJECTED_ATTRIBUTES') {
      throw invalidValues('ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName')
    }
    return undefined
  }
  const index = table.indexes.get(name)
  if (index === undefined) throw validation(`The table does not have the specified index: ${name}`)
  if (index.kind === 'local') return index
  if (page.consistent) throw validation('Consistent reads are not supported on global secondary indexes')
  if (page.select === 'ALL_ATTRIBUTES' && !index.holdsAll) {
    throw invalidValues(
      `Select type ALL_ATTRIBUTES is not supported for global secondary index ${name} because its projection type is not ALL`,
    )
  }
  const unknown = (page.paths ?? []).map(([first]) => String(first)).filter((attribute) => !index.holds(attribute))
  if (unknown.length > 0) {
    throw invalidValues(`Global secondary index ${name} does not project [${[...new Set(unknown)].join(', ')}]`)
  }
  return index
}

/** Where a page goes on. */
export function afterOf(
  table: Table,
  index: SecondaryIndex | undefined,
  startKey: Item | undefined,
): After | undefined {
  if (startKey === undefined) return undefined
  const attributes = [...keyAttributes(table.keys), ...(index === undefined ? [] : keyAttributes(index.keys))]
  const wanted = new Map(attributes.map(({ name, type }) => [name, type]))
  const fits =
    Object.keys(startKey).length === wanted.size &&
    [...wanted].every(([name, type]) => {
      const value = attributeOf(startKey, name)
      return value !== undefined && typeOf(value) === type
    })
  if (!fits) {
    throw validation(
      index === undefined
        ? 'The provided starting key is invalid: The provided key element does not match the schema'
        : 'The provided starting key is invalid',
    )
  }
  const row = rowKeyOf(table.keys, startKey)
  const place = index === undefined ? row : rowKeyOf(index.keys, startKey)
  if (row === undefined || place === undefined) throw validation('The provided starting key is invalid')
  return { ...place, row }
}

/** Reads rows until the page is full. */
export function collect(
  table: Table,
  index: SecondaryIndex | undefined,
  rows: Iterable<Row>,
  { select, filter, paths, limit, consistent, tally }: PageRequest,
): PageOutput {
  const items: Item[] = []
  const fetches = index !== undefined && needsTable(index, select, paths, filter)
  let count = 0
  let scanned = 0
  let bytes = 0
  let last: Row | undefined
  for (const row of rows) {
    const entry = index === undefined || index.holdsAll ? row.item : index.project(row.item)
    bytes += entry === row.item ? row.bytes : itemBytes(entry)
    scanned += 1
    const item = fetches ? row.item : entry
    if (fetches) tally.read(table, readUnits(row.bytes, consistent))
    if (filter === undefined || holds(filter, item)) {
      count += 1
      if (select !== 'COUNT') items.push(paths === undefined ? item : project(item, paths))
    }
    if (scanned === limit || bytes >= MAX_PAGE_BYTES) {
      last = row
      break
    }
  }
  tally.read(table, readUnits(bytes, consistent), index)
  const output: PageOutput = { Count: count, ScannedCount: scanned }
  if (select !== 'COUNT') output.Items = items
  if (last !== undefined) {
    output.LastEvaluatedKey = index === undefined ? keyItem(table.keys, last.item) : index.keyItem(last.item)
  }
  const capacity = tally.report()?.[0]
  if (capacity !== undefined) output.ConsumedCapacity = capacity
  return output
}

/** A local index gets from the table what it does not hold itself. */
function needsTable(
  index: SecondaryIndex,
  select: string | undefined,
  paths: readonly Path[] | undefined,
  filter: BoundCondition | undefined,
): boolean {
  if (index.kind === 'global' || index.holdsAll) return false
  if (select === 'ALL_ATTRIBUTES') return true
  const names = [
    ...(paths ?? []).map(([first]) => String(first)),
    ...(filter === undefined ? [] : attributesIn(filter)),
  ]
  return names.some((name) => !index.holds(name))
}
