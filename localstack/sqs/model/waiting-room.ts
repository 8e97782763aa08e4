import type { SqsClock } from './clock.ts'

/** One waiting long poll. */
interface Waiter {
  /** Takes available messages and returns a function that delivers them; undefined when there were none. */
  serve: () => (() => void) | undefined
  /** Ends the poll without messages. */
  giveUp: () => void
  cancelTimer: () => void
}

/**
 * The long polls of one queue, in order of arrival. Each poll has a timer for its end. The room has one more timer,
 * for the next message that becomes visible; it runs only while a poll waits.
 */
export class WaitingRoom {
  private readonly waiters = new Set<Waiter>()
  private cancelWake: (() => void) | undefined
  private wakeAt = 0
  private readonly clock: SqsClock

  constructor(clock: SqsClock) {
    this.clock = clock
  }

  get size(): number {
    return this.waiters.size
  }

  /**
   * Waits until `serve` finds something or the time is over. The returned function leaves the room without an answer.
   */
  wait(waitMs: number, serve: Waiter['serve'], giveUp: () => void): () => void {
    const waiter: Waiter = {
      serve,
      giveUp,
      cancelTimer: this.clock.setTimer(waitMs, () => {
        if (this.leave(waiter)) giveUp()
      }),
    }
    this.waiters.add(waiter)
    return () => {
      this.leave(waiter)
    }
  }

  /** Call when messages may have become available. */
  serveAll(): void {
    for (const waiter of this.waiters) {
      const handOver = waiter.serve()
      if (handOver === undefined) return
      // Remove the poll before answering it: the answer may trigger code that calls this method again.
      this.leave(waiter)
      handOver()
    }
  }

  /** Calls `wake` at `at` if a poll still waits then. */
  alarm(at: number | undefined, wake: () => void): void {
    if (at === undefined || this.waiters.size === 0) {
      this.silence()
      return
    }
    if (this.cancelWake !== undefined && this.wakeAt === at) return
    this.silence()
    this.wakeAt = at
    this.cancelWake = this.clock.setTimer(Math.max(0, at - this.clock.now()), () => {
      this.cancelWake = undefined
      wake()
    })
  }

  /** Ends all polls without messages. */
  empty(): void {
    for (const waiter of [...this.waiters]) if (this.leave(waiter)) waiter.giveUp()
    this.silence()
  }

  private leave(waiter: Waiter): boolean {
    if (!this.waiters.delete(waiter)) return false
    waiter.cancelTimer()
    if (this.waiters.size === 0) this.silence()
    return true
  }

  private silence(): void {
    this.cancelWake?.()
    this.cancelWake = undefined
  }
}
