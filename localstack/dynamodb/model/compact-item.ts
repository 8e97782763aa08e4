import type { Item } from './attribute-value.ts'
import { Recent } from './expressions/recent.ts'

const blanks = new Recent<object>(1_000)

/**
 * An object with these names, to be filled. V8 gives an object that gets a name after it was made more room than it
 * needs, in the worst case a hidden class of its own (500 bytes for each item); a copy of one that JSON.parse made has none
 * of that.
 */
export function blankItem(names: readonly string[]): Item {
  const key = JSON.stringify(names)
  const blank = blanks.get(key, () => JSON.parse(`{${names.map((name) => `${JSON.stringify(name)}:null`).join()}}`))
  return { ...blank } as Item
}

/** A copy that takes no more memory than it must. */
export function compactItem(item: Item): Item {
  const names = Object.keys(item)
  const compact = blankItem(names)
  for (const name of names) compact[name] = item[name] as Item[string]
  return compact
}
