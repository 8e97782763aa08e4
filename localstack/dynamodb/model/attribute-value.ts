/** An attribute's value in the form of the wire, which is also the form it is stored in. Exactly one member is set; binary values are base64 text. */
export interface AttributeValue {
  S?: string
  N?: string
  B?: string
  BOOL?: boolean
  NULL?: boolean
  SS?: string[]
  NS?: string[]
  BS?: string[]
  L?: AttributeValue[]
  M?: Item
}

export type AttributeType = keyof AttributeValue
export type KeyType = 'S' | 'N' | 'B'

/** Attributes by name. A stored item is never changed in place, so code may keep a reference to it. */
export interface Item {
  [name: string]: AttributeValue
}

/** The type of a valid value. */
export function typeOf(value: AttributeValue): AttributeType {
  for (const type in value) return type as AttributeType
  return 'NULL'
}

/** An attribute by name. Names such as `constructor` are names like any other. */
export function attributeOf(item: Item, name: string): AttributeValue | undefined {
  const value = item[name]
  return value === undefined || Object.hasOwn(item, name) ? value : undefined
}

/** Sets an attribute, also one whose name is `__proto__`. */
export function setAttribute(item: Item, name: string, value: AttributeValue): void {
  if (name !== '__proto__') item[name] = value
  else Object.defineProperty(item, name, { value, enumerable: true, configurable: true, writable: true })
}

/** Equality as DynamoDB sees it: sets have no order, numbers are stored in one form. */
export function sameValue(a: AttributeValue, b: AttributeValue): boolean {
  if (a === b) return true
  const type = typeOf(a)
  if (type !== typeOf(b)) return false
  switch (type) {
    case 'L':
      return sameLists(a.L as AttributeValue[], b.L as AttributeValue[])
    case 'M':
      return sameItems(a.M as Item, b.M as Item)
    case 'SS':
    case 'NS':
    case 'BS':
      return sameSets(a[type] as string[], b[type] as string[])
    default:
      return a[type] === b[type]
  }
}

export function sameItems(a: Item, b: Item): boolean {
  if (a === b) return true
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every((name) => {
    const other = attributeOf(b, name)
    return other !== undefined && sameValue(a[name] as AttributeValue, other)
  })
}

function sameLists(a: AttributeValue[], b: AttributeValue[]): boolean {
  return a.length === b.length && a.every((value, index) => sameValue(value, b[index] as AttributeValue))
}

function sameSets(a: string[], b: string[]): boolean {
  if (a.length !== b.length) return false
  const members = new Set(a)
  return b.every((member) => members.has(member))
}
