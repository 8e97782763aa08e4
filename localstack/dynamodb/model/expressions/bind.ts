import { type AttributeValue, typeOf } from '../attribute-value.ts'
import { type DynamoDbError, validation } from '../errors.ts'
import { compareValues, isOrdered } from '../values.ts'
import type { Condition, Operand, Path, UpdateAction } from './ast.ts'
import { pathText } from './ast.ts'
import { checkFunction } from './functions.ts'

type Bound = AttributeValue

/** Where names and values of a parsed expression come from. */
export interface Source<V> {
  /** In front of messages: `Invalid ConditionExpression: `. */
  readonly prefix: string
  path(path: Path): Path
  value(value: V): AttributeValue
}

/** Puts the names and values of a request into its parsed expressions, and checks what can be checked without an item. */
export class Binder<V> {
  private readonly source: Source<V>

  constructor(source: Source<V>) {
    this.source = source
  }

  path(path: Path): Path {
    return this.source.path(path)
  }

  /** @param place a function of the kind that may stand there */
  operand(operand: Operand<V>, place: 'operand' | 'update' = 'operand'): Operand<Bound> {
    switch (operand.kind) {
      case 'path':
        return { kind: 'path', path: this.path(operand.path) }
      case 'value':
        return { kind: 'value', value: this.source.value(operand.value) }
      case 'call': {
        const operands = operand.operands.map((each) => this.operand(each, place))
        checkFunction(operand.name, operands, place, this.source.prefix)
        return { kind: 'call', name: operand.name, operands }
      }
      case 'sum': {
        const [left, right] = [this.operand(operand.left, place), this.operand(operand.right, place)]
        const symbol = operand.sign === 1 ? '+' : '-'
        for (const side of [left, right]) {
          if (side.kind === 'value') this.checkType(symbol, side.value, side.value.N !== undefined)
        }
        return { kind: 'sum', sign: operand.sign, left, right }
      }
    }
  }

  condition(condition: Condition<V>): Condition<Bound> {
    switch (condition.kind) {
      case 'and':
      case 'or':
        return {
          kind: condition.kind,
          left: this.condition(condition.left),
          right: this.condition(condition.right),
        }
      case 'not':
        return { kind: 'not', condition: this.condition(condition.condition) }
      case 'test': {
        const operands = condition.operands.map((each) => this.operand(each))
        checkFunction(condition.name, operands, 'condition', this.source.prefix)
        return { kind: 'test', name: condition.name, operands }
      }
      case 'compare': {
        const [left, right] = [this.operand(condition.left), this.operand(condition.right)]
        const { op } = condition
        this.checkDistinct(op, left, [right])
        if (op !== '=' && op !== '<>') {
          for (const side of [left, right])
            if (side.kind === 'value') this.checkType(op, side.value, isOrdered(side.value))
        }
        return { kind: 'compare', op, left, right }
      }
      case 'between':
        return this.between(condition)
      case 'in': {
        const operand = this.operand(condition.operand)
        const list = condition.list.map((each) => this.operand(each))
        this.checkDistinct('IN', operand, list)
        return { kind: 'in', operand, list }
      }
    }
  }

  action(action: UpdateAction<V>): UpdateAction<Bound> {
    const path = this.path(action.path)
    if (action.kind === 'REMOVE') return { kind: 'REMOVE', path }
    const value = this.operand(action.value, 'update')
    if (action.kind === 'SET') return { kind: 'SET', path, value }
    const { kind } = action
    if (value.kind === 'value') {
      const type = typeOf(value.value)
      const isSet = type === 'SS' || type === 'NS' || type === 'BS'
      if (!isSet && !(kind === 'ADD' && type === 'N')) {
        throw this.invalid(
          `Incorrect operand type for operator or function; operator: ${kind}, operand type: ${LONG_NAMES[type]}, typeSet: ALLOWED_FOR_${kind}_OPERAND`,
        )
      }
    }
    return { kind, path, value }
  }

  private between(condition: Extract<Condition<V>, { kind: 'between' }>): Condition<Bound> {
    const [operand, low, high] = [condition.operand, condition.low, condition.high].map((each) =>
      this.operand(each),
    ) as [Operand<Bound>, Operand<Bound>, Operand<Bound>]
    this.checkDistinct('BETWEEN', operand, [low, high])
    for (const side of [operand, low, high]) {
      if (side.kind === 'value') this.checkType('BETWEEN', side.value, isOrdered(side.value))
    }
    if (low.kind === 'value' && high.kind === 'value') {
      const order = compareValues(low.value, high.value)
      const bounds = `lower bound operand: AttributeValue: ${shown(low.value)}, upper bound operand: AttributeValue: ${shown(high.value)}`
      if (order === undefined) {
        throw this.invalid(`The BETWEEN operator requires same data type for lower and upper bounds; ${bounds}`)
      }
      if (order > 0) {
        throw this.invalid(
          `The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ${bounds}`,
        )
      }
    }
    return { kind: 'between', operand, low, high }
  }

  private checkType(operator: string, value: AttributeValue, isRight: boolean): void {
    if (isRight) return
    throw this.invalid(
      `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${typeOf(value)}`,
    )
  }

  private checkDistinct(operator: string, first: Operand<Bound>, others: readonly Operand<Bound>[]): void {
    if (first.kind !== 'path') return
    const text = pathText(first.path)
    if (others.some((other) => other.kind === 'path' && pathText(other.path) === text)) {
      throw this.invalid(
        `The first operand must be distinct from the remaining operands for this operator or function; operator: ${operator}, first operand: ${text}`,
      )
    }
  }

  private invalid(reason: string): DynamoDbError {
    return validation(this.source.prefix + reason)
  }
}

/** How the messages about ADD and DELETE call the types. */
const LONG_NAMES = {
  S: 'STRING',
  N: 'NUMBER',
  B: 'BINARY',
  BOOL: 'BOOLEAN',
  NULL: 'NULL',
  SS: 'STRING_SET',
  NS: 'NUMBER_SET',
  BS: 'BINARY_SET',
  L: 'LIST',
  M: 'MAP',
} as const

function shown(value: AttributeValue): string {
  const type = typeOf(value)
  return `{${type}:${value[type]}}`
}
