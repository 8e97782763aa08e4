/** Where the model's time comes from: TTL, idempotency tokens and dates of tables read `now()`, the TTL sweeper waits through `setTimer()`. */
export interface DynamoDbClock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Calls `fn` once, `delayMs` from now, and returns a function that cancels it. */
  setTimer(delayMs: number, fn: () => void): () => void
}

/** The clock of the machine. Its timers do not keep a process alive. */
export const systemClock: DynamoDbClock = {
  now: () => Date.now(),
  setTimer(delayMs, fn) {
    const timer = setTimeout(fn, delayMs).unref()
    return () => clearTimeout(timer)
  },
}
