/**
 * Durations counted in buckets whose bounds grow by √2: bucket `c` holds (2^((c − 1) / 2), 2^(c / 2)] ms; the first holds 0 to 1 ms, the last ends
 * after 14 days. A quantile is off by a factor of √2 at most.
 *
 * Each key is a bucket, one character long, so it fits into attribute names. Each value is a count. Empty buckets are absent.
 */
export type Histogram = Readonly<Record<string, number>>

const characters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const lastBucket = characters.length - 1

/** The bucket of a duration. Longer than 14 days counts as 14 days. */
export function bucketOf(ms: number): string {
  const bucket = ms <= 1 ? 0 : Math.ceil(2 * Math.log2(ms))
  return characters.charAt(Math.min(bucket, lastBucket))
}

/** A bucket's bounds in ms: more than `low`, at most `high`. Undefined: not a bucket. */
export function boundsOf(bucket: string): { readonly low: number; readonly high: number } | undefined {
  const index = bucket.length === 1 ? characters.indexOf(bucket) : -1
  if (index === -1) return undefined
  return { low: index === 0 ? 0 : 2 ** ((index - 1) / 2), high: 2 ** (index / 2) }
}

export function histogramOf(durations: Iterable<number>): Histogram {
  const counts: Record<string, number> = {}
  for (const ms of durations) {
    const bucket = bucketOf(ms)
    counts[bucket] = (counts[bucket] ?? 0) + 1
  }
  return counts
}

/** Adds the counts of two histograms. */
export function mergeHistograms(a: Histogram, b: Histogram): Histogram {
  const merged: Record<string, number> = { ...a }
  for (const [bucket, count] of Object.entries(b)) merged[bucket] = (merged[bucket] ?? 0) + count
  return merged
}

export function countOf(histogram: Histogram): number {
  return Object.values(histogram).reduce((sum, count) => sum + count, 0)
}

/**
 * A quantile in ms, interpolated between a bucket's bounds on a logarithmic scale.
 *
 * @param part 0 to 1: 0.95 for p95
 * @returns undefined when nothing was counted
 * @example quantile(histogramOf([10, 20, 400]), 0.5) // between 16 and 22.6
 */
export function quantile(histogram: Histogram, part: number): number | undefined {
  const buckets = [...characters].filter((bucket) => (histogram[bucket] ?? 0) > 0)
  const rank = Math.min(1, Math.max(0, part)) * countOf(histogram)
  let before = 0
  for (const [index, bucket] of buckets.entries()) {
    const count = histogram[bucket] ?? 0
    const bounds = boundsOf(bucket)
    if (bounds !== undefined && (rank <= before + count || index === buckets.length - 1)) {
      const share = Math.min(1, (rank - before) / count)
      return bounds.low === 0 ? bounds.high * share : bounds.low * (bounds.high / bounds.low) ** share
    }
    before += count
  }
  return undefined
}
