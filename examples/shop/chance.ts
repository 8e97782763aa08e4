import { createHash } from 'node:crypto'

/** A whole number from 0 to `below - 1` made of a text: the same text, the same number, on every machine. */
export function numberOf(text: string, below: number): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) % below
}
