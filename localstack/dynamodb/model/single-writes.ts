import type { Item } from './attribute-value.ts'
import { type CapacityMode, CapacityTally, type ConsumedCapacity, capacityMode } from './capacity.ts'
import { checkItem } from './check-values.ts'
import { type Context, tableAt, tableNameIn } from './context.ts'
import { validation } from './errors.ts'
import { type BoundAction, conditionOf, type Path, Placeholders, project, updateOf } from './expressions/index.ts'
import { type Input, missing, oneOf, refuseLegacy, text } from './input.ts'
import { carryOut, chargedBytes, planDelete, planPut, planUpdate, type Write, type WriteConditions } from './writes.ts'

export interface WriteOutput {
  Attributes?: Item
  ConsumedCapacity?: ConsumedCapacity
}

const RETURN_VALUES = ['ALL_NEW', 'UPDATED_OLD', 'ALL_OLD', 'NONE', 'UPDATED_NEW'] as const
type ReturnValues = (typeof RETURN_VALUES)[number]

export function putItem(context: Context, input: Input): WriteOutput {
  const request = readWrite(input)
  if (input.Item === undefined || input.Item === null) throw missing('item')
  const item = checkItem(input.Item, 'Item')
  onlyOldOrNone(request.returns)
  const conditions = conditionsIn(input, placeholdersIn(input))
  const write = planPut(tableAt(context, request.name), item, conditions)
  return finish(context, request, write, [])
}

export function deleteItem(context: Context, input: Input): WriteOutput {
  const request = readWrite(input)
  const key = requestKey(input)
  onlyOldOrNone(request.returns)
  const conditions = conditionsIn(input, placeholdersIn(input))
  const write = planDelete(tableAt(context, request.name), key, conditions)
  return finish(context, request, write, [])
}

export function updateItem(context: Context, input: Input): WriteOutput {
  const request = readWrite(input)
  const key = requestKey(input)
  const placeholders = placeholdersIn(input)
  const actions = updateOf(text(input, 'UpdateExpression'), placeholders)
  const conditions = conditionsIn(input, placeholders)
  const write = planUpdate(tableAt(context, request.name), key, actions, conditions)
  return finish(context, request, write, actions)
}

/** Key of a request for one item. */
export function requestKey(input: Input): Item {
  if (input.Key === undefined || input.Key === null) throw missing('key')
  return checkItem(input.Key, 'Key')
}

export function placeholdersIn(input: Input): Placeholders {
  const hasExpression = Object.keys(input).some((name) => name.endsWith('Expression') && input[name] != null)
  return new Placeholders(
    input.ExpressionAttributeNames ?? undefined,
    input.ExpressionAttributeValues ?? undefined,
    hasExpression,
  )
}

/** ConditionExpression and what goes with it; the last expression of its request to be read. */
export function conditionsIn(input: Input, placeholders: Placeholders): WriteConditions {
  const condition = conditionOf(text(input, 'ConditionExpression'), placeholders, 'ConditionExpression')
  placeholders.checkAllUsed()
  const shown = oneOf(input, 'ReturnValuesOnConditionCheckFailure', ['ALL_OLD', 'NONE'] as const)
  return { condition, showItem: shown === 'ALL_OLD' }
}

interface WriteRequest {
  readonly name: string
  readonly returns: ReturnValues
  readonly mode: CapacityMode
}

function readWrite(input: Input): WriteRequest {
  const name = tableNameIn(input)
  const mode = capacityMode(input)
  oneOf(input, 'ReturnItemCollectionMetrics', ['SIZE', 'NONE'] as const)
  const returns = oneOf(input, 'ReturnValues', RETURN_VALUES) ?? 'NONE'
  refuseLegacy(input)
  return { name, returns, mode }
}

function onlyOldOrNone(returns: ReturnValues): void {
  if (returns !== 'ALL_OLD' && returns !== 'NONE') throw validation('ReturnValues can only be ALL_OLD or NONE')
}

function finish(
  context: Context,
  { returns, mode }: WriteRequest,
  write: Write,
  actions: readonly BoundAction[],
): WriteOutput {
  const tally = new CapacityTally(mode, 'write')
  tally.write(write.table, write.before, write.after, chargedBytes(write))
  carryOut(context, [write])
  const output: WriteOutput = {}
  const attributes = returned(returns, write, actions)
  if (attributes !== undefined && Object.keys(attributes).length > 0) output.Attributes = attributes
  const capacity = tally.report()?.[0]
  if (capacity !== undefined) output.ConsumedCapacity = capacity
  return output
}

/** The attributes that a write gives back. UPDATED_…: only what its expression names. */
export function returned(
  returns: ReturnValues,
  { before, after }: Pick<Write, 'before' | 'after'>,
  actions: readonly BoundAction[],
): Item | undefined {
  const touched = (item: Item | undefined): Item | undefined =>
    item &&
    project(
      item,
      actions.map(({ path }): Path => path),
    )
  switch (returns) {
    case 'NONE':
      return undefined
    case 'ALL_OLD':
      return before
    case 'ALL_NEW':
      return after
    case 'UPDATED_OLD':
      return touched(before)
    case 'UPDATED_NEW':
      return touched(after)
  }
}
