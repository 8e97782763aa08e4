import type { Item } from '../attribute-value.ts'
import { CapacityTally, type ConsumedCapacity, capacityMode } from '../capacity.ts'
import { type Context, tableAt } from '../context.ts'
import { DynamoDbError, validation } from '../errors.ts'
import { constraint, type Input, missing, structures, text } from '../input.ts'
import { keyOfRequest, rowKeyOf } from '../keys.ts'
import { MAX_STATEMENTS, MAX_TRANSACTION_ITEMS } from '../limits.ts'
import { cancelled, decide, isRepeated, reasonOf, refuseRepeated, remember } from '../transactions.ts'
import { carryOut, chargedBytes, planCheck } from '../writes.ts'
import { checkParameters, conditionOf } from './bind-statement.ts'
import { addressIn, type GivenStatement, planRead, statementIn, unitsOf } from './execute.ts'
import { parseStatement } from './parse.ts'
import { planWrite, type WritePlan } from './plan.ts'
import type { Select, Statement } from './statement.ts'
import { requiredKey } from './where-key.ts'

interface StatementError {
  Code: string
  Message: string
  Item?: Item
}

interface StatementResponse {
  TableName?: string
  Item?: Item
  Error?: StatementError
}

export interface BatchExecuteOutput {
  Responses: StatementResponse[]
  ConsumedCapacity?: ConsumedCapacity[]
}

interface Parsed {
  readonly given: GivenStatement
  readonly statement: Statement | DynamoDbError
}

/** Statements that take effect, or not, one by one. All read or all write, and none has the key of another. */
export function batchExecuteStatement(context: Context, input: Input): BatchExecuteOutput {
  const mode = capacityMode(input)
  const statements = parsedStatements(input, 'Statements', MAX_STATEMENTS)
  const isRead = readsOnly(statements, 'Read and write requests together in the same batch is not supported.')
  const tally = new CapacityTally(mode, isRead ? 'read' : 'write')
  const seen = new Set<string>()
  const runs = statements.map((each) => planned(context, each, seen, tally))
  const Responses = runs.map((run) => run())
  const capacity = tally.report()
  return capacity === undefined ? { Responses } : { Responses, ConsumedCapacity: capacity }
}

/** Prepares a statement without doing anything yet. */
function planned(
  context: Context,
  { given, statement }: Parsed,
  seen: Set<string>,
  tally: CapacityTally,
): () => StatementResponse {
  const once = (address: string): void => {
    if (seen.has(address)) throw validation('Provided list of item keys contains duplicates')
    seen.add(address)
  }
  if (statement instanceof DynamoDbError) return () => ({ Error: errorOf(statement) })
  const TableName = statement.table
  if (statement.kind === 'select') {
    const read = attempt(() => planRead(context, statement, given.parameters))
    if (read instanceof DynamoDbError) return () => ({ Error: errorOf(read) })
    once(addressIn(read.table, read.rowKey))
    return () => {
      const row = read.read()
      tally.read(read.table, unitsOf(row, given.consistent))
      const item = read.chosen(row)
      return item === undefined ? { TableName } : { TableName, Item: item }
    }
  }
  const plan = attempt(() => planWrite(context, statement, given.parameters, given.showItem))
  if (plan instanceof DynamoDbError) return () => ({ Error: errorOf(plan) })
  const key = rowKeyOf(plan.table.keys, plan.key)
  if (key !== undefined) once(addressIn(plan.table, key))
  return () => run(context, plan, TableName, tally)
}

function run(context: Context, plan: WritePlan, TableName: string, tally: CapacityTally): StatementResponse {
  const write = attempt(() => plan.decide())
  if (write instanceof DynamoDbError) return { TableName, Error: errorOf(write) }
  tally.write(write.table, write.before, write.after, chargedBytes(write))
  carryOut(context, [write])
  const item = plan.returned(write)
  return item === undefined ? { TableName } : { TableName, Item: item }
}

function attempt<Result>(work: () => Result): Result | DynamoDbError {
  try {
    return work()
  } catch (error) {
    if (error instanceof DynamoDbError) return error
    throw error
  }
}

const CODES: Readonly<Record<string, string>> = {
  ConditionalCheckFailedException: 'ConditionalCheckFailed',
  DuplicateItemException: 'DuplicateItem',
  ResourceNotFoundException: 'ResourceNotFound',
  ValidationException: 'ValidationError',
}

function errorOf({ name, message, details }: DynamoDbError): StatementError {
  const Code = CODES[name] ?? name
  return details.Item === undefined ? { Code, Message: message } : { Code, Message: message, Item: details.Item }
}

export interface ExecuteTransactionOutput {
  Responses: { Item?: Item }[]
  ConsumedCapacity?: ConsumedCapacity[]
}

/** Statements that all take effect, or none: all read, or all write (EXISTS counts as a write). */
export function executeTransaction(context: Context, input: Input): ExecuteTransactionOutput {
  const mode = capacityMode(input)
  const statements = parsedStatements(input, 'TransactStatements', MAX_TRANSACTION_ITEMS)
  for (const [at, { statement }] of statements.entries()) {
    if (statement instanceof DynamoDbError) throw statement
    if ((statement.kind === 'update' || statement.kind === 'delete') && statement.returning !== undefined) {
      throw validation(
        `Validation failed in TransactStatements[${at}]: RETURNING clause is not supported in ExecuteTransaction.`,
      )
    }
  }
  const isRead = readsOnly(
    statements,
    'ExecuteTransaction API does not support both read and write operations in the same request.',
  )
  const tally = new CapacityTally(mode, isRead ? 'read' : 'write', true)
  const Responses = isRead
    ? readAll(context, statements, tally)
    : writeAll(context, statements, tally, text(input, 'ClientRequestToken'), JSON.stringify(input.TransactStatements))
  const capacity = tally.report()
  return capacity === undefined ? { Responses } : { Responses, ConsumedCapacity: capacity }
}

function readAll(context: Context, statements: readonly Parsed[], tally: CapacityTally): { Item?: Item }[] {
  const seen = new Set<string>()
  const reads = statements.map(({ given, statement }) => {
    const read = attempt(() => planRead(context, statement as Select, given.parameters))
    if (!(read instanceof DynamoDbError)) refuseRepeated(seen, read.table, read.rowKey)
    return read
  })
  const reasons = reads.map((read) => (read instanceof DynamoDbError ? reasonOf(read) : { Code: 'None' }))
  const found = reads.flatMap((read) => {
    if (read instanceof DynamoDbError) return []
    const row = read.read()
    tally.read(read.table, unitsOf(row, true))
    const item = read.chosen(row)
    return [item === undefined ? {} : { Item: item }]
  })
  if (found.length < statements.length) throw cancelled(reasons)
  return found
}

function writeAll(
  context: Context,
  statements: readonly Parsed[],
  tally: CapacityTally,
  token: string | undefined,
  request: string,
): { Item?: Item }[] {
  const plans = statements.map(({ given, statement }) => {
    if (statement instanceof DynamoDbError) throw statement
    if (statement.kind === 'select') return checkOf(context, statement, given)
    return planWrite(context, statement, given.parameters, given.showItem)
  })
  if (token !== undefined && isRepeated(context, token, request)) return statements.map(() => ({}))
  const writes = decide(plans)
  for (const write of writes) tally.write(write.table, write.before, write.after, chargedBytes(write))
  carryOut(context, writes, remember(context, token, request))
  return statements.map(() => ({}))
}

function checkOf(context: Context, statement: Select, given: GivenStatement) {
  const table = tableAt(context, statement.table)
  const where = statement.where && conditionOf(statement.where, given.parameters)
  if (where === undefined) {
    throw validation('Where clause does not contain a mandatory equality on all key attributes')
  }
  const { key, rest } = requiredKey(table.keys, where)
  keyOfRequest(table.keys, key)
  return {
    table,
    key,
    decide: () => planCheck(table, key, { condition: rest, showItem: given.showItem, mustExist: true }),
  }
}

function parsedStatements(input: Input, name: 'Statements' | 'TransactStatements', most: number): readonly Parsed[] {
  const path = name.charAt(0).toLowerCase() + name.slice(1)
  const given = structures(input, name)
  if (given === undefined) throw missing(path)
  if (given.length < 1) throw constraint('[]', path, 'Member must have length greater than or equal to 1')
  if (given.length > most) throw constraint('[...]', path, `Member must have length less than or equal to ${most}`)
  // A parameter that is not a value refuses the whole request. A statement that cannot be read refuses only itself.
  const statements = given.map((each, at) => statementIn(each, `${path}.${at + 1}.member.statement`))
  return statements.map((each) => ({
    given: each,
    statement: attempt(() => {
      const statement = parseStatement(each.text)
      checkParameters(statement, each.parameters)
      if (statement.kind === 'select' && statement.isCheck && name === 'Statements') {
        throw validation('EXISTS is only supported in ExecuteTransaction')
      }
      return statement
    }),
  }))
}

/** Whether the statements read. @throws DynamoDbError when some read and some write */
function readsOnly(statements: readonly Parsed[], message: string): boolean {
  const kinds = statements.flatMap(({ statement }) =>
    statement instanceof DynamoDbError ? [] : [statement.kind === 'select' && !statement.isCheck],
  )
  if (new Set(kinds).size > 1) throw validation(message)
  return kinds[0] ?? false
}
