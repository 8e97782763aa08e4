/** An element of a document path: an attribute's name (or its alias, `#name`, until it is bound), or an index of a list. */
export type PathElement = string | number
export type Path = readonly PathElement[]

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>='

/** What an expression computes with. `V` is a placeholder (`:name`) in parsed expressions, a value in bound ones. */
export type Operand<V> =
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'value'; readonly value: V }
  | { readonly kind: 'call'; readonly name: string; readonly operands: readonly Operand<V>[] }
  | { readonly kind: 'sum'; readonly sign: 1 | -1; readonly left: Operand<V>; readonly right: Operand<V> }

export type Condition<V> =
  | { readonly kind: 'compare'; readonly op: Comparator; readonly left: Operand<V>; readonly right: Operand<V> }
  | { readonly kind: 'between'; readonly operand: Operand<V>; readonly low: Operand<V>; readonly high: Operand<V> }
  | { readonly kind: 'in'; readonly operand: Operand<V>; readonly list: readonly Operand<V>[] }
  | { readonly kind: 'test'; readonly name: string; readonly operands: readonly Operand<V>[] }
  | { readonly kind: 'and' | 'or'; readonly left: Condition<V>; readonly right: Condition<V> }
  | { readonly kind: 'not'; readonly condition: Condition<V> }

export type UpdateAction<V> =
  | { readonly kind: 'SET'; readonly path: Path; readonly value: Operand<V> }
  | { readonly kind: 'REMOVE'; readonly path: Path }
  | { readonly kind: 'ADD' | 'DELETE'; readonly path: Path; readonly value: Operand<V> }

/** A parsed expression and what must hold of any of its kind. */
export interface Parsed<Tree> {
  readonly tree: Tree
  /** The first name that may not be used without an alias. */
  readonly reserved: string | undefined
}

export function pathText(path: Path): string {
  return `[${path.map((element) => (typeof element === 'number' ? `[${element}]` : element)).join(', ')}]`
}
