import type { AttributeValue, Item } from '../attribute-value.ts'
import { checkValue } from '../check-values.ts'
import { validation } from '../errors.ts'
import type { Condition, Operand, UpdateAction } from '../expressions/ast.ts'
import { checkFunction } from '../expressions/functions.ts'
import type { BoundAction, BoundCondition } from '../expressions/index.ts'
import type { Expression, MapExpression, Statement } from './statement.ts'

type Parameters = readonly AttributeValue[]

/** @throws DynamoDbError when a statement has more or fewer question marks */
export function checkParameters(statement: Statement, parameters: Parameters): void {
  if (statement.parameters !== parameters.length) {
    throw validation("Number of parameters in request and statement don't match.")
  }
}

/** The value of an expression. Literals are shared by all executions of a statement: stored values are never changed. */
export function valueIn(expression: Expression, parameters: Parameters): AttributeValue {
  switch (expression.kind) {
    case 'parameter':
      return parameters[expression.index] as AttributeValue
    case 'literal':
      return expression.value
    case 'map':
      return { M: itemOf(expression, parameters) }
    case 'list':
      return { L: expression.elements.map((element) => valueIn(element, parameters)) }
    case 'set':
      return setOf(expression.elements.map((element) => valueIn(element, parameters)))
  }
}

export function itemOf({ entries, template }: MapExpression, parameters: Parameters): Item {
  const item = { ...template } as Item
  for (const [name, expression] of entries) item[name] = valueIn(expression, parameters)
  return item
}

function setOf(elements: readonly AttributeValue[]): AttributeValue {
  for (const [type, of] of [
    ['SS', 'S'],
    ['NS', 'N'],
    ['BS', 'B'],
  ] as const) {
    const members = elements.flatMap((element) => element[of] ?? [])
    if (members.length > 0 && members.length === elements.length) return checkValue({ [type]: members })
  }
  throw validation('A set must have members of one type: strings, numbers or binary values')
}

export function conditionOf(condition: Condition<Expression>, parameters: Parameters): BoundCondition {
  const operand = (each: Operand<Expression>): Operand<AttributeValue> => operandOf(each, parameters)
  switch (condition.kind) {
    case 'and':
    case 'or':
      return {
        kind: condition.kind,
        left: conditionOf(condition.left, parameters),
        right: conditionOf(condition.right, parameters),
      }
    case 'not':
      return { kind: 'not', condition: conditionOf(condition.condition, parameters) }
    case 'compare':
      return { kind: 'compare', op: condition.op, left: operand(condition.left), right: operand(condition.right) }
    case 'between': {
      const { operand: value, low, high } = condition
      return { kind: 'between', operand: operand(value), low: operand(low), high: operand(high) }
    }
    case 'in':
      return { kind: 'in', operand: operand(condition.operand), list: condition.list.map(operand) }
    case 'test': {
      const operands = condition.operands.map(operand)
      checkFunction(condition.name, operands, 'condition', 'Statement')
      return { kind: 'test', name: condition.name, operands }
    }
  }
}

function operandOf(operand: Operand<Expression>, parameters: Parameters, inUpdate = false): Operand<AttributeValue> {
  switch (operand.kind) {
    case 'path':
      return operand
    case 'value':
      return { kind: 'value', value: valueIn(operand.value, parameters) }
    case 'call': {
      const operands = operand.operands.map((each) => operandOf(each, parameters, inUpdate))
      checkFunction(operand.name, operands, inUpdate ? 'update' : 'operand', 'Statement')
      return { kind: 'call', name: operand.name, operands }
    }
    case 'sum': {
      const [left, right] = [operand.left, operand.right].map((each) => operandOf(each, parameters, inUpdate)) as [
        Operand<AttributeValue>,
        Operand<AttributeValue>,
      ]
      return { kind: 'sum', sign: operand.sign, left, right }
    }
  }
}

export function actionOf(action: UpdateAction<Expression>, parameters: Parameters): BoundAction {
  if (action.kind === 'REMOVE') return action
  const value = operandOf(action.value, parameters, true)
  if (action.kind === 'SET') return { kind: 'SET', path: action.path, value }
  const isSet = value.kind === 'value' && (value.value.SS ?? value.value.NS ?? value.value.BS) !== undefined
  if (!isSet) throw validation('set_add and set_delete need a set as their second operand')
  return { kind: action.kind, path: action.path, value }
}
