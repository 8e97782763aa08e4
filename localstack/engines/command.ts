import { spawn } from 'node:child_process'

export interface CommandOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** Gets the output as it comes, stdout and stderr alike. */
  readonly onOutput?: (text: string) => void
}

/** A command with an exit code other than 0. The message ends with the last lines of its output. */
export class CommandError extends Error {
  readonly status: number | null
  readonly output: string

  constructor(command: string, status: number | null, output: string) {
    super(`${command}: exit status ${status ?? 'none (killed)'}\n${lastLines(output, 30)}`)
    this.name = 'CommandError'
    this.status = status
    this.output = output
  }
}

/** Runs a program to its end, without a shell, and resolves with its output. */
export function run(file: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const take = (text: string) => {
      output += text
      options.onOutput?.(text)
    }
    child.stdout.setEncoding('utf8').on('data', take)
    child.stderr.setEncoding('utf8').on('data', take)
    child.on('error', reject)
    child.on('close', (status) => {
      if (status === 0) resolve(output)
      else reject(new CommandError([file, ...args].join(' '), status, output))
    })
  })
}

const longestLine = 500

/** The last lines of an output, for people. Long lines such as minified code are cut. */
export function lastLines(text: string, count: number): string {
  const lines = text.trimEnd().split('\n').slice(-count)
  return lines.map((line) => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line)).join('\n')
}
