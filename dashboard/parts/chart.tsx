import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { shortTime, time } from '../lib/format.ts'
import { colour, paint } from '../lib/theme.ts'

/** One line or row of bars. */
export interface ChartSeries {
  readonly label: string
  /** A variable of the style sheet: `--ok-bar`. */
  readonly colour: string
  readonly values: readonly (number | null)[]
  readonly bars?: boolean
  readonly width?: number
  readonly dash?: readonly number[]
  /** Filled down to the series with this index. */
  readonly bandTo?: number
  /** For the little box under the pointer. */
  readonly shown?: readonly (number | null)[]
}

interface ChartProps {
  /** Beginning of each step, epoch ms. */
  readonly times: readonly number[]
  readonly series: readonly ChartSeries[]
  readonly height?: number
  readonly log?: boolean
  /** What it shows, for who cannot see it. */
  readonly label: string
  format(value: number): string
}

/** A chart on canvas. Everything of uPlot is in this file. */
export function Chart({ times, series, height = 208, log = false, label, format }: ChartProps) {
  const holder = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const hovered = useSignal<{ index: number; left: number } | undefined>(undefined)
  const data = [times.map((at) => at / 1_000), ...series.map(({ values }) => values)] as unknown as uPlot.AlignedData
  // A new chart is made only when its form changes. Otherwise it gets the new data.
  const form = JSON.stringify([
    series.map(({ values: _values, shown: _shown, ...rest }) => rest),
    height,
    log,
    paint.value,
  ])
  useEffect(() => {
    const element = holder.current
    if (element === null) return
    const made = new uPlot(
      optionsOf(series, { element, height, log, format, hovered: (value) => (hovered.value = value) }),
      data,
      element,
    )
    plot.current = made
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.destroy()
    }
  }, [form])
  useEffect(() => plot.current?.setData(data))
  const at = hovered.value
  return (
    <div class="plot-holder" role="img" aria-label={label}>
      <div ref={holder} />
      {at !== undefined && times[at.index] !== undefined && (
        <div class="tip" style={{ left: `${at.left}px` }}>
          <b>{time(times[at.index] ?? 0)}</b>
          {series.map((each) => (
            <div key={each.label}>
              <span class="key" style={{ background: `var(${each.colour})` }} />
              <span>{each.label}</span>
              <span>{valueText((each.shown ?? each.values)[at.index], format)}</span>
            </div>
          ))}
        </div>
      )}
    </div>
  )
}

function valueText(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? '–' : format(value)
}

interface Look {
  readonly element: HTMLElement
  readonly height: number
  readonly log: boolean
  format(value: number): string
  hovered(value: { index: number; left: number } | undefined): void
}

function optionsOf(series: readonly ChartSeries[], { element, height, log, format, hovered }: Look): uPlot.Options {
  const ink = colour('--muted', element)
  const grid = colour('--line', element)
  const font = '11px system-ui, sans-serif'
  const bars = uPlot.paths.bars?.({ size: [0.82, 40], gap: 0 })
  return {
    width: element.clientWidth,
    height,
    padding: [10, 10, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      x: { time: true },
      y: log ? { distr: 3 } : { range: (_plot, low, high) => [Math.min(0, low * 1.1), Math.max(high * 1.08, 4)] },
    },
    axes: [
      {
        stroke: ink,
        font,
        grid: { show: false },
        ticks: { show: false },
        size: 24,
        space: 80,
        values: (_plot, splits) => splits.map((at) => shortTime(at * 1_000)),
      },
      {
        stroke: ink,
        font,
        size: 52,
        gap: 6,
        space: 34,
        grid: { stroke: grid, width: 1 },
        ticks: { show: false },
        values: (_plot, splits) => splits.map((value) => (value === null ? '' : format(Math.abs(value)))),
        // A log scale hides most labels by itself.
        ...(log && { filter: powersOfTen, grid: { stroke: grid, width: 1, filter: powersOfTen } }),
      },
    ],
    series: [
      {},
      ...series.map((each): uPlot.Series => {
        const stroke = colour(each.colour, element)
        return {
          label: each.label,
          stroke: each.bars ? 'transparent' : stroke,
          width: each.width ?? 1.5,
          // A step alone is no line.
          points: each.bars ? { show: false } : { size: 4, fill: stroke },
          spanGaps: true,
          ...(each.bars && bars && { fill: stroke, paths: bars, width: 0 }),
          ...(each.dash && { dash: [...each.dash] }),
        }
      }),
    ],
    bands: series.flatMap((each, index) =>
      each.bandTo === undefined
        ? []
        : [{ series: [index + 1, each.bandTo + 1] as [number, number], fill: faded(colour(each.colour, element)) }],
    ),
    hooks: {
      setCursor: [
        ({ cursor, bbox, over }) => {
          if (cursor.idx === null || cursor.idx === undefined || (cursor.left ?? -1) < 0) return hovered(undefined)
          const left = (cursor.left ?? 0) + bbox.left / devicePixelRatio
          hovered({ index: cursor.idx, left: left > over.clientWidth * 0.6 ? left - 176 : left + 12 })
        },
      ],
    },
  }
}

function powersOfTen(_plot: uPlot, splits: number[]): (number | null)[] {
  return splits.map((value) => (Number.isInteger(Math.log10(value)) ? value : null))
}

function faded(text: string): string {
  return text.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.14)')
}
