import { randomFillSync } from 'node:crypto'

const HEX = '0123456789abcdef'
const POOL = new Uint8Array(16 * 256)
const text = Buffer.alloc(36, '-')
let used = POOL.length

/**
 * A random UUID (version 4) like `crypto.randomUUID()`, in a flat string of 36 bytes. The strings of
 * `crypto.randomUUID()` are trees of pieces and take ten times as much memory until they are flattened: too much for
 * a million messages.
 */
export function randomId(): string {
  if (used === POOL.length) {
    randomFillSync(POOL)
    used = 0
  }
  let at = 0
  for (let index = 0; index < 16; index += 1) {
    let byte = POOL[used++] ?? 0
    if (index === 6) byte = (byte & 0x0f) | 0x40
    else if (index === 8) byte = (byte & 0x3f) | 0x80
    if (index === 4 || index === 6 || index === 8 || index === 10) at += 1
    text[at++] = HEX.charCodeAt(byte >> 4)
    text[at++] = HEX.charCodeAt(byte & 15)
  }
  return text.toString('latin1')
}
