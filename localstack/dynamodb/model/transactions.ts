import type { Item } from './attribute-value.ts'
import { addressOf } from './batch-get.ts'
import { CapacityTally, type ConsumedCapacity, capacityMode, readUnits } from './capacity.ts'
import type { Change } from './changes.ts'
import { checkItem } from './check-values.ts'
import { type Context, tableAt, tableNameIn } from './context.ts'
import { type CancellationReason, DynamoDbError, validation } from './errors.ts'
import { project, projectionOf, updateOf } from './expressions/index.ts'
import { constraint, type Input, missing, oneOf, structure, structures, text } from './input.ts'
import { keyOfRequest, rowKeyOf } from './keys.ts'
import { MAX_TRANSACTION_BYTES, MAX_TRANSACTION_ITEMS } from './limits.ts'
import type { RowKey } from './row.ts'
import { conditionsIn, placeholdersIn, requestKey } from './single-writes.ts'
import type { Table } from './table.ts'
import { carryOut, chargedBytes, planCheck, planDelete, planPut, planUpdate, type Write } from './writes.ts'

export interface TransactionOutput {
  ConsumedCapacity?: ConsumedCapacity[]
}

export interface TransactGetOutput extends TransactionOutput {
  Responses: { Item?: Item }[]
}

/** One write of a transaction. */
export interface Plan {
  readonly table: Table
  /** Has the attributes of the key. */
  readonly key: Item
  /** @throws DynamoDbError when a condition fails, or the item may not be stored */
  decide(): Write
}

/** All of the writes, or none. */
export function transactWriteItems(context: Context, input: Input): TransactionOutput {
  const tally = new CapacityTally(capacityMode(input), 'write', true)
  oneOf(input, 'ReturnItemCollectionMetrics', ['SIZE', 'NONE'] as const)
  const token = tokenIn(input)
  const entries = entriesIn(input)
  const request = token === undefined ? '' : JSON.stringify(input.TransactItems)
  // Expressions are checked, and tables looked for, before anything is decided.
  const plans = entries.map((entry) => planOf(context, entry))
  const output = (): TransactionOutput => {
    const capacity = tally.report()
    return capacity === undefined ? {} : { ConsumedCapacity: capacity }
  }
  if (token !== undefined && isRepeated(context, token, request)) return output()
  const writes = decide(plans)
  for (const write of writes) tally.write(write.table, write.before, write.after, chargedBytes(write))
  carryOut(context, writes, remember(context, token, request))
  return output()
}

/** Whether a transaction with this token has been carried out already. */
export function isRepeated(context: Context, token: string, request: string): boolean {
  const known = context.tokens.find(token)
  if (known === undefined) return false
  if (known.request === request) return true
  throw new DynamoDbError(
    'IdempotentParameterMismatchException',
    'ClientRequestToken already used with different parameters',
  )
}

export function remember(context: Context, token: string | undefined, request: string): readonly Change[] {
  if (token === undefined) return []
  const record = { token, request, at: context.clock.now() }
  context.tokens.add(record)
  return [{ kind: 'token', record }]
}

/**
 * Decides about every write, on the state as it is.
 *
 * @throws DynamoDbError TransactionCanceledException with a reason for each, when one of them cannot be done
 */
export function decide(plans: readonly Plan[]): readonly Write[] {
  const seen = new Set<string>()
  for (const { table, key } of plans) {
    const rowKey = rowKeyOf(table.keys, key)
    if (rowKey !== undefined) refuseRepeated(seen, table, rowKey)
  }
  const reasons: CancellationReason[] = []
  const writes: Write[] = []
  for (const plan of plans) {
    try {
      writes.push(plan.decide())
      reasons.push({ Code: 'None' })
    } catch (error) {
      reasons.push(reasonOf(error))
    }
  }
  if (writes.length < plans.length) throw cancelled(reasons)
  const bytes = writes.reduce((sum, write) => sum + write.bytes, 0)
  if (bytes > MAX_TRANSACTION_BYTES) {
    throw validation('Transaction request exceeds the maximum aggregated size of 4 MB')
  }
  return writes
}

/** @throws DynamoDbError when a key was seen before */
export function refuseRepeated(seen: Set<string>, table: Table, key: RowKey): void {
  const address = `${table.name} ${addressOf(key)}`
  if (seen.has(address)) throw validation('Transaction request cannot include multiple operations on one item')
  seen.add(address)
}

export function cancelled(reasons: readonly CancellationReason[]): DynamoDbError {
  const codes = reasons.map(({ Code }) => Code).join(', ')
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`
  return new DynamoDbError('TransactionCanceledException', message, { CancellationReasons: [...reasons] })
}

/** Why one of the writes makes the transaction fail. What refuses the whole request is thrown on. */
export function reasonOf(error: unknown): CancellationReason {
  if (!(error instanceof DynamoDbError)) throw error
  const { name, message, details } = error
  switch (name) {
    case 'ConditionalCheckFailedException':
      return { Code: 'ConditionalCheckFailed', Message: message, ...details }
    case 'DuplicateItemException':
      return { Code: 'DuplicateItem', Message: message }
    case 'ValidationException':
      return { Code: 'ValidationError', Message: message }
    default:
      throw error
  }
}

function tokenIn(input: Input): string | undefined {
  const token = text(input, 'ClientRequestToken')
  if (token !== undefined && (token.length < 1 || token.length > 36)) {
    const bound = token.length < 1 ? 'greater than or equal to 1' : 'less than or equal to 36'
    throw constraint(token, 'clientRequestToken', `Member must have length ${bound}`)
  }
  return token
}

function entriesIn(input: Input): readonly Input[] {
  const entries = structures(input, 'TransactItems')
  if (entries === undefined) throw missing('transactItems')
  if (entries.length < 1 || entries.length > MAX_TRANSACTION_ITEMS) {
    const bound = entries.length < 1 ? 'greater than or equal to 1' : `less than or equal to ${MAX_TRANSACTION_ITEMS}`
    throw constraint('[...]', 'transactItems', `Member must have length ${bound}`)
  }
  return entries
}

const KINDS = ['ConditionCheck', 'Put', 'Delete', 'Update'] as const

function planOf(context: Context, entry: Input): Plan {
  const kinds = KINDS.filter((kind) => entry[kind] !== undefined && entry[kind] !== null)
  const [kind] = kinds
  if (kind === undefined || kinds.length > 1) {
    throw validation('TransactItems can only contain one of Check, Put, Update or Delete')
  }
  const input = structure(entry, kind) ?? {}
  const name = tableNameIn(input)
  const placeholders = placeholdersIn(input)
  if (kind === 'Put') {
    const item = checkItem(input.Item, 'Item')
    const conditions = conditionsIn(input, placeholders)
    const table = tableAt(context, name)
    return { table, key: item, decide: () => planPut(table, item, conditions) }
  }
  const key = requestKey(input)
  const actions = kind === 'Update' ? updateOf(text(input, 'UpdateExpression'), placeholders) : []
  const conditions = conditionsIn(input, placeholders)
  const table = tableAt(context, name)
  if (kind === 'Update') return { table, key, decide: () => planUpdate(table, key, actions, conditions) }
  if (kind === 'Delete') return { table, key, decide: () => planDelete(table, key, conditions) }
  if (conditions.condition === undefined) throw missing('transactItems.1.member.conditionCheck.conditionExpression')
  return { table, key, decide: () => planCheck(table, key, conditions) }
}

export function transactGetItems(context: Context, input: Input): TransactGetOutput {
  const tally = new CapacityTally(capacityMode(input), 'read', true)
  const gets = entriesIn(input).map((entry) => {
    const given = structure(entry, 'Get')
    if (given === undefined) throw missing('transactItems.1.member.get')
    const name = tableNameIn(given)
    const key = requestKey(given)
    const placeholders = placeholdersIn(given)
    const paths = projectionOf(text(given, 'ProjectionExpression'), placeholders)
    placeholders.checkAllUsed()
    return { table: tableAt(context, name), key, paths }
  })
  const seen = new Set<string>()
  for (const { table, key } of gets) {
    const rowKey = rowKeyOf(table.keys, key)
    if (rowKey !== undefined) refuseRepeated(seen, table, rowKey)
  }
  const reasons: CancellationReason[] = []
  const Responses: { Item?: Item }[] = []
  for (const { table, key, paths } of gets) {
    try {
      const row = table.rowAt(keyOfRequest(table.keys, key))
      tally.read(table, readUnits(row?.bytes ?? 0, true))
      if (row === undefined) Responses.push({})
      else Responses.push({ Item: paths === undefined ? row.item : project(row.item, paths) })
      reasons.push({ Code: 'None' })
    } catch (error) {
      reasons.push(reasonOf(error))
    }
  }
  if (Responses.length < gets.length) throw cancelled(reasons)
  const capacity = tally.report()
  return capacity === undefined ? { Responses } : { Responses, ConsumedCapacity: capacity }
}
