import { type AttributeValue, attributeOf, type Item, setAttribute, typeOf } from '../attribute-value.ts'
import { compactItem } from '../compact-item.ts'
import { validation } from '../errors.ts'
import { addNumbers } from '../numbers.ts'
import type { Operand, Path, UpdateAction } from './ast.ts'
import { valueAt } from './evaluate.ts'

type Action = UpdateAction<AttributeValue>
type List = AttributeValue[]

const wrongType = () => validation('An operand in the update expression has an incorrect data type')
const noSuchPath = () => validation('The document path provided in the update expression is invalid for update')

/**
 * The item after an update. Every operand sees the item as it was before. The item itself stays as it is: what changes is
 * copied along its path.
 *
 * @throws DynamoDbError when a path leads nowhere, or an operand is missing or of the wrong type
 */
export function applyUpdate(item: Item, actions: readonly Action[]): Item {
  const changed: Item = { ...item }
  const draft = new Draft(changed)
  // Behind the end of a list elements are appended in the order of their indexes, and gaps close up.
  const inOrder = actions.some(({ path }) => typeof path.at(-1) === 'number') ? byLastIndex(actions) : actions
  for (const action of inOrder) {
    if (action.kind === 'REMOVE') continue
    const value = action.kind === 'SET' ? computed(action.value, item) : combined(action, valueAt(item, action.path))
    if (value === undefined) draft.remove(action.path)
    else draft.set(action.path, value)
  }
  // From the last element on, so that those before keep their places.
  for (const { kind, path } of inOrder.toReversed()) {
    if (kind === 'REMOVE') draft.remove(path, valueAt(item, path) !== undefined)
  }
  return draft.isReshaped ? compactItem(changed) : changed
}

function byLastIndex(actions: readonly Action[]): readonly Action[] {
  const last = ({ path }: Action): number => {
    const element = path.at(-1)
    return typeof element === 'number' ? element : -1
  }
  return actions.toSorted((a, b) => last(a) - last(b))
}

function computed(operand: Operand<AttributeValue>, item: Item): AttributeValue {
  switch (operand.kind) {
    case 'value':
      return operand.value
    case 'path': {
      const value = valueAt(item, operand.path)
      if (value === undefined) {
        throw validation('The provided expression refers to an attribute that does not exist in the item')
      }
      return value
    }
    case 'sum': {
      const [left, right] = [computed(operand.left, item), computed(operand.right, item)]
      if (left.N === undefined || right.N === undefined) throw wrongType()
      return { N: addNumbers(left.N, right.N, operand.sign) }
    }
    case 'call': {
      const [first, second] = operand.operands as [Operand<AttributeValue>, Operand<AttributeValue>]
      if (operand.name === 'if_not_exists') {
        const known = first.kind === 'path' ? valueAt(item, first.path) : undefined
        return known ?? computed(second, item)
      }
      const [head, tail] = [computed(first, item), computed(second, item)]
      if (head.L === undefined || tail.L === undefined) throw wrongType()
      return { L: [...head.L, ...tail.L] }
    }
  }
}

/** ADD and DELETE. Undefined: nothing is left of the set. */
function combined(
  { kind, value }: Extract<Action, { kind: 'ADD' | 'DELETE' }>,
  known: AttributeValue | undefined,
): AttributeValue | undefined {
  const operand = (value as Extract<typeof value, { kind: 'value' }>).value
  if (known === undefined) return kind === 'ADD' ? operand : undefined
  const type = typeOf(operand)
  if (type !== typeOf(known)) throw wrongType()
  if (type === 'N') return { N: addNumbers(known.N as string, operand.N as string, 1) }
  const [members, others] = [known[type] as string[], operand[type] as string[]]
  if (kind === 'ADD') return { [type]: [...new Set([...members, ...others])] }
  const left = members.filter((member) => !others.includes(member))
  return left.length > 0 ? { [type]: left } : undefined
}

/** An item that is being changed: documents are copied before their first change. */
class Draft {
  /** Whether the item got or lost an attribute. */
  isReshaped = false
  private readonly root: AttributeValue
  private readonly copies = new Set<AttributeValue>()

  constructor(item: Item) {
    this.root = { M: item }
    this.copies.add(this.root)
  }

  set(path: Path, value: AttributeValue): void {
    const holder = this.holderOf(path)
    const last = path.at(-1) as string | number
    if (typeof last === 'string') {
      const map = holder.M as Item
      this.isReshaped ||= path.length === 1 && !Object.hasOwn(map, last)
      setAttribute(map, last, value)
    } else {
      const list = holder.L as List
      list[Math.min(last, list.length)] = value
    }
  }

  /** @param exists whether there is something to be removed: what was appended meanwhile stays */
  remove(path: Path, exists = true): void {
    const holder = this.holderOf(path)
    const last = path.at(-1) as string | number
    if (!exists) return
    if (typeof last === 'string') {
      this.isReshaped ||= path.length === 1
      delete (holder.M as Item)[last]
    } else {
      ;(holder.L as List).splice(last, 1)
    }
  }

  /** The document that the last element of a path lies in, ready to be changed. */
  private holderOf(path: Path): AttributeValue {
    let holder = this.root
    for (let at = 0; at < path.length - 1; at += 1) {
      const element = path[at] as string | number
      const next = typeof element === 'number' ? holder.L?.[element] : holder.M && attributeOf(holder.M, element)
      if (next === undefined) throw noSuchPath()
      holder = this.copyIn(holder, element, next)
    }
    const isList = typeof path.at(-1) === 'number'
    if (isList ? holder.L === undefined : holder.M === undefined) throw noSuchPath()
    return holder
  }

  private copyIn(holder: AttributeValue, element: string | number, value: AttributeValue): AttributeValue {
    if (this.copies.has(value)) return value
    const copy: AttributeValue =
      value.L !== undefined ? { L: [...value.L] } : value.M !== undefined ? { M: { ...value.M } } : value
    this.copies.add(copy)
    if (typeof element === 'number') (holder.L as List)[element] = copy
    else setAttribute(holder.M as Item, element, copy)
    return copy
  }
}
