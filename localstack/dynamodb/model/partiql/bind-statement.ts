import type { AttributeValue, Item } from '../attribute-value.ts'
import { checkValue } from '../check-values.ts'
import { validation } from '../errors.ts'
import type { Condition, UpdateAction } from '../expressions/ast.ts'
import { Binder } from '../expressions/bind.ts'
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
  return binderOf(parameters).condition(condition)
}

export function actionOf(action: UpdateAction<Expression>, parameters: Parameters): BoundAction {
  return binderOf(parameters).action(action)
}

function binderOf(parameters: Parameters): Binder<Expression> {
  return new Binder({ prefix: '', path: (path) => path, value: (expression) => valueIn(expression, parameters) })
}
