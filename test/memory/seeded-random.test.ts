import { validate, version } from 'uuid'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../shared/memory/seeded-random.ts'

const draw = (seed: number | string, count = 20) => {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => random.fraction())
}

describe('seededRandom', () => {
  it('repeats itself for a seed, and not for another', () => {
    expect(draw(1)).toEqual(draw('1'))
    const firsts = Array.from({ length: 1_000 }, (_, seed) => draw(seed, 1)[0])
    expect(new Set(firsts).size).toBe(1_000)
    expect(draw('a/b')).not.toEqual(draw('b/a'))
  })

  it('is spread evenly over [0, 1)', () => {
    const values = draw('spread', 100_000)
    const buckets = Array<number>(20).fill(0)
    for (const value of values) {
      expect(value >= 0 && value < 1).toBe(true)
      buckets[Math.floor(value * 20)] = (buckets[Math.floor(value * 20)] ?? 0) + 1
    }
    // Chi-square with 19 degrees of freedom: 43.8 is exceeded once in a thousand seeds, and this one is fixed.
    const chiSquare = buckets.reduce((sum, seen) => sum + (seen - 5_000) ** 2 / 5_000, 0)
    expect(chiSquare).toBeLessThan(43.8)
    // First draws of neighbouring seeds are as even: a simulation counts its seeds up.
    const firsts = Array.from({ length: 10_000 }, (_, seed) => draw(seed, 1)[0] ?? 0)
    expect(Math.abs(firsts.reduce((sum, value) => sum + value, 0) / 10_000 - 0.5)).toBeLessThan(0.015)
  })

  it('makes UUIDs of version 7 that sort by time and carry it', () => {
    const random = seededRandom(7)
    const times = [0, 1, 1_767_225_600_000, 1_767_225_600_001, 2 ** 48 - 1]
    const ids = times.map((at) => random.uuid(at))
    for (const [index, id] of ids.entries()) {
      expect(validate(id) && version(id) === 7, id).toBe(true)
      expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(times[index])
    }
    expect([...ids].sort()).toEqual(ids)
    const many = Array.from({ length: 10_000 }, () => random.uuid(1_767_225_600_000))
    expect(many.every((id) => validate(id))).toBe(true)
    expect(new Set(many).size).toBe(10_000)
  })

  it('never gives a token twice', () => {
    const random = seededRandom(1)
    expect(new Set(Array.from({ length: 10_000 }, () => random.token())).size).toBe(10_000)
  })

  it('picks, and counts below', () => {
    const random = seededRandom(1)
    const seen = new Set(Array.from({ length: 200 }, () => random.pick(['a', 'b', 'c'])))
    expect([...seen].sort()).toEqual(['a', 'b', 'c'])
    const below = Array.from({ length: 1_000 }, () => random.below(10))
    expect([...new Set(below)].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('forks streams that do not disturb each other', () => {
    const [one, other] = [seededRandom(1), seededRandom(1)]
    for (let index = 0; index < 10; index++) other.fraction()
    expect(one.fork('worker').fraction()).toBe(other.fork('worker').fraction())
    expect(one.fork('worker').fraction()).not.toBe(one.fork('client').fraction())
    expect(one.fork('a').seed).toBe('1/a')
  })
})
