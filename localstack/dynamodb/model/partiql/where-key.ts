import { type AttributeValue, type Item, setAttribute } from '../attribute-value.ts'
import { validation } from '../errors.ts'
import type { BoundCondition } from '../expressions/index.ts'
import { type Keys, keyAttributes } from '../keys.ts'

export interface WhereKey {
  readonly key: Item
  /** What is asked beyond the key. */
  readonly rest: BoundCondition | undefined
}

/** Parts that must all hold. */
export function conjuncts(condition: BoundCondition, into: BoundCondition[] = []): BoundCondition[] {
  if (condition.kind !== 'and') into.push(condition)
  else {
    conjuncts(condition.left, into)
    conjuncts(condition.right, into)
  }
  return into
}

export function allOf(conditions: readonly BoundCondition[]): BoundCondition | undefined {
  if (conditions.length === 0) return undefined
  return conditions.reduce((left, right) => ({ kind: 'and', left, right }))
}

/** `attribute = value`; undefined for anything else. */
export function equality(condition: BoundCondition): { name: string; value: AttributeValue } | undefined {
  if (condition.kind !== 'compare' || condition.op !== '=') return undefined
  const { left, right } = condition
  const [path, value] = left.kind === 'path' ? [left, right] : [right, left]
  if (path.kind !== 'path' || value.kind !== 'value' || path.path.length > 1) return undefined
  return { name: String(path.path[0]), value: value.value }
}

/** Takes a WHERE apart: equality with each attribute of the key, and the rest. Undefined when the key is not all there. */
export function whereKey(keys: Keys, where: BoundCondition): WhereKey | undefined {
  const key: Item = {}
  const rest: BoundCondition[] = []
  const attributes = keyAttributes(keys)
  let found = 0
  for (const condition of conjuncts(where)) {
    const equal = equality(condition)
    if (equal !== undefined && attributes.some(({ name }) => name === equal.name) && !Object.hasOwn(key, equal.name)) {
      setAttribute(key, equal.name, equal.value)
      found += 1
    } else rest.push(condition)
  }
  return found === attributes.length ? { key, rest: allOf(rest) } : undefined
}

export function requiredKey(keys: Keys, where: BoundCondition): WhereKey {
  const found = whereKey(keys, where)
  if (found === undefined) {
    throw validation('Where clause does not contain a mandatory equality on all key attributes')
  }
  return found
}
