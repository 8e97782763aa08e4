import { type AttributeValue, type Item, setAttribute } from '../attribute-value.ts'
import type { CapacityTally } from '../capacity.ts'
import { type Context, tableAt } from '../context.ts'
import { validation } from '../errors.ts'
import type { Path } from '../expressions/ast.ts'
import { valueAt } from '../expressions/evaluate.ts'
import type { BoundCondition } from '../expressions/index.ts'
import { keyRangeOf } from '../key-conditions.ts'
import { type KeyAttribute, type Keys, keyAttributes } from '../keys.ts'
import { afterOf, collect, type PageRequest } from '../pages.ts'
import type { Row } from '../row.ts'
import type { After } from '../row-space.ts'
import type { SecondaryIndex } from '../secondary-index.ts'
import { sortKeyText } from '../sort-keys.ts'
import type { Table } from '../table.ts'
import { conditionOf } from './bind-statement.ts'
import type { Select } from './statement.ts'
import { allOf, conjuncts, equality } from './where-key.ts'

export interface SelectPage {
  readonly items: Item[]
  readonly lastKey: Item | undefined
}

export interface SelectOptions {
  readonly limit: number | undefined
  readonly consistent: boolean
  readonly startKey: Item | undefined
  readonly tally: CapacityTally
}

/** One page of a SELECT: a Query where the partition key is given, else a Scan. */
export function select(
  context: Context,
  statement: Select,
  parameters: readonly AttributeValue[],
  options: SelectOptions,
): SelectPage {
  const table = tableAt(context, statement.table)
  const index = indexOf(table, statement, options.consistent)
  const keys = index?.keys ?? table.keys
  const where = statement.where === undefined ? undefined : conditionOf(statement.where, parameters)
  const after = afterOf(table, index, options.startKey)
  const page: PageRequest = { ...options, select: undefined, filter: where, paths: undefined }
  const output = collect(table, index, rowsOf(index ?? table, keys, where, statement.order, after), page)
  const items = output.Items ?? []
  const { paths } = statement
  return {
    items: paths === undefined ? items : items.map((item) => chosen(item, paths)),
    lastKey: output.LastEvaluatedKey,
  }
}

function indexOf(table: Table, { index: name }: Select, consistent: boolean): SecondaryIndex | undefined {
  if (name === undefined) return undefined
  const index = table.indexes.get(name)
  if (index === undefined) throw validation(`The table does not have the specified index: ${name}`)
  if (consistent && index.kind === 'global') {
    throw validation('Consistent reads are not supported on global secondary indexes')
  }
  return index
}

function rowsOf(
  { rows }: Table | SecondaryIndex,
  keys: Keys,
  where: BoundCondition | undefined,
  order: Select['order'],
  after: After | undefined,
): Iterable<Row> {
  const parts = where === undefined ? [] : conjuncts(where)
  const partition = parts.find((part) => equality(part)?.name === keys.partition.name)
  const wanted = partition === undefined ? partitionsIn(parts, keys.partition) : undefined
  if (order !== undefined && partition === undefined && wanted === undefined) {
    throw validation('Must have WHERE clause in the statement when using ORDER BY clause.')
  }
  if (order !== undefined && !keyAttributes(keys).some(({ name }) => name === order.attribute)) {
    throw validation(`Variable reference ${order.attribute} in ORDER BY clause must be part of the primary key`)
  }
  const forward = !(order?.descending ?? false)
  if (partition !== undefined) {
    const sort = parts.find((part) => isSortCondition(part, keys.sort?.name))
    const { partition: text, range } = keyRangeOf(
      keys,
      allOf(sort === undefined ? [partition] : [partition, sort]) ?? partition,
    )
    return rows.query(text, range, forward, after)
  }
  return wanted === undefined ? rows.scan(0, 1, after) : inPartitions(rows, wanted, forward, after)
}

/** `pk IN [...]`: one partition after the other. */
function partitionsIn(parts: readonly BoundCondition[], key: KeyAttribute): readonly string[] | undefined {
  for (const part of parts) {
    if (part.kind !== 'in' || part.operand.kind !== 'path' || part.operand.path[0] !== key.name) continue
    const texts = part.list.flatMap((each) =>
      each.kind === 'value' && each.value[key.type] ? [sortKeyText(each.value, key.type)] : [],
    )
    return [...new Set(texts)].sort()
  }
  return undefined
}

function* inPartitions(
  rows: Table['rows'],
  partitions: readonly string[],
  forward: boolean,
  after: After | undefined,
): Generator<Row, void> {
  for (const partition of partitions) {
    if (after !== undefined && partition < after.partition) continue
    yield* rows.query(partition, {}, forward, partition === after?.partition ? after : undefined)
  }
}

function isSortCondition(condition: BoundCondition, name: string | undefined): boolean {
  if (name === undefined) return false
  const operands =
    condition.kind === 'compare' && condition.op !== '<>'
      ? [condition.left, condition.right]
      : condition.kind === 'between'
        ? [condition.operand, condition.low, condition.high]
        : condition.kind === 'test' && condition.name === 'begins_with'
          ? condition.operands
          : []
  const [first, ...others] = operands
  const isKey = first?.kind === 'path' && first.path.length === 1 && first.path[0] === name
  return isKey && others.every(({ kind }) => kind === 'value')
}

/** Columns are called as they are written, indexes of lists included. */
function chosen(item: Item, paths: readonly Path[]): Item {
  const result: Item = {}
  for (const path of paths) {
    const value = valueAt(item, path)
    if (value === undefined) continue
    const names = path.findIndex((element, at) => at > 0 && typeof element === 'string')
    const head = names < 0 ? path : path.slice(0, names)
    const column = head.map((element) => (typeof element === 'number' ? `[${element}]` : element)).join('')
    const below = names < 0 ? [] : path.slice(names)
    setAttribute(result, column, nested(below, value))
  }
  return result
}

function nested([first, ...rest]: Path, value: AttributeValue): AttributeValue {
  if (first === undefined) return value
  const inner = nested(rest, value)
  if (typeof first === 'number') return { L: [inner] }
  const map: Item = {}
  setAttribute(map, first, inner)
  return { M: map }
}

/** What a SELECT with the whole key gives. */
export function selectOne(row: Row | undefined, { paths }: Select): Item | undefined {
  return row === undefined || paths === undefined ? row?.item : chosen(row.item, paths)
}
