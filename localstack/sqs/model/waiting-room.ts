import type { SqsClock } from './clock.ts'

/** One long poll that waits. */
interface Waiter {
  /** Takes what there is and answers how to hand it over; undefined when there was nothing. */
  serve: () => (() => void) | undefined
  /** Ends it with nothing. */
  giveUp: () => void
  cancelTimer: () => void
}

/**
 * The long polls of one queue, first come, first served. Each has a timer for its end; the room has one more, for the
 * next message to become visible, and only while somebody waits.
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

  /** Waits until `serve` finds something or the time is over. The function returned leaves the room, silently. */
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

  /** Something may be there now. */
  serveAll(): void {
    for (const waiter of this.waiters) {
      const handOver = waiter.serve()
      if (handOver === undefined) return
      // Gone before it is answered: what the answer sets off may come back here.
      this.leave(waiter)
      handOver()
    }
  }

  /** Sees to it that `wake` is called at `at` if anybody still waits then. */
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

  /** Answers everybody with nothing. */
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
