import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { median } from './numbers.ts'
import type { Starts } from './start-process.ts'
import { printTable } from './table.ts'

const processes = 3
/** Of each process, one after another. */
const times = 10
const parallel = 4
const withWorkers = 3

/** Milliseconds of startLocal() in processes that do nothing else. */
export async function measureStart(signal: AbortSignal): Promise<void> {
  const program = fileURLToPath(new URL('./start-process.ts', import.meta.url))
  const run = async (...counts: readonly number[]): Promise<Starts> => {
    const args = ['--import', 'tsx', program, ...counts.map(String)]
    const { stdout } = await promisify(execFile)(process.execPath, args, { signal })
    return JSON.parse(stdout) as Starts
  }
  const measured: Starts[] = []
  for (let count = 0; count < processes; count++) measured.push(await run(times, parallel, withWorkers))
  const cores = availableParallelism()
  const atOnce: Starts[] = []
  for (let count = 0; count < processes; count++) {
    atOnce.push(...(await Promise.all(Array.from({ length: cores }, () => run(0, 0, 0)))))
  }
  const row = (name: string, values: readonly number[]): readonly [string, ...string[]] => [
    name,
    ...[median(values), Math.min(...values), Math.max(...values)].map((ms) => ms.toFixed(0)),
    String(values.length),
  ]
  printTable(
    `startLocal(), milliseconds until it can be used, on ${cores} cores; the aim is 300 with tasks in the process.`,
    ['', 'median', 'least', 'most', 'starts'],
    [
      row(
        'the first of a process, which loads the AWS SDK',
        measured.map(({ first }) => first),
      ),
      row(
        'the next ones, tasks in this process',
        measured.flatMap(({ next }) => next),
      ),
      row(
        `${parallel} at the same time in one process, each`,
        measured.flatMap((each) => each.parallel),
      ),
      row(
        `the first of ${cores} processes at the same time, as test runners do`,
        atOnce.map((each) => each.first),
      ),
      row(
        'with a worker: bundled, its first process ready',
        measured.flatMap(({ withWorker }) => withWorker),
      ),
      row(
        'stop()',
        measured.flatMap(({ stop }) => stop),
      ),
      row(
        'before the first: importing the sources through tsx',
        measured.map(({ loadMs }) => loadMs),
      ),
    ],
  )
}
