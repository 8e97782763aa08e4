import type { Item } from './attribute-value.ts'
import { CapacityTally, type ConsumedCapacity, capacityMode, readUnits } from './capacity.ts'
import { type Context, tableAt, tableNameIn } from './context.ts'
import { project, projectionOf } from './expressions/index.ts'
import { flag, type Input, refuseLegacy, text } from './input.ts'
import { keyOfRequest } from './keys.ts'
import { placeholdersIn, requestKey } from './single-writes.ts'

export interface GetOutput {
  Item?: Item
  ConsumedCapacity?: ConsumedCapacity
}

export function getItem(context: Context, input: Input): GetOutput {
  const name = tableNameIn(input)
  const tally = new CapacityTally(capacityMode(input), 'read')
  refuseLegacy(input)
  const key = requestKey(input)
  const placeholders = placeholdersIn(input)
  const paths = projectionOf(text(input, 'ProjectionExpression'), placeholders)
  placeholders.checkAllUsed()
  const table = tableAt(context, name)
  const row = table.rowAt(keyOfRequest(table.keys, key))
  tally.read(table, readUnits(row?.bytes ?? 0, flag(input, 'ConsistentRead') ?? false))
  const output: GetOutput = {}
  if (row !== undefined) output.Item = paths === undefined ? row.item : project(row.item, paths)
  const capacity = tally.report()?.[0]
  if (capacity !== undefined) output.ConsumedCapacity = capacity
  return output
}
