import { countOf, type Histogram, histogramOf, mergeHistograms, quantile } from '../core/histogram.ts'
import type { TaskRecord } from '../core/record.ts'
import { isTerminal } from '../core/states.ts'
import type { Figures, Quantiles, Series, TimeRange } from '../ports/insight.ts'
import { runsOf, waitOf } from './task-row.ts'

/** Charts have about this many steps. */
const mostSteps = 120
const steps = [
  1_000,
  5_000,
  10_000,
  30_000,
  60_000,
  300_000,
  900_000,
  3_600_000,
  6 * 3_600_000,
  24 * 3_600_000,
] as const

/** A round step length that divides the range into at most 120 steps. */
export function stepOf({ from, to }: TimeRange): number {
  return steps.find((step) => (to - from) / step <= mostSteps) ?? 24 * 3_600_000
}

/** The counts of one step. */
interface Step {
  succeeded: number
  failed: number
  retried: number
  arrived: number
  readonly waits: number[]
  readonly runs: number[]
}

/** Counts what happened to tasks, step by step. */
export class Counts {
  readonly #from: number
  readonly #to: number
  readonly #stepMs: number
  readonly #steps: Step[]
  open = 0

  constructor(range: TimeRange) {
    this.#stepMs = stepOf(range)
    this.#from = Math.floor(range.from / this.#stepMs) * this.#stepMs
    this.#to = range.to
    const count = Math.max(1, Math.ceil((range.to - this.#from) / this.#stepMs))
    this.#steps = Array.from({ length: count }, () => ({
      succeeded: 0,
      failed: 0,
      retried: 0,
      arrived: 0,
      waits: [],
      runs: [],
    }))
  }

  add(record: TaskRecord, now: number): void {
    if (!isTerminal(record.state)) this.open++
    const arrival = this.#at(record.enqueuedAt)
    if (arrival) arrival.arrived++
    const runs = runsOf(record)
    for (const { startedAt, endedAt, outcome } of runs) {
      const step = this.#at(endedAt)
      if (step === undefined) continue
      step.runs.push(endedAt - startedAt)
      if (outcome === 'retry' || outcome === 'crash') step.retried++
    }
    const end = record.finishedAt === undefined ? undefined : this.#at(record.finishedAt)
    if (end && record.state === 'SUCCESS') end.succeeded++
    if (end && record.state === 'FAILURE') end.failed++
    const started = runs[0]?.startedAt ?? record.startedAt
    const wait = started === undefined ? undefined : waitOf(record, now)
    if (started !== undefined && wait !== undefined) this.#at(started)?.waits.push(wait)
  }

  #at(at: number): Step | undefined {
    return this.#steps[Math.floor((at - this.#from) / this.#stepMs)]
  }

  /**
   * @param recentMs the rate covers this time before the end of the range
   * @param countedFrom epoch ms: tasks enqueued earlier were not counted
   */
  figures(recentMs: number, countedFrom: number): Figures {
    const sum = (name: 'succeeded' | 'failed' | 'retried'): number =>
      this.#steps.reduce((total, step) => total + step[name], 0)
    const [succeeded, failed] = [sum('succeeded'), sum('failed')]
    const waits = histogramOf(this.#steps.flatMap(({ waits }) => waits))
    const runs = histogramOf(this.#steps.flatMap(({ runs }) => runs))
    const stretch = Math.max(this.#stepMs, Math.min(recentMs, this.#to - Math.max(this.#from, countedFrom)))
    return {
      succeeded,
      failed,
      retried: sum('retried'),
      finishedPerMinute: (this.finishedSince(this.#to - stretch) / stretch) * 60_000,
      ...(succeeded + failed > 0 && { failedShare: failed / (succeeded + failed) }),
      ...defined({
        waitP95Ms: quantile(waits, 0.95),
        runP50Ms: quantile(runs, 0.5),
        runP95Ms: quantile(runs, 0.95),
        runP99Ms: quantile(runs, 0.99),
      }),
    }
  }

  /** Tasks that ended in the steps that begin at or after this. */
  finishedSince(at: number): number {
    return this.#since(at).reduce((total, { succeeded, failed }) => total + succeeded + failed, 0)
  }

  arrivedSince(at: number): number {
    return this.#since(at).reduce((total, { arrived }) => total + arrived, 0)
  }

  since(at: number): { readonly succeeded: number; readonly failed: number } {
    const since = this.#since(at)
    return {
      succeeded: since.reduce((total, step) => total + step.succeeded, 0),
      failed: since.reduce((total, step) => total + step.failed, 0),
    }
  }

  #since(at: number): readonly Step[] {
    return this.#steps.filter((_step, index) => this.#from + index * this.#stepMs >= at - this.#stepMs)
  }

  spark(): readonly number[] {
    return this.#steps.map(({ succeeded, failed }) => succeeded + failed)
  }

  series(): Series {
    const list = (name: 'succeeded' | 'failed' | 'retried' | 'arrived'): readonly number[] =>
      this.#steps.map((step) => step[name])
    return {
      from: this.#from,
      stepMs: this.#stepMs,
      succeeded: list('succeeded'),
      failed: list('failed'),
      retried: list('retried'),
      arrived: list('arrived'),
      wait: quantilesOf(this.#steps.map(({ waits }) => histogramOf(waits))),
      run: quantilesOf(this.#steps.map(({ runs }) => histogramOf(runs))),
    }
  }
}

/** Smooths over neighbours: a single step of a quiet queue holds too few values. */
function quantilesOf(histograms: readonly Histogram[]): Quantiles {
  const smooth = histograms.map((own, index) => {
    if (countOf(own) === 0) return own
    return [histograms[index - 1], histograms[index + 1]].reduce<Histogram>(
      (merged, each) => mergeHistograms(merged, each ?? {}),
      own,
    )
  })
  const at = (part: number): readonly (number | null)[] => smooth.map((histogram) => quantile(histogram, part) ?? null)
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

function defined<Values extends Readonly<Record<string, number | undefined>>>(
  values: Values,
): { readonly [Name in keyof Values]?: number } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    readonly [Name in keyof Values]?: number
  }
}
