import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import Table from 'cli-table3'
import { Command } from 'commander'
import { bundleInto, nodeFlags } from '../test/simulation/bundle.ts'
import type { Turn } from './simulation/rates.ts'

const { turns, seconds, node } = new Command('npm run bench -- simulation')
  .description(
    'Histories a second that the simulator plays on one core, by what happens in them. The kinds take turns.',
  )
  .option('--turns <n>', 'of each kind', Number, 3)
  .option('--seconds <n>', 'of each turn', Number, 10)
  .option('--node <file>', 'the Node to play them with (Lambda runs Node 24)', process.execPath)
  .parse()
  .opts<{ turns: number; seconds: number; node: string }>()

const run = promisify(execFile)
const folder = await mkdtemp(join(tmpdir(), 'celeriac-simulation-'))
try {
  const program = await bundleInto(folder, new URL('./simulation/rates.ts', import.meta.url))
  const { stdout: version } = await run(node, ['--version'])
  console.log(`${turns} turns of ${seconds} s for each kind, after one to warm up: Node ${version.trim()}, one core`)
  const child = spawn(node, [...nodeFlags, program, String(turns), String(seconds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const played: Turn[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    const turn = JSON.parse(line) as Turn
    played.push(turn)
    console.error(`${turn.name}: ${rateOf(turn).toFixed(0)} histories/s`)
  }
  const [code] = await ended
  if (code === 0) print(played)
  else process.exitCode = 1
} finally {
  await rm(folder, { recursive: true })
}

function print(played: readonly Turn[]): void {
  const table = new Table({
    head: ['history', 'tasks', 'runs', 'ms', 'histories/s', 'tasks/s', 'ratio'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  })
  const best = [...new Set(played.map(({ name }) => name))].map((name) =>
    played.filter((turn) => turn.name === name).reduce((a, b) => (rateOf(a) > rateOf(b) ? a : b)),
  )
  for (const turn of best) {
    const { name, histories, tasks, runs, ms } = turn
    table.push([
      name,
      (tasks / histories).toFixed(0),
      (runs / histories).toFixed(0),
      (ms / histories).toFixed(1),
      rateOf(turn).toFixed(0),
      ((1_000 * tasks) / ms).toFixed(0),
      (rateOf(turn) / rateOf(best[0] ?? turn)).toFixed(2),
    ])
  }
  console.log(`${table}\nThe best turn of each kind.`)
}

/** Histories a second. */
function rateOf({ ms, histories }: Turn): number {
  return (1_000 * histories) / ms
}
