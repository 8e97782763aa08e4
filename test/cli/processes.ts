import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))

export interface CliProcess {
  readonly child: ChildProcess
  readonly exit: Promise<readonly [number | null, NodeJS.Signals | null]>
  out(): string
  errors(): string
}

/** The command as a process of its own: for what concerns a process, its signals, pipes and end. */
export function celeriac(words: readonly string[], options: { cwd?: string; shell?: string } = {}): CliProcess {
  const environment = Object.entries(process.env).filter(([name]) => !/^(AWS_|CELERIAC_|VITEST)/.test(name))
  const command = [process.execPath, '--import', import.meta.resolve('tsx'), main, ...words]
  const [program = '', ...rest] =
    options.shell === undefined ? command : ['/bin/sh', '-c', `"$@" ${options.shell}`, 'sh', ...command]
  const child = spawn(program, rest, {
    cwd: options.cwd ?? root,
    env: { ...Object.fromEntries(environment), TSX_TSCONFIG_PATH: `${root}tsconfig.json` },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let errors = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk
  })
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk
  })
  const exit = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  return { child, exit, out: () => out, errors: () => errors }
}
