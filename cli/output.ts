import Table from 'cli-table3'
import { createColors } from 'picocolors'
import { encode } from '../shared/core/json.ts'
import { writeOut } from './stdout.ts'

/** A column's title, and what stands in it. */
export interface Column<Row> {
  readonly title: string
  readonly value: (row: Row) => string
  readonly align?: 'left' | 'right'
  /** Takes what the other columns leave of the terminal's width. */
  readonly flexible?: boolean
}

/** Where commands write: tables and colours on a terminal, tab-separated lines into a pipe, one JSON text with --json. */
export class Output {
  readonly json: boolean
  readonly isTerminal: boolean
  readonly colors: ReturnType<typeof createColors>
  readonly #width: number

  constructor(json: boolean, stream: { readonly isTTY?: boolean; readonly columns?: number } = process.stdout) {
    this.json = json
    this.isTerminal = stream.isTTY === true && !json
    this.colors = createColors(this.isTerminal && !process.env.NO_COLOR)
    this.#width = stream.columns ?? 80
  }

  line(text: string): void {
    writeOut(`${text}\n`)
  }

  /** For people only: never written to a pipe. */
  note(text: string): void {
    if (this.isTerminal) this.line(this.colors.dim(text))
  }

  /** How far a long command is, in one line that is written over: for people at a terminal, beside the output. */
  progress(text: string): void {
    if (!process.stderr.isTTY || this.json) return
    process.stderr.write(`\r\u001b[K${this.colors.dim(text)}`)
  }

  /** The JSON form of what a command found. Dates are ISO texts, other values tagged as in results. */
  data(value: unknown): void {
    this.line(JSON.stringify(plain(value)))
  }

  /** A value of a task's, as documented for results. */
  value(value: unknown): void {
    this.line(JSON.stringify(jsonOf(value), null, this.isTerminal ? 2 : undefined))
  }

  table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): void {
    const cells = rows.map((row) => columns.map((column) => column.value(row)))
    if (!this.isTerminal) {
      for (const line of [columns.map(({ title }) => title), ...cells]) {
        this.line(line.map((cell) => cell.replace(/[\t\r\n]+/g, ' ')).join('\t'))
      }
      return
    }
    const widths = this.#widths(columns, cells)
    if (widths === undefined) return this.#stack(columns, cells)
    const table = new Table({
      head: columns.map(({ title }) => title),
      colAligns: columns.map(({ align }) => align ?? 'left'),
      colWidths: widths,
      style: this.colors.isColorSupported
        ? { head: ['bold'], border: ['gray'], compact: true }
        : { head: [], border: [], compact: true },
      wordWrap: true,
    })
    table.push(...cells)
    this.line(table.toString())
  }

  /** Names and values below each other. Undefined ones are left out. */
  fields(fields: readonly (readonly [name: string, value: string | undefined])[]): void {
    const shown = fields.filter((field): field is readonly [string, string] => field[1] !== undefined)
    const width = Math.max(...shown.map(([name]) => name.length))
    for (const [name, value] of shown) {
      if (!this.isTerminal) this.line(`${name}\t${value.replace(/[\t\r\n]+/g, ' ')}`)
      else this.line(`${this.colors.dim(name.padEnd(width))}  ${value.split('\n').join(`\n${' '.repeat(width + 2)}`)}`)
    }
  }

  /** Undefined: the terminal is too narrow for a table. */
  #widths<Row>(columns: readonly Column<Row>[], cells: readonly (readonly string[])[]): number[] | undefined {
    const widths = columns.map(({ title }, index) => {
      const longest = Math.max(title.length, ...cells.map((row) => row[index]?.length ?? 0))
      return longest + 2
    })
    const flexible = columns.findIndex((column) => column.flexible)
    const fixed = widths.reduce((sum, each, index) => sum + (index === flexible ? 0 : each), columns.length + 1)
    const free = this.#width - fixed
    const needed = flexible < 0 ? 0 : Math.min(widths[flexible] ?? 0, narrowest)
    if (free < needed) return undefined
    if (flexible >= 0) widths[flexible] = Math.min(widths[flexible] ?? 0, free)
    return widths
  }

  /** Row by row, names and values below each other. */
  #stack<Row>(columns: readonly Column<Row>[], cells: readonly (readonly string[])[]): void {
    for (const [index, row] of cells.entries()) {
      if (index > 0) this.line('')
      this.fields(columns.map(({ title }, column) => [title, row[column] || undefined]))
    }
  }
}

/** A narrower text column is hard to read. */
const narrowest = 24

/** An instant, the same everywhere: `2026-11-28T13:45:46.000Z`. */
export function instantText(date: Date | undefined): string | undefined {
  return date?.toISOString()
}

export function jsonOf(value: unknown): unknown {
  return value === undefined ? null : encode(value)
}

/** Facts about tasks: dates as ISO texts, maps as objects; what a task was given or returned is tagged by `encode`. */
function plain(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return typeof value === 'bigint' ? value.toString() : value
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(plain)
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, valuesOfTasks.has(name) ? item && jsonOf(item) : plain(item)]),
  )
}

const valuesOfTasks: ReadonlySet<string> = new Set(['input', 'result', 'progress'])
