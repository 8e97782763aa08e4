import type { MessageAttributes, MessageAttributeValue } from '../model/index.ts'
import { malformed } from './request-error.ts'

/** Reads one member of a request from JSON; throws `SerializationException` for the wrong type. */
export type Reader = (value: unknown, name: string) => unknown
export type Shape = Readonly<Record<string, Reader>>

const kindOf = (value: unknown): string =>
  Array.isArray(value)
    ? 'START_ARRAY'
    : typeof value === 'object'
      ? 'START_OBJECT'
      : `${typeof value}_VALUE`.toUpperCase()

const wrong = (value: unknown, name: string, wanted: string) =>
  malformed(`${kindOf(value)} can not be converted to ${wanted} (${name})`)

export const string: Reader = (value, name) => {
  if (typeof value === 'string') return value
  throw wrong(value, name, 'a String')
}

export const integer: Reader = (value, name) => {
  if (typeof value === 'number' && Number.isInteger(value)) return value
  throw wrong(value, name, 'an Integer')
}

const blob = (value: unknown, name: string): Uint8Array => {
  if (typeof value !== 'string') throw wrong(value, name, 'a Blob')
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value)) throw malformed(`${name} is not base64`)
  return Buffer.from(value, 'base64')
}

const listOf =
  (read: Reader): Reader =>
  (value, name) => {
    if (!Array.isArray(value)) throw wrong(value, name, 'a List')
    return value.map((item) => read(item, name))
  }

function object(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw wrong(value, name, 'a Structure')
}

const mapOf =
  (read: Reader): Reader =>
  (value, name) =>
    Object.fromEntries(Object.entries(object(value, name)).map(([key, item]) => [key, read(item, `${name}.${key}`)]))

/** A structure: known members are read, null ones are absent, unknown ones are ignored. */
export const structure =
  (shape: Shape): Reader =>
  (value, name) => {
    const given = object(value, name)
    const result: Record<string, unknown> = {}
    for (const member of Object.keys(shape)) {
      const item = given[member]
      if (item !== undefined && item !== null) result[member] = shape[member]?.(item, member)
    }
    return result
  }

export const strings = listOf(string)
export const stringMap = mapOf(string)
export const entries = (shape: Shape): Reader => listOf(structure(shape))
export const attributes = mapOf(
  structure({
    DataType: string,
    StringValue: string,
    BinaryValue: blob,
    StringListValues: strings,
    BinaryListValues: listOf(blob),
  }),
)

/** Message attributes as JSON: binary values become base64. */
export function writeAttributes(given: MessageAttributes): Record<string, unknown> {
  const write = ({ DataType, StringValue, BinaryValue }: MessageAttributeValue): unknown =>
    BinaryValue === undefined
      ? { StringValue, DataType }
      : { BinaryValue: Buffer.from(BinaryValue).toString('base64'), DataType }
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, write(value)]))
}
