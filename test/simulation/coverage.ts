import { type FaultKind, faultKinds } from './misfortunes.ts'
import { type Transition, transitions } from './transitions.ts'

/** Counts which fault hit which transition, and which call. */
export class Coverage {
  readonly #transitions = new Map<string, number>()
  readonly #calls = new Map<string, number>()
  #delivered = 0

  transition(fault: string, transition: Transition | undefined): void {
    if (transition !== undefined) bump(this.#transitions, `${fault}|${transition}`)
  }

  call(fault: string, method: string): void {
    bump(this.#calls, `${fault}|${method}`)
  }

  deliveries(count: number): void {
    this.#delivered += count
  }

  get delivered(): number {
    return this.#delivered
  }

  hits(fault: FaultKind, transition: Transition): number {
    return this.#transitions.get(`${fault}|${transition}`) ?? 0
  }

  /** Cells that no seed has hit. */
  missing(): readonly string[] {
    return transitions.flatMap((transition) =>
      faultKinds.filter((fault) => this.hits(fault, transition) === 0).map((fault) => `${fault} × ${transition}`),
    )
  }

  /** Adds what another one has seen. */
  add(other: Coverage): void {
    for (const [cell, count] of other.#transitions) bump(this.#transitions, cell, count)
    for (const [cell, count] of other.#calls) bump(this.#calls, cell, count)
    this.#delivered += other.#delivered
  }

  table(): string {
    const calls = [...new Set([...this.#calls.keys()].map((cell) => cell.split('|')[1] ?? ''))].sort()
    return [
      grid('transition', transitions, (row, fault) => this.#transitions.get(`${fault}|${row}`) ?? 0),
      grid('call', calls, (row, fault) => this.#calls.get(`${fault}|${row}`) ?? 0),
    ].join('\n\n')
  }
}

function bump(counts: Map<string, number>, key: string, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by)
}

function grid(title: string, rows: readonly string[], cell: (row: string, fault: FaultKind) => number): string {
  const width = Math.max(...rows.map((row) => row.length), title.length)
  const head = [title.padEnd(width), ...faultKinds.map((kind) => kind.padStart(13))].join(' ')
  const lines = rows.map((row) =>
    [row.padEnd(width), ...faultKinds.map((kind) => String(cell(row, kind) || '-').padStart(13))].join(' '),
  )
  return [head, ...lines].join('\n')
}
