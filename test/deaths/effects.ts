import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a run wrote outside of queue and table. */
export interface Line {
  readonly what: 'start' | 'effect'
  readonly id: string
  readonly attempt: number
  /** Of this run alone; also its result. */
  readonly run: string
  readonly pid: number
  /** Epoch ms. */
  readonly at: number
}

/** All lines, of all processes or of one. */
export function readLines(folder: string, pid?: number): readonly Line[] {
  return readdirSync(folder)
    .filter((name) => (pid === undefined ? name.endsWith('.jsonl') : name === `${pid}.jsonl`))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text) as Line)
}

/** What the producer was told: which id each input has. Written before it takes the next. */
export function readAccepted(file: string): ReadonlyMap<number, string> {
  const accepted = new Map<number, string>()
  for (const line of readFileSync(file, 'utf8').split('\n').slice(0, -1)) {
    const [n, id = ''] = line.split(' ')
    const known = accepted.get(Number(n))
    if (known !== undefined && known !== id) throw new Error(`Input ${n} was accepted as ${known} and as ${id}.`)
    accepted.set(Number(n), id)
  }
  return accepted
}

export function grouped<Value>(values: readonly Value[], keyOf: (value: Value) => string): Map<string, Value[]> {
  const groups = new Map<string, Value[]>()
  for (const value of values) {
    const group = groups.get(keyOf(value))
    if (group === undefined) groups.set(keyOf(value), [value])
    else group.push(value)
  }
  return groups
}
