/**
 * The model's source of time. Every rule that depends on time (visibility, delays, retention, deduplication, long
 * polls, move tasks) reads `now()` and waits through `setTimer()`. The model never reads the system clock.
 */
export interface SqsClock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Calls `fn` once, `delayMs` from now, and returns a function that cancels it. */
  setTimer(delayMs: number, fn: () => void): () => void
}

/** The clock of the machine: `Date.now` and `setTimeout`. */
export const systemClock: SqsClock = {
  now: () => Date.now(),
  setTimer(delayMs, fn) {
    const timer = setTimeout(fn, delayMs)
    return () => clearTimeout(timer)
  },
}
