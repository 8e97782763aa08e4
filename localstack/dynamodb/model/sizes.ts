import { type AttributeValue, type Item, typeOf } from './attribute-value.ts'

// Source: "DynamoDB item sizes and formats".

/** Bytes of a text in UTF-8. */
export function textBytes(text: string): number {
  if (text.length > SHORT) return Buffer.byteLength(text)
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 127) return Buffer.byteLength(text)
  return text.length
}

/** Up to here looking at each character is quicker than the call into Node. */
const SHORT = 48

/** Bytes behind base64 text. */
export function binaryBytes(base64: string): number {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0
  return (base64.length / 4) * 3 - padding
}

/** About one byte for two significant digits, one more for the number and one for a minus sign. */
export function numberBytes(text: string): number {
  if (text === '0') return 1
  let digits = 0
  let zeros = 0
  let negative = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 45) negative = 1
    else if (code === 48) zeros += digits > 0 ? 1 : 0
    else if (code !== 46) {
      digits += zeros + 1
      zeros = 0
    }
  }
  return ((digits + 1) >> 1) + 1 + negative
}

export function itemBytes(item: Item): number {
  let bytes = 0
  for (const name of Object.keys(item)) bytes += textBytes(name) + valueBytes(item[name] as AttributeValue)
  return bytes
}

export function valueBytes(value: AttributeValue): number {
  const type = typeOf(value)
  switch (type) {
    case 'S':
      return textBytes(value.S as string)
    case 'N':
      return numberBytes(value.N as string)
    case 'B':
      return binaryBytes(value.B as string)
    case 'BOOL':
    case 'NULL':
      return 1
    case 'SS':
      return sum(value.SS as string[], textBytes)
    case 'NS':
      return sum(value.NS as string[], numberBytes)
    case 'BS':
      return sum(value.BS as string[], binaryBytes)
    case 'L':
      return 3 + sum(value.L as AttributeValue[], (element) => valueBytes(element) + 1)
    case 'M': {
      const map = value.M as Item
      return 3 + sum(Object.keys(map), (name) => textBytes(name) + valueBytes(map[name] as AttributeValue) + 1)
    }
    default:
      return type satisfies never
  }
}

function sum<Each>(list: readonly Each[], bytesOf: (each: Each) => number): number {
  let bytes = 0
  for (const each of list) bytes += bytesOf(each)
  return bytes
}
