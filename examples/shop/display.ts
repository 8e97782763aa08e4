import { MultiBar, type SingleBar } from 'cli-progress'
import { createColors } from 'picocolors'
import type { Progress } from './watch.ts'

const colors = createColors(process.stdout.isTTY === true && !process.env.NO_COLOR)

/** Shows how far the queues are. */
export interface Display {
  update(queue: string, progress: Progress): void
  /** Ends the bars, so that other text may follow. */
  stop(): void
}

export type Totals = Readonly<Record<string, number>>

export function createDisplay(interactive: boolean, totals: Totals): Display {
  return interactive ? new Bars(totals) : new Lines(totals)
}

/** One bar per queue, redrawn in place. */
class Bars implements Display {
  readonly #bars: MultiBar
  readonly #queues = new Map<string, SingleBar>()

  constructor(totals: Totals) {
    const width = Math.max(10, Math.min(40, (process.stdout.columns ?? 80) - 55))
    this.#bars = new MultiBar({
      stream: process.stdout,
      format: `${colors.bold('{queue}')} ${colors.green('{bar}')} {done}  ${colors.yellow('{retried}')} ${colors.red('{failed}')}`,
      barsize: width,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      hideCursor: true,
      linewrap: false,
      fps: 8,
      gracefulExit: false,
    })
    for (const [queue, total] of Object.entries(totals)) {
      this.#queues.set(queue, this.#bars.create(total, 0, payload(queue, total)))
    }
  }

  update(queue: string, progress: Progress): void {
    const bar = this.#queues.get(queue)
    bar?.update(doneOf(progress), payload(queue, bar.getTotal(), progress))
  }

  stop(): void {
    this.#bars.stop()
  }
}

function payload(queue: string, total: number, progress?: Progress) {
  const done = `${number(progress === undefined ? 0 : doneOf(progress))}/${number(total)}`
  return {
    queue: queue.padEnd(8),
    done: done.padStart(13),
    retried: progress?.retried ? `${number(progress.retried)} retries` : '',
    failed: progress?.failed ? `${number(progress.failed)} dead` : '',
  }
}

const lineEveryMs = 2_000

/** A line with all queues every two seconds, for logs. */
class Lines implements Display {
  readonly #totals: Totals
  readonly #progress = new Map<string, Progress>()
  readonly #startedAt = Date.now()
  readonly #timer: NodeJS.Timeout

  constructor(totals: Totals) {
    this.#totals = totals
    this.#timer = setInterval(() => this.#print(), lineEveryMs)
  }

  update(queue: string, progress: Progress): void {
    this.#progress.set(queue, progress)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#print()
  }

  #print(): void {
    const queues = Object.entries(this.#totals).map(([queue, total]) => {
      const progress = this.#progress.get(queue)
      const notes = [
        ...(progress?.retried ? [`${number(progress.retried)} retries`] : []),
        ...(progress?.failed ? [`${number(progress.failed)} dead`] : []),
      ]
      const done = progress === undefined ? 0 : doneOf(progress)
      return `${queue} ${number(done)}/${number(total)}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`
    })
    console.log(`${String(Math.round((Date.now() - this.#startedAt) / 1_000)).padStart(3)} s  ${queues.join(' · ')}`)
  }
}

function doneOf({ succeeded, failed }: Progress): number {
  return succeeded + failed
}

export function number(value: number): string {
  return value.toLocaleString('en-US')
}
