import { hash } from 'node:crypto'
import type { MessageAttributes } from './types.ts'

/** MD5 sums in hexadecimal. SDKs compare them with their own. */
export interface Sums {
  ofBody(text: string): string
  ofAttributes(attributes: MessageAttributes): string
}

/** MD5 sums. The sum of a body covers its UTF-8 bytes. */
export const md5Sums: Sums = { ofBody: (text) => hash('md5', text), ofAttributes: md5OfAttributes }

export const noSums: Sums = { ofBody: () => '', ofAttributes: () => '' }

const STRING = 1
const BINARY = 2

/**
 * MD5 of message attributes: for each, in the order of its name, length and bytes of name and data type, one byte for
 * the kind of value, length and bytes of the value; lengths are four bytes, big endian.
 * Source: Developer Guide, "Amazon SQS message metadata", "Calculating the MD5 message digest for message attributes".
 */
function md5OfAttributes(attributes: MessageAttributes): string {
  const parts: Buffer[] = []
  const add = (bytes: Uint8Array): void => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.byteLength)
    parts.push(length, bytes as Buffer)
  }
  for (const name of Object.keys(attributes).sort()) {
    const attribute = attributes[name]
    if (attribute === undefined) continue
    add(Buffer.from(name))
    add(Buffer.from(attribute.DataType ?? ''))
    if (attribute.BinaryValue !== undefined) {
      parts.push(Buffer.from([BINARY]))
      add(attribute.BinaryValue)
    } else {
      parts.push(Buffer.from([STRING]))
      add(Buffer.from(attribute.StringValue ?? ''))
    }
  }
  return hash('md5', Buffer.concat(parts))
}
