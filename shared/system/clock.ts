import type { Clock } from '../ports/clock.ts'

/** setTimeout fires at once for any longer time (a signed 32-bit number of milliseconds, some 24.8 days). */
const longestTimeoutMs = 2_147_483_647

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  timer(delayMs, fire, options) {
    let timeout: NodeJS.Timeout
    const arm = (leftMs: number): void => {
      const stepMs = Math.min(leftMs, longestTimeoutMs)
      timeout = setTimeout(() => (leftMs > stepMs ? arm(leftMs - stepMs) : fire()), stepMs)
      if (options?.background) timeout.unref()
    }
    arm(Math.max(0, delayMs))
    return () => clearTimeout(timeout)
  },
}
