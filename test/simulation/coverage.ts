import { type FaultKind, faultKinds } from './misfortunes.ts'
import { type Transition, transitions } from './transitions.ts'

/**
 * Cells that no history can hit, with the reason; a rule may name many. None at present: every transition is one write of a client's or a worker's,
 * and each fault may befall each write. A transition that is written without a port call of a process would be listed here.
 */
export const unreachable: readonly {
  readonly reason: string
  covers(fault: FaultKind, transition: Transition): boolean
}[] = []

/** How often which fault hit what, by `fault|transition` and by `fault|call`. */
export interface Hits {
  readonly transitions: ReadonlyMap<string, number>
  readonly calls: ReadonlyMap<string, number>
}

/** Counts which fault hit which transition, and which call. */
export class Coverage {
  readonly #transitions = new Map<string, number>()
  readonly #calls = new Map<string, number>()

  transition(fault: string, transition: Transition | undefined): void {
    if (transition !== undefined) bump(this.#transitions, `${fault}|${transition}`)
  }

  call(fault: string, method: string): void {
    bump(this.#calls, `${fault}|${method}`)
  }

  get hits(): Hits {
    return { transitions: this.#transitions, calls: this.#calls }
  }

  /** Adds what another one has seen. */
  add({ transitions, calls }: Hits): void {
    for (const [cell, count] of transitions) bump(this.#transitions, cell, count)
    for (const [cell, count] of calls) bump(this.#calls, cell, count)
  }

  /** Cells that no seed has hit, and could. */
  missing(): readonly string[] {
    return transitions.flatMap((transition) =>
      faultKinds
        .filter((fault) => this.#hit(fault, transition) === 0 && reasonAgainst(fault, transition) === undefined)
        .map((fault) => `${fault} × ${transition}`),
    )
  }

  /** How many cells were hit, how many can be, and why the others cannot. */
  summary(): string {
    const missing = this.missing()
    const excluded = unreachable.map(({ reason, covers }) => {
      const cells = transitions.flatMap((each) => faultKinds.filter((fault) => covers(fault, each)))
      return `${cells.length} cells cannot be hit: ${reason}`
    })
    const reachable = transitions.length * faultKinds.length - countExcluded()
    return [
      `${reachable - missing.length} of ${reachable} reachable cells of fault × transition hit`,
      ...(missing.length > 0 ? [`not hit: ${missing.join(', ')}`] : []),
      ...(excluded.length > 0 ? excluded : ['no cell is excluded as unreachable']),
    ].join('\n')
  }

  table(): string {
    const calls = [...new Set([...this.#calls.keys()].map((cell) => cell.split('|')[1] ?? ''))].sort()
    return [
      grid('transition', transitions, (row, fault) => this.#hit(fault, row)),
      grid('call', calls, (row, fault) => this.#calls.get(`${fault}|${row}`) ?? 0),
    ].join('\n\n')
  }

  #hit(fault: FaultKind, transition: string): number {
    return this.#transitions.get(`${fault}|${transition}`) ?? 0
  }
}

function reasonAgainst(fault: FaultKind, transition: Transition): string | undefined {
  return unreachable.find(({ covers }) => covers(fault, transition))?.reason
}

function countExcluded(): number {
  return transitions.flatMap((each) => faultKinds.filter((fault) => reasonAgainst(fault, each) !== undefined)).length
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
