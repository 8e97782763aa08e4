import { useSignal } from '@preact/signals'
import type { Series } from '../../shared/ports/insight.ts'
import { count, duration } from '../lib/format.ts'
import { Card } from './card.tsx'
import { Chart } from './chart.tsx'

const stepNames: Readonly<Record<number, string>> = {
  1000: 'a second',
  5000: 'in 5 s',
  10000: 'in 10 s',
  30000: 'in 30 s',
  60000: 'a minute',
  300000: 'in 5 min',
  900000: 'in 15 min',
  3600000: 'an hour',
  21600000: 'in 6 h',
  86400000: 'a day',
}

export function timesOf({
  from,
  stepMs,
  succeeded,
}: {
  readonly from: number
  readonly stepMs: number
  readonly succeeded: readonly unknown[]
}): readonly number[] {
  return succeeded.map((_, index) => from + index * stepMs)
}

export function Legend({ items }: { readonly items: readonly (readonly [string, string, string?])[] }) {
  return (
    <ul class="legend">
      {items.map(([label, colour, kind]) => (
        <li key={label}>
          <span class={kind === undefined ? 'key' : `key ${kind}`} style={{ '--m': `var(${colour})` }} />
          {label}
        </li>
      ))}
    </ul>
  )
}

/** Success above the line, trouble below. */
export function FinishedChart({ series }: { readonly series: Series }) {
  const negative = (values: readonly number[]): readonly number[] => values.map((value) => (value === 0 ? 0 : -value))
  const below = series.failed.map((failed, index) => failed + (series.retried[index] ?? 0))
  return (
    <Card
      title={`Finished ${stepNames[series.stepMs] ?? ''}`}
      actions={
        <Legend
          items={[
            ['succeeded', '--ok-bar'],
            ['failed', '--bad-mark'],
            ['retried', '--retry-mark'],
          ]}
        />
      }
    >
      <Chart
        label="Tasks finished over time: succeeded above, failed and retried below the line"
        times={timesOf(series)}
        format={count}
        series={[
          { label: 'succeeded', colour: '--ok-bar', bars: true, values: series.succeeded },
          { label: 'retried', colour: '--retry-mark', bars: true, values: negative(below), shown: series.retried },
          { label: 'failed', colour: '--bad-mark', bars: true, values: negative(series.failed), shown: series.failed },
        ]}
      />
    </Card>
  )
}

/** How long tasks waited and ran, on a log axis. */
export function TimesChart({ series }: { readonly series: Series }) {
  const shown = useSignal<'wait' | 'run'>('wait')
  const { p50, p95, p99 } = series[shown.value]
  // A log axis has no zero.
  const positive = (values: readonly (number | null)[]): readonly (number | null)[] =>
    values.map((value) => (value === null ? null : Math.max(1, value)))
  const isEmpty = p50.every((value) => value === null)
  return (
    <section class="card">
      <header>
        <h2 class="hidden">Wait and run</h2>
        <div class="seg small">
          {(['wait', 'run'] as const).map((name) => (
            <button type="button" key={name} aria-pressed={shown.value === name} onClick={() => (shown.value = name)}>
              {name === 'wait' ? 'Wait' : 'Run'}
            </button>
          ))}
        </div>
        <span class="grow" />
        <Legend
          items={[
            ['p50', '--run-mark', 'line thin'],
            ['p95', '--run', 'line'],
            ['p99', '--run-pale', 'line thin'],
          ]}
        />
      </header>
      {isEmpty ? (
        <div class="empty">
          <b>No task {shown.value === 'wait' ? 'was started' : 'ended'} in this range</b>
        </div>
      ) : (
        <Chart
          label={`How long tasks ${shown.value === 'wait' ? 'waited' : 'ran'}: percentiles over time`}
          log
          times={timesOf(series)}
          format={duration}
          series={[
            { label: 'p50', colour: '--run-mark', width: 1, values: positive(p50) },
            { label: 'p95', colour: '--run', width: 2, values: positive(p95), bandTo: 0 },
            { label: 'p99', colour: '--run-pale', width: 1, values: positive(p99) },
          ]}
        />
      )}
    </section>
  )
}
