import type { SqsClock } from '../../localstack/sqs/model/index.ts'

/** A clock that stands until it is advanced, and then fires what is due, in order, at its own instant. */
export class ManualClock implements SqsClock {
  private at: number
  private timers: { at: number; fn: () => void }[] = []

  constructor(startAt = Date.parse('2026-03-01T12:00:00.000Z')) {
    this.at = startAt
  }

  now(): number {
    return this.at
  }

  setTimer(delayMs: number, fn: () => void): () => void {
    const timer = { at: this.at + delayMs, fn }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter((other) => other !== timer)
    }
  }

  get pending(): number {
    return this.timers.length
  }

  advance(ms: number): void {
    const end = this.at + ms
    for (;;) {
      const due = this.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.timers = this.timers.filter((other) => other !== due)
      this.at = Math.max(this.at, due.at)
      due.fn()
    }
    this.at = end
  }
}
