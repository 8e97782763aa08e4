import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

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

/** The command as a process of its own, without a terminal and without anybody's AWS settings. */
export async function runCli(arguments_: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main, ...arguments_], {
    cwd: options.cwd ?? root,
    env: { ...withoutAws(process.env), TSX_TSCONFIG_PATH: `${root}tsconfig.json`, ...options.env },
  })
  child.stdin.end(options.stdin ?? '')
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.on('close', resolve)),
  ])
  return { code, stdout, stderr }
}

function withoutAws(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(variables).filter(([name]) => !/^(AWS_|CELERIAC_|FORCE_COLOR|NODE_OPTIONS|VITEST)/.test(name)),
  )
}
