import { port } from './port.ts'

/** Time as an argument. Code that waits or compares instants takes a clock, so that tests and the simulator control it. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /**
   * Calls `fire` once after `delayMs`. The returned function cancels it; cancelling twice, or after it fired, does nothing.
   * A pending timer does not keep the process alive when `background` is set.
   */
  timer(delayMs: number, fire: () => void, options?: { readonly background?: boolean }): () => void
}

export const clockPort = port<Clock>()('clock', { now: 'local', timer: 'local' })
