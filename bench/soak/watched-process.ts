import { readdirSync, readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** What the processes of one role hold at an instant. */
export interface Held {
  readonly megabytes: number
  /** Open file descriptors. */
  readonly descriptors: number
}

/** Summed over processes, as Linux tells it in /proc. A process that ended meanwhile holds nothing. */
export function heldBy(pids: readonly number[]): Held {
  let megabytes = 0
  let descriptors = 0
  for (const pid of pids) {
    try {
      const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
      megabytes += Number(kilobytes ?? 0) / 1_024
      descriptors += readdirSync(`/proc/${pid}/fd`).length
    } catch {
      // It has ended.
    }
  }
  return { megabytes, descriptors }
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** What is left in this process after a collection: its resident size goes up and down with the collector's moods, by more than a leak would add. */
export function heldByThisProcess(): Held {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return { megabytes: (heapUsed + external) / 2 ** 20, descriptors: heldBy([process.pid]).descriptors }
}

/** Least squares: by how much y grows with each x. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (of: 0 | 1): number => points.reduce((sum, point) => sum + point[of], 0) / points.length
  const [x, y] = [mean(0), mean(1)]
  const spread = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0)
  return spread === 0 ? 0 : points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) / spread
}
