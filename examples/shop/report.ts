import type { App } from 'celeriac'
import Table from 'cli-table3'
import type { createColors } from 'picocolors'
import { number } from './display.ts'
import type { Ended } from './watch.ts'

/** One queue's outcome. `reasons` counts its dead letters by what was the matter. */
export interface QueueOutcome {
  readonly queue: string
  readonly ended: readonly Ended[]
  readonly reasons: ReadonlyMap<string, number>
}

/** Adds why tasks failed, as their records say. */
export async function outcomeOf(app: App, queue: string, ended: readonly Ended[]): Promise<QueueOutcome> {
  const reasons = new Map<string, number>()
  for (const { id, state } of ended) {
    if (state === 'SUCCESS') continue
    const { error } = await app.inspect.task(id)
    const reason = error?.message ?? state
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  }
  return { queue, ended, reasons }
}

/** A table with a row per queue, and below it why tasks were dead-lettered. */
export function reportOf(outcomes: readonly QueueOutcome[], colors: ReturnType<typeof createColors>): string {
  const table = new Table({
    head: ['queue', 'succeeded', 'retried', 'dead', 'tasks/s', 'p50', 'p95'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: colors.isColorSupported
      ? { head: ['bold'], border: ['gray'], compact: true }
      : { head: [], border: [], compact: true },
  })
  for (const { queue, ended } of outcomes) {
    const succeeded = ended.filter(({ state }) => state === 'SUCCESS').length
    const latencies = ended.map(({ enqueuedAt, finishedAt }) => finishedAt - enqueuedAt).sort((a, b) => a - b)
    table.push([
      queue,
      number(succeeded),
      number(ended.filter(({ attempts }) => attempts > 1).length),
      number(ended.length - succeeded),
      rateText(rateOf(ended)),
      seconds(quantile(latencies, 0.5)),
      seconds(quantile(latencies, 0.95)),
    ])
  }
  const reasons = outcomes.flatMap(({ queue, reasons }) =>
    [...reasons].map(([reason, count]) => `  ${queue}: ${colors.red(`${number(count)} ×`)} ${reason}`),
  )
  const below = reasons.length === 0 ? [] : ['dead letters, and why:', ...reasons]
  return [table.toString(), colors.dim('latency from enqueue to finish, waiting in the queue included'), ...below].join(
    '\n',
  )
}

function rateText(rate: number): string {
  return rate < 10 ? rate.toFixed(1) : number(Math.round(rate))
}

/** Tasks per second between the first enqueue and the last end. */
function rateOf(ended: readonly Ended[]): number {
  let first = Number.POSITIVE_INFINITY
  let last = 0
  for (const { enqueuedAt, finishedAt } of ended) {
    first = Math.min(first, enqueuedAt)
    last = Math.max(last, finishedAt)
  }
  return ended.length === 0 ? 0 : (ended.length * 1_000) / Math.max(1, last - first)
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`
}
