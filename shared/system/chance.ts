import { randomBytes } from 'node:crypto'
import { v7 } from 'uuid'
import type { Chance } from '../ports/chance.ts'

/** The machine's randomness. */
export const systemChance: Chance = {
  random: () => Math.random(),
  uuid: (now) => v7({ msecs: now }),
  // 96 bits: two writers of one record never draw the same.
  token: () => randomBytes(12).toString('base64url'),
}
