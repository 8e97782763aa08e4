import { isObject, kindOf } from './check-values.ts'
import { serialization, validation } from './errors.ts'

/** A request's members as they came, before anything is known of them. */
export type Input = Readonly<Record<string, unknown>>

const wrong = (value: unknown, wanted: string) => serialization(`${kindOf(value)} can not be converted to ${wanted}`)

/** A value that failed a constraint of the service model. */
export function constraint(value: unknown, path: string, rule: string) {
  const said = value === undefined || value === null ? 'null' : `'${value}'`
  return validation(`1 validation error detected: Value ${said} at '${path}' failed to satisfy constraint: ${rule}`)
}

export const missing = (path: string) => constraint(undefined, path, 'Member must not be null')

export function text(input: Input, name: string): string | undefined {
  const value = input[name] ?? undefined
  if (value === undefined || typeof value === 'string') return value
  throw wrong(value, 'a String')
}

export function flag(input: Input, name: string): boolean | undefined {
  const value = input[name] ?? undefined
  if (value === undefined || typeof value === 'boolean') return value
  throw wrong(value, 'a Boolean')
}

export function integer(input: Input, name: string): number | undefined {
  const value = input[name] ?? undefined
  if (value === undefined) return undefined
  if (typeof value !== 'number') throw wrong(value, 'an Integer')
  return Math.trunc(value)
}

export function structure(input: Input, name: string): Input | undefined {
  const value = input[name] ?? undefined
  if (value === undefined || isObject(value)) return value
  throw wrong(value, 'a Structure')
}

export function list(input: Input, name: string): readonly unknown[] | undefined {
  const value = input[name] ?? undefined
  if (value === undefined || Array.isArray(value)) return value
  throw wrong(value, 'a List')
}

export function texts(input: Input, name: string): readonly string[] | undefined {
  return list(input, name)?.map((each) => {
    if (typeof each === 'string') return each
    throw wrong(each, 'a String')
  })
}

export function structures(input: Input, name: string): readonly Input[] | undefined {
  return list(input, name)?.map((each) => {
    if (isObject(each)) return each
    throw wrong(each, 'a Structure')
  })
}

/** One of the names that a member may have; `values` in the order in which AWS's message lists them. */
export function oneOf<Value extends string>(
  input: Input,
  name: string,
  values: readonly Value[],
  path: string = memberPath(name),
): Value | undefined {
  const value = text(input, name)
  if (value === undefined || values.includes(value as Value)) return value as Value | undefined
  throw constraint(value, path, `Member must satisfy enum value set: [${values.join(', ')}]`)
}

/** `TableName` is `tableName` in messages. */
export function memberPath(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}

export function atLeast(value: number | undefined, least: number, name: string): void {
  if (value !== undefined && value < least) {
    throw constraint(value, memberPath(name), `Member must have value greater than or equal to ${least}`)
  }
}

/** Members of the API of 2012 before expressions came: this engine leaves them out. */
const LEGACY: Readonly<Record<string, string>> = {
  AttributesToGet: 'ProjectionExpression',
  AttributeUpdates: 'UpdateExpression',
  ConditionalOperator: 'AND and OR in an expression',
  Expected: 'ConditionExpression',
  KeyConditions: 'KeyConditionExpression',
  QueryFilter: 'FilterExpression',
  ScanFilter: 'FilterExpression',
}

/** @throws DynamoDbError for a legacy parameter, saying what takes its place */
export function refuseLegacy(input: Input): void {
  for (const name in LEGACY) {
    if (input[name] === undefined || input[name] === null) continue
    const expressions = Object.keys(input).filter((key) => key.endsWith('Expression') && input[key] != null)
    if (expressions.length > 0) {
      throw validation(
        `Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {${name}} Expression parameters: {${expressions.join(', ')}}`,
      )
    }
    throw validation(`The legacy parameter ${name} is not supported by this engine. Use ${LEGACY[name]} instead.`)
  }
}
