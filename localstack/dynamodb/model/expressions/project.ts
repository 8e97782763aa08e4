import { type AttributeValue, attributeOf, type Item, setAttribute } from '../attribute-value.ts'
import type { Path } from './ast.ts'

/** The parts of an item at these paths, in the documents they lie in. Elements of a list close up. */
export function project(item: Item, paths: readonly Path[]): Item {
  const projected: Item = {}
  for (const [name, below] of grouped(paths)) {
    const value = attributeOf(item, name as string)
    const part = value && partOf(value, below)
    if (part !== undefined) setAttribute(projected, name as string, part)
  }
  return projected
}

function partOf(value: AttributeValue, paths: readonly Path[]): AttributeValue | undefined {
  if (paths.some(({ length }) => length === 0)) return value
  if (value.M !== undefined) {
    const named = paths.filter(([first]) => typeof first === 'string')
    const part = project(value.M, named)
    return Object.keys(part).length > 0 ? { M: part } : undefined
  }
  if (value.L === undefined) return undefined
  const list = value.L
  const elements = grouped(paths.filter(([first]) => typeof first === 'number'))
  const parts = [...elements]
    .sort(([a], [b]) => Number(a) - Number(b))
    .flatMap(([index, below]) => {
      const element = list[Number(index)]
      const part = element && partOf(element, below)
      return part === undefined ? [] : [part]
    })
  return parts.length > 0 ? { L: parts } : undefined
}

/** What follows each first element. */
function grouped(paths: readonly Path[]): Map<string | number, Path[]> {
  const groups = new Map<string | number, Path[]>()
  for (const [first, ...rest] of paths) {
    if (first === undefined) continue
    const group = groups.get(first)
    if (group === undefined) groups.set(first, [rest])
    else group.push(rest)
  }
  return groups
}
