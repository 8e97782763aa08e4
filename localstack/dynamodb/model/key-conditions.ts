import { type AttributeValue, typeOf } from './attribute-value.ts'
import { invalidValues, validation } from './errors.ts'
import type { BoundCondition } from './expressions/index.ts'
import type { KeyAttribute, Keys } from './keys.ts'
import type { SortRange } from './row-space.ts'
import { sortKeyText } from './sort-keys.ts'

/** The part of a partition that a Query looks at. */
export interface KeyRange {
  readonly partition: string
  readonly range: SortRange
}

interface Single {
  readonly operator: string
  readonly attribute: string
  readonly values: readonly AttributeValue[]
}

const notSupported = () => validation('Query key condition not supported')

/**
 * Reads a bound KeyConditionExpression: equality of the partition key, and at most one condition on the sort key.
 *
 * @throws DynamoDbError when it says more, less, or something else
 */
export function keyRangeOf(keys: Keys, condition: BoundCondition): KeyRange {
  const singles = singlesIn(condition)
  const byAttribute = new Map<string, Single>()
  for (const single of singles) {
    if (byAttribute.has(single.attribute)) {
      throw validation('KeyConditionExpressions must only contain one condition per key')
    }
    byAttribute.set(single.attribute, single)
  }
  const partition = byAttribute.get(keys.partition.name)
  if (partition === undefined) throw missed(keys.partition.name)
  const sort = keys.sort && byAttribute.get(keys.sort.name)
  if (singles.length > 2) throw validation('Conditions can be of length 1 or 2 only')
  if (singles.length === 2 && sort === undefined) throw missed(keys.sort?.name ?? keys.partition.name)
  if (partition.operator !== '=') throw notSupported()
  return {
    partition: keyText(partition, keys.partition),
    range: sort === undefined || keys.sort === undefined ? {} : rangeOf(sort, keys.sort),
  }
}

const MIRRORED = { '=': '=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const

const missed = (name: string) => validation(`Query condition missed key schema element: ${name}`)

function singlesIn(condition: BoundCondition): readonly Single[] {
  switch (condition.kind) {
    case 'and':
      return [...singlesIn(condition.left), ...singlesIn(condition.right)]
    case 'compare':
      if (condition.op === '<>') throw invalidOperator('<>')
      // `:value = name` is the same as `name = :value`.
      return condition.left.kind === 'value'
        ? [single(MIRRORED[condition.op], [condition.right, condition.left])]
        : [single(condition.op, [condition.left, condition.right])]
    case 'between':
      return [single('BETWEEN', [condition.operand, condition.low, condition.high])]
    case 'test':
      if (condition.name !== 'begins_with') throw invalidOperator(condition.name)
      return [single('begins_with', condition.operands)]
    default:
      throw invalidOperator(condition.kind.toUpperCase())
  }
}

const invalidOperator = (operator: string) => validation(`Invalid operator used in KeyConditionExpression: ${operator}`)

type Operands = Extract<BoundCondition, { kind: 'test' }>['operands']

function single(operator: string, [first, ...others]: Operands): Single {
  if (first?.kind !== 'path') throw notSupported()
  if (first.path.length > 1) {
    throw validation(
      'Invalid KeyConditionExpression: KeyConditionExpressions cannot have conditions on nested attributes',
    )
  }
  const values = others.map((operand) => {
    if (operand.kind !== 'value') throw notSupported()
    return operand.value
  })
  return { operator, attribute: String(first.path[0]), values }
}

function keyText({ values }: Single, key: KeyAttribute, at = 0): string {
  const value = values[at] as AttributeValue
  if (typeOf(value) !== key.type) throw invalidValues('Condition parameter type does not match schema type')
  if (value.S === '' || value.B === '') {
    const kind = value.S === '' ? 'string' : 'binary'
    throw validation(
      `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${kind} value. Key: ${key.name}`,
    )
  }
  return sortKeyText(value, key.type)
}

function rangeOf(sort: Single, key: KeyAttribute): SortRange {
  const first = keyText(sort, key)
  const including = { key: first, including: true }
  const excluding = { key: first, including: false }
  switch (sort.operator) {
    case '=':
      return { from: including, to: including }
    case '<':
      return { to: excluding }
    case '<=':
      return { to: including }
    case '>':
      return { from: excluding }
    case '>=':
      return { from: including }
    case 'BETWEEN':
      return { from: including, to: { key: keyText(sort, key, 1), including: true } }
    default: {
      const end = afterPrefix(first)
      return end === undefined ? { from: including } : { from: including, to: { key: end, including: false } }
    }
  }
}

/** The first text after all texts with this prefix. Undefined if no such text exists. */
function afterPrefix(prefix: string): string | undefined {
  const head = prefix.replace(/\uffff+$/, '')
  const last = head.length - 1
  return last < 0 ? undefined : head.slice(0, last) + String.fromCharCode(head.charCodeAt(last) + 1)
}
