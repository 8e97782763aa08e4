import { setImmediate } from 'node:timers'
import { IndexedHeap, type Slotted } from '../../localstack/sqs/model/indexed-heap.ts'
import type { Clock } from '../ports/clock.ts'

interface Timer extends Slotted {
  readonly at: number
  readonly sequence: number
  readonly background: boolean
  readonly fire: () => void
}

/** More timers than this in one drive mean that something re-arms itself for ever. */
const defaultTimerLimit = 1_000_000

/**
 * A clock that only moves when code advances it. Timers fire one at a time in the order of their instants (then of their setting), and between any
 * two of them all code that can go on without time passing has gone on. The same code is therefore run in the same order every time.
 *
 * Work that waits for the real world (a file, a dynamic import) is not seen: hand its promise to `hold()` and time stands still until it settles.
 *
 * @example
 * const clock = new VirtualClock(Date.UTC(2026, 0, 1))
 * const answer = sleep(clock, 60_000).then(() => 'awake')
 * await clock.runUntilSettled(answer) // 'awake', a minute later on this clock
 */
export class VirtualClock implements Clock {
  #now: number
  #sequence = 0
  #foreground = 0
  #driving = false
  #held = 0
  readonly #stepsPerTurn: number
  readonly #timers = new IndexedHeap<Timer>((a, b) => a.at < b.at || (a.at === b.at && a.sequence < b.sequence))

  /**
   * @param startAt epoch ms
   * @param options.stepsPerTurn timers that may fire in one turn of the event loop. Between any two of them promises, ticks and unhandled rejections are
   * dealt with all the same, but nothing else: only right where code waits for nothing else. @default 1
   */
  constructor(
    startAt = 1_767_225_600_000 /* 2026-01-01T00:00:00Z */,
    { stepsPerTurn = 1 }: { readonly stepsPerTurn?: number } = {},
  ) {
    this.#now = startAt
    this.#stepsPerTurn = stepsPerTurn
  }

  now(): number {
    return this.#now
  }

  timer(delayMs: number, fire: () => void, options?: { readonly background?: boolean }): () => void {
    const background = options?.background ?? false
    const at = this.#now + Math.max(0, Math.ceil(delayMs))
    const timer: Timer = { at, sequence: this.#sequence++, background, fire, slot: -1 }
    this.#timers.push(timer)
    if (!background) this.#foreground++
    return () => {
      if (timer.slot === -1) return
      this.#timers.remove(timer)
      if (!background) this.#foreground--
    }
  }

  /** Timers that are neither background nor fired. */
  get pending(): number {
    return this.#foreground
  }

  /** When the next timer fires, epoch ms. */
  get nextAt(): number | undefined {
    return this.#timers.peek()?.at
  }

  /** Time stands still until the promise settles. Gives the promise back. */
  hold<Value>(work: Promise<Value>): Promise<Value> {
    this.#held++
    const release = () => {
      this.#held--
    }
    work.then(release, release)
    return work
  }

  /** Lets all code go on that can without time passing. */
  async settle(): Promise<void> {
    // A turn of the event loop begins when no promise is left to be continued.
    do await new Promise<void>((resolve) => setImmediate(resolve))
    while (this.#held > 0)
  }

  /** Moves time on by so much. */
  advance(ms: number): Promise<void> {
    return this.advanceTo(this.#now + ms)
  }

  /** Moves time on to this instant, epoch ms. Timers due at it have fired. An instant in the past is now. */
  async advanceTo(at: number): Promise<void> {
    await this.#drive({ until: () => (this.#timers.peek()?.at ?? Number.POSITIVE_INFINITY) > at })
    this.#now = Math.max(this.#now, at)
  }

  /** Time passes, and no timer fires: code blocks the event loop, or the process is suspended. */
  stall(ms: number): void {
    this.#now += ms
  }

  /** Moves time on until only background timers are left. */
  async runUntilIdle(options: { readonly timerLimit?: number } = {}): Promise<void> {
    await this.#drive({ ...options, until: () => !this.#mayGoOn() })
  }

  /**
   * Moves time on until the promise settles, and gives what it gives.
   *
   * @throws {Error} when nothing is left to wait for and it is still pending: that is a deadlock
   */
  async runUntilSettled<Value>(work: Promise<Value>, options: { readonly timerLimit?: number } = {}): Promise<Value> {
    let settled = false
    const note = () => {
      settled = true
    }
    work.then(note, note)
    await this.#drive({ ...options, until: () => settled || !this.#mayGoOn() })
    if (!settled)
      throw new Error(`VirtualClock: nothing is left to wait for at ${this.#now}, and the promise is pending.`)
    return work
  }

  /** A timer that waits for ever (an answer that never comes) is nothing to go on with. */
  #mayGoOn(): boolean {
    return this.#foreground > 0 && this.#timers.peek()?.at !== Number.POSITIVE_INFINITY
  }

  /** Calls back from step to step: a promise for each timer would cost more than most timers do. */
  #drive(ride: Ride): Promise<void> {
    if (this.#driving)
      return Promise.reject(new Error('VirtualClock: it is being moved already. Await one move before the next.'))
    this.#driving = true
    return new Promise<void>((resolve, reject) => {
      let over = false
      let planned = 0
      let fired = 0
      const end = (tell: () => void): void => {
        over = true
        this.#driving = false
        tell()
      }
      const plan = (): void => {
        for (; planned < this.#stepsPerTurn; planned++) setImmediate(step)
      }
      // Begins when no promise is left to be continued.
      const step = (): void => {
        planned--
        if (over) return
        try {
          if (this.#held === 0 && (ride.until() || !this.#fireNext(ride, fired++))) end(resolve)
          else if (planned === 0) plan()
        } catch (error) {
          end(() => reject(error))
        }
      }
      plan()
    })
  }

  /** False when there is none. */
  #fireNext({ timerLimit = defaultTimerLimit }: Ride, fired: number): boolean {
    if (fired >= timerLimit)
      throw new Error(`VirtualClock: more than ${timerLimit} timers fired; something re-arms itself.`)
    const timer = this.#timers.pop()
    if (timer === undefined) return false
    if (!timer.background) this.#foreground--
    this.#now = Math.max(this.#now, timer.at)
    timer.fire()
    return true
  }
}

/** One move of the clock. */
interface Ride {
  readonly until: () => boolean
  readonly timerLimit?: number
}
