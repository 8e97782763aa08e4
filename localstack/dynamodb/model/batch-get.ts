import type { Item } from './attribute-value.ts'
import { CapacityTally, type ConsumedCapacity, capacityMode, readUnits } from './capacity.ts'
import { checkItem } from './check-values.ts'
import { type Context, checkedName, tableAt } from './context.ts'
import { validation } from './errors.ts'
import { type Path, project, projectionOf } from './expressions/index.ts'
import { constraint, flag, type Input, missing, refuseLegacy, structure, structures, text } from './input.ts'
import { keyOfRequest } from './keys.ts'
import { MAX_BATCH_GET_BYTES, MAX_BATCH_GETS } from './limits.ts'
import type { RowKey } from './row.ts'
import { placeholdersIn } from './single-writes.ts'
import type { Table } from './table.ts'

interface TableKeys {
  Keys: Item[]
  [parameter: string]: unknown
}

export interface BatchGetOutput {
  Responses: Record<string, Item[]>
  UnprocessedKeys: Record<string, TableKeys>
  ConsumedCapacity?: ConsumedCapacity[]
}

interface Wanted {
  readonly input: Input
  readonly name: string
  readonly keys: readonly Item[]
  readonly paths: readonly Path[] | undefined
  readonly consistent: boolean
}

export function batchGetItem(context: Context, input: Input): BatchGetOutput {
  const tally = new CapacityTally(capacityMode(input), 'read')
  const wanted = readTables(input)
  const found = wanted.map((each) => {
    const table = tableAt(context, each.name)
    return { ...each, table, rowKeys: distinctKeys(table, each.keys) }
  })
  const output: BatchGetOutput = { Responses: {}, UnprocessedKeys: {} }
  let bytes = 0
  for (const { table, rowKeys, name, keys, paths, consistent, input: given } of found) {
    const items: Item[] = []
    for (const [at, key] of rowKeys.entries()) {
      const row = table.rowAt(key)
      if (bytes + (row?.bytes ?? 0) > MAX_BATCH_GET_BYTES) {
        const { [name]: left = { ...given, Keys: [] } } = output.UnprocessedKeys
        left.Keys.push(keys[at] as Item)
        output.UnprocessedKeys[name] = left
        continue
      }
      bytes += row?.bytes ?? 0
      tally.read(table, readUnits(row?.bytes ?? 0, consistent))
      if (row !== undefined) items.push(paths === undefined ? row.item : project(row.item, paths))
    }
    output.Responses[name] = items
  }
  const capacity = tally.report()
  if (capacity !== undefined) output.ConsumedCapacity = capacity
  return output
}

function readTables(input: Input): readonly Wanted[] {
  const requested = structure(input, 'RequestItems')
  if (requested === undefined) throw missing('requestItems')
  const names = Object.keys(requested)
  if (names.length === 0) {
    throw constraint('{}', 'requestItems', 'Member must have length greater than or equal to 1')
  }
  let count = 0
  const wanted = names.map((name): Wanted => {
    checkedName(name, 'requestItems')
    const given = structure(requested, name) ?? {}
    refuseLegacy(given)
    const path = `requestItems.${name}.member.keys`
    const keys = structures(given, 'Keys')?.map((key) => checkItem(key, 'Keys'))
    if (keys === undefined) throw missing(path)
    if (keys.length === 0) throw constraint('[]', path, 'Member must have length greater than or equal to 1')
    if (keys.length > MAX_BATCH_GETS) {
      throw constraint('[...]', path, `Member must have length less than or equal to ${MAX_BATCH_GETS}`)
    }
    count += keys.length
    const placeholders = placeholdersIn(given)
    const paths = projectionOf(text(given, 'ProjectionExpression'), placeholders)
    placeholders.checkAllUsed()
    return { input: given, name, keys, paths, consistent: flag(given, 'ConsistentRead') ?? false }
  })
  if (count > MAX_BATCH_GETS) throw validation('Too many items requested for the BatchGetItem call')
  return wanted
}

function distinctKeys(table: Table, keys: readonly Item[]): readonly RowKey[] {
  const seen = new Set<string>()
  return keys.map((key) => {
    const rowKey = keyOfRequest(table.keys, key)
    const address = addressOf(rowKey)
    if (seen.has(address)) throw validation('Provided list of item keys contains duplicates')
    seen.add(address)
    return rowKey
  })
}

/** One text for a key. */
export function addressOf({ partition, sort }: RowKey): string {
  return `${partition.length} ${partition}${sort}`
}
