import type { AttributeValue, KeyType } from './attribute-value.ts'
import { sortableNumber } from './numbers.ts'

/** Code units from the surrogates on, where the order of UTF-16 is not that of UTF-8. */
const WIDE = /[\ud800-\uffff]/

/**
 * Text that JavaScript's `<` orders as DynamoDB orders the key: strings and binary values by their bytes (UTF-8), numbers
 * by their value. Equal keys give equal text.
 */
export function sortKeyText(value: AttributeValue, type: KeyType): string {
  switch (type) {
    case 'S':
      return sortableText(value.S as string)
    case 'N':
      return sortableNumber(value.N as string)
    case 'B':
      return Buffer.from(value.B as string, 'base64').toString('latin1')
  }
}

/** Strings below U+D800, which nearly all are, stay as they are. */
export function sortableText(text: string): string {
  return WIDE.test(text) ? text.replace(/[\ud800-\uffff]/g, moved) : text
}

/** Surrogates stand for characters above U+FFFF: they go behind all others. */
function moved(unit: string): string {
  const code = unit.charCodeAt(0)
  return String.fromCharCode(code >= 0xe000 ? code - 0x800 : code + 0x2000)
}
