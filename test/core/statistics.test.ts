import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { histogramOf } from '../../shared/core/histogram.ts'
import {
  addCounts,
  countersOf,
  countsOf,
  namesHash,
  noCounts,
  noTaskCounts,
  type QueueCounts,
  totalOf,
} from '../../shared/core/statistics.ts'
import { seededRandom } from '../../shared/memory/seeded-random.ts'

const amount = fc.nat({ max: 1_000 })
const histogram = fc.array(fc.nat({ max: 1_000_000 }), { maxLength: 20 }).map(histogramOf)
const task = fc.record({
  succeeded: amount,
  failed: amount,
  retried: amount,
  other: amount,
  dead: amount,
  back: amount,
  runMs: amount,
  runs: histogram,
})
const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l']
const counts: fc.Arbitrary<QueueCounts> = fc.record({
  tasks: fc.dictionary(fc.constantFrom(...names), task),
  expired: amount,
  revoked: amount,
  ignored: amount,
  waits: histogram,
  waitMs: amount,
})

/** Without names that counted nothing: zeros are not stored. */
const trimmed = ({ tasks, ...rest }: QueueCounts): QueueCounts => ({
  ...rest,
  tasks: Object.fromEntries(
    Object.entries(tasks).filter(([, each]) => JSON.stringify(each) !== JSON.stringify(noTaskCounts)),
  ),
})

describe('counters of five minutes', () => {
  it('hold what was counted, and add up as the counts do', () => {
    fc.assert(
      fc.property(counts, counts, fc.nat({ max: 4 }), (a, b, minute) => {
        const one = countersOf(a, names, minute)
        expect(countsOf(one, names)).toEqual(trimmed(a))
        const both: Record<string, number> = { ...one }
        for (const [name, added] of Object.entries(countersOf(b, names, 0))) both[name] = (both[name] ?? 0) + added
        expect(countsOf(both, names)).toEqual(trimmed(addCounts(a, b)))
      }),
    )
  })

  it('count succeeded, failed and retried by minute for the whole queue', () => {
    const two = { ...noCounts, tasks: { a: { ...noTaskCounts, succeeded: 2 }, b: { ...noTaskCounts, succeeded: 3 } } }
    expect(countersOf(two, ['a', 'b'], 3)).toEqual({ s0: 2, s1: 3, '3s': 5 })
    expect(totalOf(two).succeeded).toBe(5)
  })

  it('pass over what a later version added', () => {
    expect(countsOf({ q0: 1, zz: 2, b: 3, 'b-A': 4, wAA: 5, s0: 6 }, ['a'])).toEqual({
      ...noCounts,
      tasks: { a: { ...noTaskCounts, succeeded: 6 } },
    })
  })

  it('of six names fit one write unit at any rate', () => {
    const random = seededRandom('sizes')
    const normal = () => Math.sqrt(-2 * Math.log(1 - random.fraction())) * Math.cos(2 * Math.PI * random.fraction())
    let all = noCounts
    const six = names.slice(0, 6)
    const counters: Record<string, number> = {}
    for (let batch = 0; batch < 3_000; batch++) {
      const runs = Array.from({ length: 10 }, () => Math.exp(5 + 0.8 * normal()))
      const name = six[random.below(6)] as string
      const one: QueueCounts = {
        ...noCounts,
        tasks: {
          [name]: {
            ...noTaskCounts,
            succeeded: 9,
            failed: random.below(2),
            retried: random.below(2),
            runMs: Math.round(runs.reduce((sum, ms) => sum + ms, 0)),
            runs: histogramOf(runs),
          },
        },
        waits: histogramOf([Math.exp(3 + normal())]),
        waitMs: 20,
      }
      all = addCounts(all, one)
      for (const [attribute, added] of Object.entries(countersOf(one, six, batch % 5)))
        counters[attribute] = (counters[attribute] ?? 0) + added
    }
    // A number takes about half a byte a digit and one more; keys and TTL some 60 bytes.
    const bytes = Object.entries(counters).reduce(
      (sum, [name, value]) => sum + name.length + Math.ceil(String(value).length / 2) + 1,
      60,
    )
    expect(totalOf(all).succeeded).toBe(27_000)
    expect(bytes).toBeLessThanOrEqual(1_024)
  })

  it('names have one hash for one list', () => {
    expect(namesHash(['a', 'b'])).toMatch(/^[\w-]{8}$/)
    expect(namesHash(['a', 'b'])).not.toBe(namesHash(['ab']))
  })
})
