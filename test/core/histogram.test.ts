import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boundsOf, bucketOf, countOf, histogramOf, mergeHistograms, quantile } from '../../shared/core/histogram.ts'

const dayMs = 86_400_000
const duration = fc.oneof(
  fc.nat({ max: 14 * dayMs }),
  fc.double({ min: 0, max: 14 * dayMs, noNaN: true }),
  fc.nat({ max: 20 }),
)
const durations = fc.array(duration, { minLength: 1, maxLength: 200 })

describe('histograms', () => {
  it('have 62 buckets, from 1 ms to 14 days', () => {
    expect([0, 1, 1.1, 2, 1_000, 60_000, 14 * dayMs, 1e15].map(bucketOf)).toEqual([
      '0',
      '0',
      '1',
      '2',
      'K',
      'W',
      'z',
      'z',
    ])
    expect(boundsOf('0')).toEqual({ low: 0, high: 1 })
    expect(boundsOf('4')?.high).toBe(4)
    expect(boundsOf('z')?.high).toBeGreaterThan(14 * dayMs)
    for (const wrong of ['', '-', '00']) expect(boundsOf(wrong)).toBeUndefined()
  })

  it('hold every duration within the bounds of its bucket', () => {
    fc.assert(
      fc.property(duration, (ms) => {
        const { low, high } = boundsOf(bucketOf(ms)) ?? { low: Number.NaN, high: Number.NaN }
        expect(ms).toBeGreaterThanOrEqual(low * (1 - 1e-12))
        expect(ms).toBeLessThanOrEqual(high * (1 + 1e-12))
      }),
    )
  })

  it('merge to the histogram of all', () => {
    fc.assert(
      fc.property(durations, durations, (a, b) => {
        expect(mergeHistograms(histogramOf(a), histogramOf(b))).toEqual(histogramOf([...a, ...b]))
      }),
    )
  })

  it('give quantiles in the bucket of the true one, and never falling', () => {
    fc.assert(
      fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (all, part) => {
        const histogram = histogramOf(all)
        const sorted = [...all].sort((a, b) => a - b)
        const exact = sorted[Math.max(0, Math.ceil(part * all.length) - 1)] as number
        const { low, high } = boundsOf(bucketOf(exact)) ?? { low: Number.NaN, high: Number.NaN }
        const read = quantile(histogram, part) as number
        expect(read).toBeGreaterThanOrEqual(low * (1 - 1e-12))
        expect(read).toBeLessThanOrEqual(high * (1 + 1e-12))
        expect(read).toBeLessThanOrEqual((quantile(histogram, Math.min(1, part + 0.1)) as number) * (1 + 1e-12))
        expect(countOf(histogram)).toBe(all.length)
      }),
    )
    expect(quantile({}, 0.5)).toBeUndefined()
  })
})
