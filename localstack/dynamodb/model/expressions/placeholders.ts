import type { AttributeValue, Item } from '../attribute-value.ts'
import { checkValue, isObject, kindOf } from '../check-values.ts'
import { DynamoDbError, serialization, validation } from '../errors.ts'
import type { Source } from './bind.ts'

/** ExpressionAttributeNames and ExpressionAttributeValues of one request, and which of them its expressions used. */
export class Placeholders {
  private readonly names: Record<string, string> | undefined
  private readonly values: Item | undefined
  private readonly used = new Set<string>()

  /** @throws DynamoDbError when they are given without an expression, empty, or have an invalid key or value */
  constructor(names: unknown, values: unknown, hasExpression: boolean) {
    this.names = names === undefined ? undefined : checkNames(names, hasExpression)
    this.values = values === undefined ? undefined : checkValues(values, hasExpression)
  }

  /** For the binding of one expression. @param what the parameter that it came in */
  sourceFor(what: string): Source<string> {
    return {
      prefix: `Invalid ${what}: `,
      path: (path) =>
        path.some(isAlias) ? path.map((element) => (isAlias(element) ? this.name(element, what) : element)) : path,
      value: (placeholder) => this.value(placeholder, what),
    }
  }

  private name(alias: string, what: string): string {
    const name = this.names !== undefined && Object.hasOwn(this.names, alias) ? this.names[alias] : undefined
    if (name === undefined) {
      throw validation(
        `Invalid ${what}: An expression attribute name used in the document path is not defined; attribute name: ${alias}`,
      )
    }
    this.used.add(alias)
    return name
  }

  private value(placeholder: string, what: string): AttributeValue {
    const value =
      this.values !== undefined && Object.hasOwn(this.values, placeholder) ? this.values[placeholder] : undefined
    if (value === undefined) {
      throw validation(
        `Invalid ${what}: An expression attribute value used in expression is not defined; attribute value: ${placeholder}`,
      )
    }
    this.used.add(placeholder)
    return value
  }

  /** @throws DynamoDbError when one was given that no expression used */
  checkAllUsed(): void {
    this.checkUsed('ExpressionAttributeNames', this.names)
    this.checkUsed('ExpressionAttributeValues', this.values)
  }

  private checkUsed(parameter: string, given: object | undefined): void {
    if (given === undefined) return
    const unused = Object.keys(given).filter((key) => !this.used.has(key))
    if (unused.length > 0) {
      throw validation(`Value provided in ${parameter} unused in expressions: keys: {${unused.join(', ')}}`)
    }
  }
}

function isAlias(element: string | number): element is string {
  return typeof element === 'string' && element.charCodeAt(0) === 35
}

function checkNames(names: unknown, hasExpression: boolean): Record<string, string> {
  const parameter = 'ExpressionAttributeNames'
  for (const [key, name] of checkedEntries(names, parameter, hasExpression, '#')) {
    if (typeof name !== 'string') throw serialization(`${kindOf(name)} can not be converted to a String`)
    if (name === '') throw validation(`${parameter} contains invalid value: Empty attribute name for key ${key}`)
  }
  return names as Record<string, string>
}

function checkValues(values: unknown, hasExpression: boolean): Item {
  const parameter = 'ExpressionAttributeValues'
  for (const [key, value] of checkedEntries(values, parameter, hasExpression, ':')) {
    try {
      checkValue(value)
    } catch (error) {
      if (!(error instanceof DynamoDbError) || error.name !== 'ValidationException') throw error
      throw validation(`${parameter} contains invalid value: ${error.message} for key ${key}`)
    }
  }
  return values as Item
}

function checkedEntries(given: unknown, parameter: string, hasExpression: boolean, sign: '#' | ':') {
  if (!isObject(given)) throw serialization(`${kindOf(given)} can not be converted to a Map`)
  if (!hasExpression) throw validation(`${parameter} can only be specified when using expressions`)
  const entries = Object.entries(given)
  if (entries.length === 0) throw validation(`${parameter} must not be empty`)
  for (const [key] of entries) {
    if (key[0] !== sign || !/^.[A-Za-z0-9_]+$/.test(key)) {
      throw validation(`${parameter} contains invalid key: Syntax error; key: "${key}"`)
    }
  }
  return entries
}
