import type { AttributeType, AttributeValue, Item } from './attribute-value.ts'
import { invalidValues, serialization, validation } from './errors.ts'
import { MAX_NESTING } from './limits.ts'
import { normalNumber } from './numbers.ts'

/**
 * Checks attributes that came in a request, and brings them into their stored form in place: numbers in normal form,
 * nothing beside the one member.
 *
 * @throws DynamoDbError SerializationException for a wrong JSON type, ValidationException for the rest
 */
export function checkItem(item: unknown, name: string): Item {
  if (!isObject(item)) throw serialization(`${kindOf(item)} can not be converted to a Map (${name})`)
  for (const key of Object.keys(item)) {
    if (key === '') throw validation('Empty attribute name')
    checkValue(item[key], 0)
  }
  return item as Item
}

/** @param depth how many documents the value lies in */
export function checkValue(value: unknown, depth = 0): AttributeValue {
  if (!isObject(value)) throw serialization(`${kindOf(value)} can not be converted to an AttributeValue`)
  let found: AttributeType | undefined
  for (const type in value) {
    const member = value[type]
    if (member === undefined || member === null || !Object.hasOwn(CHECKS, type)) {
      delete value[type]
      continue
    }
    if (found !== undefined) {
      throw validation(
        'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
      )
    }
    found = type as AttributeType
  }
  if (found === undefined) {
    throw validation('Supplied AttributeValue is empty, must contain exactly one of the supported datatypes')
  }
  CHECKS[found](value as AttributeValue, value[found], depth)
  return value as AttributeValue
}

type Check = (holder: AttributeValue, member: unknown, depth: number) => void

const CHECKS: Record<AttributeType, Check> = {
  S(_holder, member) {
    text(member)
  },
  N(holder, member) {
    holder.N = normalNumber(text(member))
  },
  B(holder, member) {
    holder.B = binary(member)
  },
  BOOL(_holder, member) {
    if (typeof member !== 'boolean') throw serialization(`${kindOf(member)} can not be converted to a Boolean`)
  },
  NULL(_holder, member) {
    if (typeof member !== 'boolean') throw serialization(`${kindOf(member)} can not be converted to a Boolean`)
    if (!member) throw invalidValues('Null attribute value types must have the value of true')
  },
  SS(_holder, member) {
    const members = list(member, 'string').map(text)
    if (new Set(members).size < members.length) {
      throw invalidValues(`Input collection [${members.join(', ')}] contains duplicates.`)
    }
  },
  NS(holder, member) {
    holder.NS = list(member, 'number').map((each) => normalNumber(text(each)))
    if (new Set(holder.NS).size < holder.NS.length) throw validation('Input collection contains duplicates')
  },
  BS(holder, member) {
    const members = list(member, 'binary').map(binary)
    holder.BS = members
    if (new Set(members).size < members.length) {
      throw invalidValues(`Input collection [${members.join(', ')}]of type BS contains duplicates.`)
    }
  },
  L(_holder, member, depth) {
    if (!Array.isArray(member)) throw serialization(`${kindOf(member)} can not be converted to a List`)
    deeper(depth)
    for (const element of member) checkValue(element, depth + 1)
  },
  M(_holder, member, depth) {
    if (!isObject(member)) throw serialization(`${kindOf(member)} can not be converted to a Map`)
    deeper(depth)
    for (const key of Object.keys(member)) {
      if (key === '') throw validation('Empty attribute name')
      checkValue(member[key], depth + 1)
    }
  },
}

/** A document inside `depth` others. */
function deeper(depth: number): void {
  if (depth >= MAX_NESTING) {
    throw validation(
      'Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit',
    )
  }
}

function list(member: unknown, what: string): unknown[] {
  if (!Array.isArray(member)) throw serialization(`${kindOf(member)} can not be converted to a List`)
  // AWS's own words, two spaces included.
  if (member.length === 0) throw invalidValues(`An ${what} set  may not be empty`)
  return member
}

function text(member: unknown): string {
  if (typeof member === 'string') return member
  throw serialization(`${kindOf(member)} can not be converted to a String`)
}

function binary(member: unknown): string {
  const base64 = text(member)
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) {
    throw serialization('The value of a Binary attribute is not base64')
  }
  // Bits beyond the last byte are not part of the value.
  return base64.endsWith('=') ? Buffer.from(base64, 'base64').toString('base64') : base64
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A JSON value's kind, as AWS's parser names it. */
export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'START_ARRAY'
  if (value === null || value === undefined) return 'NULL_VALUE'
  switch (typeof value) {
    case 'object':
      return 'START_OBJECT'
    case 'boolean':
      return value ? 'TRUE_VALUE' : 'FALSE_VALUE'
    case 'number':
      return Number.isInteger(value) ? 'NUMBER_VALUE' : 'DECIMAL_VALUE'
    default:
      return 'STRING_VALUE'
  }
}
