import { type AttributeValue, sameValue, typeOf } from './attribute-value.ts'
import { compareNumbers } from './numbers.ts'
import { binaryBytes } from './sizes.ts'
import { sortableText } from './sort-keys.ts'

/** Strings, numbers and binary values have an order. */
export function isOrdered(value: AttributeValue): boolean {
  return value.S !== undefined || value.N !== undefined || value.B !== undefined
}

/** Below zero, zero or above; undefined when the two cannot be compared. */
export function compareValues(a: AttributeValue, b: AttributeValue): number | undefined {
  if (a.S !== undefined && b.S !== undefined) return order(sortableText(a.S), sortableText(b.S))
  if (a.N !== undefined && b.N !== undefined) return compareNumbers(a.N, b.N)
  if (a.B !== undefined && b.B !== undefined) return order(latin1(a.B), latin1(b.B))
  return undefined
}

function order(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}

export function latin1(base64: string): string {
  return Buffer.from(base64, 'base64').toString('latin1')
}

export function beginsWith(value: AttributeValue, prefix: AttributeValue): boolean {
  if (value.S !== undefined && prefix.S !== undefined) return value.S.startsWith(prefix.S)
  if (value.B !== undefined && prefix.B !== undefined) return latin1(value.B).startsWith(latin1(prefix.B))
  return false
}

/** A part of a text or of bytes, a member of a set, or an element of a list. */
export function contains(value: AttributeValue, wanted: AttributeValue): boolean {
  const { S, N, B } = wanted
  if (value.L !== undefined) return value.L.some((element) => sameValue(element, wanted))
  if (S !== undefined) return value.S?.includes(S) ?? value.SS?.includes(S) ?? false
  if (N !== undefined) return value.NS?.includes(N) ?? false
  if (B === undefined) return false
  return value.B === undefined ? (value.BS?.includes(B) ?? false) : latin1(value.B).includes(latin1(B))
}

/** What `size()` gives; undefined for types that have none. */
export function sizeOf(value: AttributeValue): number | undefined {
  const type = typeOf(value)
  switch (type) {
    case 'S':
      // UTF-16 code units, as AWS's own engine counts them.
      return value.S?.length
    case 'B':
      return binaryBytes(value.B as string)
    case 'SS':
    case 'NS':
    case 'BS':
    case 'L':
      return value[type]?.length
    case 'M':
      return Object.keys(value.M ?? {}).length
    default:
      return undefined
  }
}
