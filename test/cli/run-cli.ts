import { spawn } from 'node:child_process'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { run } from '../../cli/program.ts'

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))
const root = fileURLToPath(new URL('../..', import.meta.url))

export interface CliRun {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CliOptions {
  /** @default the repository */
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
}

let last: Promise<unknown> = Promise.resolve()

/**
 * The command in this process, without a terminal and without anyone's AWS settings.
 * Calls wait for each other: folder, environment and streams belong to the whole process.
 *
 * Commands that run until a signal need a process of their own: `startCli`.
 */
export function runCli(arguments_: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const result = last.then(() => runHere(arguments_, options))
  last = result.catch(() => {})
  return result
}

/** The command as a process of its own. Costs a second of processor time. */
export function startCli(arguments_: readonly string[], { cwd = root, env = {} }: Omit<CliOptions, 'stdin'> = {}) {
  return spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main, ...arguments_], {
    cwd,
    env: { ...withoutAws(process.env), TSX_TSCONFIG_PATH: `${root}tsconfig.json`, ...env },
  })
}

/** The command as a process of its own, until it ends. */
export async function runCliProcess(
  arguments_: readonly string[],
  { stdin = '', ...options }: CliOptions = {},
): Promise<CliRun> {
  const child = startCli(arguments_, options)
  child.stdin.end(stdin)
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.on('close', resolve)),
  ])
  return { code, stdout, stderr }
}

async function runHere(
  arguments_: readonly string[],
  { cwd = root, env = {}, stdin = '' }: CliOptions,
): Promise<CliRun> {
  const written = { stdout: '', stderr: '' }
  const restore = [
    replace(process, 'env', {
      ...withoutAws(process.env),
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      ...env,
    }),
    replace(process, 'stdin', Readable.from([stdin])),
    ...(['stdout', 'stderr'] as const).flatMap((name) => [
      replace(process[name], 'isTTY', false),
      replace(process[name], 'write', (chunk: string) => {
        written[name] += chunk
        return true
      }),
    ]),
    keepSignals(),
    keepFolder(cwd),
  ]
  process.exitCode = undefined
  try {
    return { code: await run(arguments_), ...written }
  } finally {
    process.exitCode = undefined
    for (const each of restore) each()
  }
}

/** @returns what puts the former value back */
function replace(target: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(target, name)
  Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: true })
  return () => {
    if (before === undefined) Reflect.deleteProperty(target, name)
    else Object.defineProperty(target, name, before)
  }
}

/** A command that fails leaves its listeners behind: its process would end. */
function keepSignals(): () => void {
  const before = new Map(signals.map((name) => [name, process.listeners(name)]))
  return () => {
    for (const [name, listeners] of before) {
      for (const each of process.listeners(name)) if (!listeners.includes(each)) process.removeListener(name, each)
    }
  }
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

function keepFolder(folder: string): () => void {
  const before = process.cwd()
  process.chdir(folder)
  return () => process.chdir(before)
}

function withoutAws(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(variables).filter(([name]) => !/^(AWS_|CELERIAC_|FORCE_COLOR|NODE_OPTIONS|VITEST)/.test(name)),
  )
}
