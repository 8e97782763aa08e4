import type { Change } from './changes.ts'
import type { DynamoDbClock } from './clock.ts'
import { namedTableNotFound, tableNotFound, validation } from './errors.ts'
import { constraint, type Input, missing, text } from './input.ts'
import type { RequestTokens } from './request-tokens.ts'
import type { Table } from './table.ts'

/** What the operations of one model share. */
export interface Context {
  readonly clock: DynamoDbClock
  readonly ids: () => string
  readonly region: string
  readonly accountId: string
  readonly tables: Map<string, Table>
  /** Client request tokens of transactions. */
  readonly tokens: RequestTokens
  /** Takes what one request, or one of its statements, changed: all of it together or nothing. */
  readonly emit: (changes: readonly Change[]) => void
  /** Whether anybody listens. */
  readonly recording: boolean
}

const NAME = /^[a-zA-Z0-9_.-]+$/

/** A table's name in a request, which may be an ARN. */
export function tableNameIn(input: Input, path = 'tableName'): string {
  const given = text(input, 'TableName')
  if (given === undefined) throw missing(path)
  const name = given.startsWith('arn:') ? (given.split(':table/')[1] ?? '') : given
  return checkedName(name, path)
}

export function checkedName(name: string, path: string): string {
  if (name.length < 1) throw constraint(name, path, 'Member must have length greater than or equal to 1')
  if (!NAME.test(name)) throw constraint(name, path, 'Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+')
  if (name.length > 255) throw constraint(name, path, 'Member must have length less than or equal to 255')
  return name
}

/** A name for something new: at least three characters. */
export function checkedNewName(name: string, path: string): string {
  if (name.length < 3) throw constraint(name, path, 'Member must have length greater than or equal to 3')
  return checkedName(name, path)
}

/** The table of a request for its items. */
export function tableAt(context: Context, name: string): Table {
  const table = context.tables.get(name)
  if (table === undefined) throw tableNotFound()
  return table
}

/** The table of a request for the table itself. */
export function namedTable(context: Context, name: string): Table {
  const table = context.tables.get(name)
  if (table === undefined) throw namedTableNotFound(name)
  return table
}

export function tableArn({ region, accountId }: Context, name: string): string {
  return `arn:aws:dynamodb:${region}:${accountId}:table/${name}`
}

/** The table that an ARN means. */
export function tableOfArn(context: Context, arn: string | undefined, path: string): Table {
  if (arn === undefined) throw missing(path)
  const name = /^arn:[^:]*:dynamodb:[^:]*:[^:]*:table\/([a-zA-Z0-9_.-]+)$/.exec(arn)?.[1]
  if (name === undefined) throw validation(`Invalid TableArn: Invalid ResourceArn provided as input ${arn}`)
  return namedTable(context, name)
}
