import type { AttributeValue, Item } from '../attribute-value.ts'
import { addressOf } from '../batch-get.ts'
import { CapacityTally, type ConsumedCapacity, capacityMode, readUnits } from '../capacity.ts'
import { checkItem, checkValue } from '../check-values.ts'
import { type Context, tableAt } from '../context.ts'
import { DynamoDbError, validation } from '../errors.ts'
import { atLeast, constraint, flag, type Input, integer, list, missing, oneOf, text } from '../input.ts'
import { keyOfRequest } from '../keys.ts'
import type { Row, RowKey } from '../row.ts'
import type { Table } from '../table.ts'
import { carryOut, chargedBytes } from '../writes.ts'
import { checkParameters, conditionOf } from './bind-statement.ts'
import { parseStatement } from './parse.ts'
import { planWrite } from './plan.ts'
import { select, selectOne } from './select.ts'
import type { Select } from './statement.ts'
import { whereKey } from './where-key.ts'

export interface ExecuteOutput {
  Items: Item[]
  NextToken?: string
  LastEvaluatedKey?: Item
  ConsumedCapacity?: ConsumedCapacity
}

export interface GivenStatement {
  readonly text: string
  readonly parameters: readonly AttributeValue[]
  readonly showItem: boolean
  readonly consistent: boolean
}

/** A statement of a request. Its parameters are checked, the statement itself is not looked at yet. */
export function statementIn(input: Input, path = 'statement'): GivenStatement {
  const given = text(input, 'Statement')
  if (given === undefined) throw missing(path)
  if (given.length < 1) throw constraint('', path, 'Member must have length greater than or equal to 1')
  if (given.length > 8_192) throw constraint(given, path, 'Member must have length less than or equal to 8192')
  const parameters = list(input, 'Parameters')
  if (parameters?.length === 0) {
    throw constraint(
      '[]',
      path.replace('statement', 'parameters'),
      'Member must have length greater than or equal to 1',
    )
  }
  const shown = oneOf(input, 'ReturnValuesOnConditionCheckFailure', ['ALL_OLD', 'NONE'] as const)
  return {
    text: given,
    parameters: parameters?.map((parameter) => checkValue(parameter)) ?? [],
    showItem: shown === 'ALL_OLD',
    consistent: flag(input, 'ConsistentRead') ?? false,
  }
}

export function executeStatement(context: Context, input: Input): ExecuteOutput {
  const mode = capacityMode(input)
  const given = statementIn(input)
  const limit = integer(input, 'Limit')
  atLeast(limit, 1, 'Limit')
  const statement = parseStatement(given.text)
  checkParameters(statement, given.parameters)
  const tally = new CapacityTally(mode, statement.kind === 'select' ? 'read' : 'write')
  const output: ExecuteOutput = { Items: [] }
  if (statement.kind === 'select') {
    if (statement.isCheck) throw validation('EXISTS is only supported in ExecuteTransaction')
    const startKey = tokenKey(text(input, 'NextToken'), given.text)
    const { consistent, parameters } = given
    const { items, lastKey } = select(context, statement, parameters, { limit, consistent, startKey, tally })
    output.Items = items
    if (lastKey !== undefined) {
      output.NextToken = tokenOf(lastKey, given.text)
      output.LastEvaluatedKey = lastKey
    }
  } else {
    const plan = planWrite(context, statement, given.parameters, given.showItem)
    const write = plan.decide()
    tally.write(write.table, write.before, write.after, chargedBytes(write))
    carryOut(context, [write])
    const item = plan.returned(write)
    if (item !== undefined) output.Items = [item]
  }
  const capacity = tally.report()?.[0]
  if (capacity !== undefined) output.ConsumedCapacity = capacity
  return output
}

/** A SELECT in a batch or a transaction: it must name the whole key of one item. */
export interface SingleRead {
  readonly table: Table
  readonly rowKey: RowKey
  read(): Row | undefined
  /** What it selects of the row. */
  chosen(row: Row | undefined): Item | undefined
}

export function planRead(context: Context, statement: Select, parameters: readonly AttributeValue[]): SingleRead {
  const table = tableAt(context, statement.table)
  const where = statement.where && conditionOf(statement.where, parameters)
  const found = where === undefined || statement.index !== undefined ? undefined : whereKey(table.keys, where)
  if (found === undefined || found.rest !== undefined) throw validation('Only single item select is supported')
  const rowKey = keyOfRequest(table.keys, found.key)
  return {
    table,
    rowKey,
    read: () => table.rowAt(rowKey),
    chosen: (row) => selectOne(row, statement),
  }
}

export function unitsOf(row: Row | undefined, consistent: boolean): number {
  return readUnits(row?.bytes ?? 0, consistent)
}

export function addressIn(table: Table, key: RowKey): string {
  return `${table.name} ${addressOf(key)}`
}

function tokenOf(key: Item, statement: string): string {
  return Buffer.from(JSON.stringify({ key, statement })).toString('base64')
}

function tokenKey(token: string | undefined, statement: string): Item | undefined {
  if (token === undefined) return undefined
  try {
    const read = JSON.parse(Buffer.from(token, 'base64').toString()) as { key: unknown; statement: unknown }
    if (read.statement === statement) return checkItem(read.key, 'NextToken')
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof DynamoDbError)) throw error
  }
  throw validation('Invalid NextToken: it belongs to another statement, or was changed')
}
