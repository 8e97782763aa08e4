import type { Random } from '../ports/random.ts'

/** Randomness that a seed repeats. */
export interface SeededRandom extends Random {
  readonly seed: string
  /** A whole number from 0 to below - 1. */
  below(below: number): number
  /** One of the items. */
  pick<Item>(items: readonly [Item, ...Item[]]): Item
  /** A stream of its own: what one part of a simulation draws does not change what another part gets. */
  fork(label: string): SeededRandom
}

/**
 * The random port from a seed, for tests and simulations. Not for secrets.
 *
 * @example
 * const random = seededRandom(42)
 * random.uuid(clock.now()) // the same UUIDv7 in every run
 */
export function seededRandom(seed: number | string): SeededRandom {
  const text = String(seed)
  const word = generator(text)

  const bytesAsHex = (words: number): string => {
    let hex = ''
    for (let index = 0; index < words; index++) {
      const bits = word()
      hex += `${bytes[bits >>> 24]}${bytes[(bits >>> 16) & 255]}${bytes[(bits >>> 8) & 255]}${bytes[bits & 255]}`
    }
    return hex
  }

  const random: SeededRandom = {
    seed: text,
    // 53 bits, the precision of a double below 1.
    fraction: () => ((word() >>> 5) * 2 ** 26 + (word() >>> 6)) / 2 ** 53,
    below: (below) => Math.floor(random.fraction() * below),
    pick: (items) => items[random.below(items.length)] ?? items[0],
    token: () => bytesAsHex(3),
    /** RFC 9562, version 7: 48 bits of epoch ms, then random bits, around the version and the variant (binary 10). */
    uuid(now) {
      const ms = Math.floor(now)
      // In 24 bits and the rest: large numbers take another, slow way through toString().
      const time = `${hex(Math.floor(ms / 2 ** 24))}${hex(ms % 2 ** 24)}`
      const bits = bytesAsHex(3)
      const variant = (8 + (Number.parseInt(bits.charAt(3), 16) & 3)).toString(16)
      return `${time.slice(0, 8)}-${time.slice(8)}-7${bits.slice(0, 3)}-${variant}${bits.slice(4, 7)}-${bits.slice(12)}`
    },
    fork: (label) => seededRandom(`${text}/${label}`),
  }
  return random
}

const hex = (bits: number): string => bits.toString(16).padStart(6, '0')

const bytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** sfc32 (Chris Doty-Humphrey's small fast counter, public domain): 128 bits of state, passes PractRand. Gives unsigned 32-bit words. */
function generator(seed: string): () => number {
  let [a, b, c, counter] = [...stateOf(seed), 1] as [number, number, number, number]
  const next = (): number => {
    const out = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + out
    c |= 0
    return out >>> 0
  }
  // Seeds that differ in one bit have become unrelated after this many.
  for (let round = 0; round < 15; round++) next()
  return next
}

/** Three words made of a text: FNV-1a with three offsets. */
function stateOf(seed: string): [number, number, number] {
  return [0x811c9dc5, 0x9e3779b9, 0x85ebca6b].map((offset) => {
    let hash = offset
    for (const character of seed) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
    return hash | 0
  }) as [number, number, number]
}
