import { type AttributeValue, attributeOf, type Item, sameValue, typeOf } from '../attribute-value.ts'
import { beginsWith, compareValues, contains, sizeOf } from '../values.ts'
import type { Comparator, Condition, Operand, Path } from './ast.ts'

/** What lies at a document path; undefined when nothing does. */
export function valueAt(item: Item, path: Path): AttributeValue | undefined {
  let value = attributeOf(item, path[0] as string)
  for (let at = 1; at < path.length && value !== undefined; at += 1) {
    const element = path[at] as string | number
    if (typeof element === 'number') value = value.L?.[element]
    else value = value.M === undefined ? undefined : attributeOf(value.M, element)
  }
  return value
}

/** Whether a bound condition holds for an item. No item is one without attributes. */
export function holds(condition: Condition<AttributeValue>, item: Item): boolean {
  switch (condition.kind) {
    case 'and':
      return holds(condition.left, item) && holds(condition.right, item)
    case 'or':
      return holds(condition.left, item) || holds(condition.right, item)
    case 'not':
      return !holds(condition.condition, item)
    case 'compare':
      return compare(condition.op, operandValue(condition.left, item), operandValue(condition.right, item))
    case 'between': {
      const value = operandValue(condition.operand, item)
      return (
        compare('>=', value, operandValue(condition.low, item)) &&
        compare('<=', value, operandValue(condition.high, item))
      )
    }
    case 'in': {
      const value = operandValue(condition.operand, item)
      return condition.list.some((each) => compare('=', value, operandValue(each, item)))
    }
    case 'test':
      return test(condition.name, condition.operands, item)
  }
}

function operandValue(operand: Operand<AttributeValue>, item: Item): AttributeValue | undefined {
  switch (operand.kind) {
    case 'value':
      return operand.value
    case 'path':
      return valueAt(item, operand.path)
    case 'call': {
      const value = operandValue(operand.operands[0] as Operand<AttributeValue>, item)
      const size = value === undefined ? undefined : sizeOf(value)
      return size === undefined ? undefined : { N: String(size) }
    }
    case 'sum':
      return undefined
  }
}

/** What is not there is unequal to everything. */
function compare(op: Comparator, a: AttributeValue | undefined, b: AttributeValue | undefined): boolean {
  if (op === '=') return a !== undefined && b !== undefined && sameValue(a, b)
  if (op === '<>') return a === undefined || b === undefined || !sameValue(a, b)
  const order = a === undefined || b === undefined ? undefined : compareValues(a, b)
  if (order === undefined) return false
  switch (op) {
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
  }
}

function test(name: string, operands: readonly Operand<AttributeValue>[], item: Item): boolean {
  const first = operandValue(operands[0] as Operand<AttributeValue>, item)
  if (name === 'attribute_exists') return first !== undefined
  if (name === 'attribute_not_exists') return first === undefined
  const second = operandValue(operands[1] as Operand<AttributeValue>, item)
  if (first === undefined || second === undefined) return false
  if (name === 'attribute_type') return typeOf(first) === second.S
  return name === 'begins_with' ? beginsWith(first, second) : contains(first, second)
}
