import { randomBytes } from 'node:crypto'
import { v7 } from 'uuid'
import type { Random } from '../ports/random.ts'

/** 96 bits: two writers of one record never draw the same. */
const tokenBytes = 12

/** Random bytes are drawn in advance: one system call per token took a fifth of an enqueue's CPU time. */
let pool = Buffer.alloc(0)
let next = 0

/** The machine's randomness. */
export const systemRandom: Random = {
  fraction: () => Math.random(),
  uuid: (now) => v7({ msecs: now }),
  token() {
    if (next + tokenBytes > pool.length) {
      pool = randomBytes(tokenBytes * 256)
      next = 0
    }
    next += tokenBytes
    return pool.toString('base64url', next - tokenBytes, next)
  },
}
