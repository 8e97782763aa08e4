import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A new user: an empty folder, and nothing in the environment that a repository or a shell of ours would have put there. */
export class User {
  readonly home = mkdtempSync(join(tmpdir(), 'celeriac-user-'))
  readonly folder = this.subfolder('app')
  readonly #environment: NodeJS.ProcessEnv

  constructor() {
    const foreign = /^(npm_|AWS_|CELERIAC_|CDK_|VITEST|TSX_|NODE_|INIT_CWD|FORCE_COLOR|CI$)/
    const inherited = Object.entries(process.env).filter(([name]) => !foreign.test(name))
    // All that is started inherits it: that is how processes which were left behind are found.
    this.#environment = { ...Object.fromEntries(inherited), TMPDIR: this.subfolder('tmp') }
  }

  subfolder(name: string): string {
    const path = join(this.home, name)
    mkdirSync(path, { recursive: true })
    return path
  }

  /** Runs a command to its end, in the app's folder unless told. */
  async run(command: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): Promise<Ran> {
    const child = this.start(command, options)
    let stdout = ''
    let stderr = ''
    child.stdout?.on('data', (chunk) => {
      stdout += String(chunk)
    })
    child.stderr?.on('data', (chunk) => {
      stderr += String(chunk)
    })
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    return { code, stdout, stderr }
  }

  /** Runs a command that has to succeed. @returns what it wrote to standard output */
  async does(...command: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(command)
    if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${stderr}\n${stdout}`)
    return stdout.trim()
  }

  start([program = '', ...words]: readonly string[], { cwd = this.folder, env = {} } = {}): ChildProcess {
    const environment = { ...this.#environment, ...env }
    return spawn(program, words, { cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  }

  /** Processes that this user started and that are still there. */
  processes(): readonly string[] {
    const mark = `TMPDIR=${this.#environment.TMPDIR}`
    return readdirSync('/proc').flatMap((pid) => {
      try {
        if (!/^\d+$/.test(pid) || !readFileSync(`/proc/${pid}/environ`, 'utf8').includes(mark)) return []
        return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`]
      } catch {
        // It has ended, or is another user's.
        return []
      }
    })
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8')
  }

  has(name: string): boolean {
    return existsSync(join(this.folder, name))
  }

  leave(): void {
    rmSync(this.home, { recursive: true, force: true, maxRetries: 3 })
  }
}

export type Line = Readonly<Record<string, unknown>> & { readonly type: string }

/** `celeriac dev --json`, line by line. */
export class DevProcess {
  readonly lines: Line[] = []
  readonly exited: Promise<number | null>
  readonly #child: ChildProcess
  #stderr = ''
  #wake: () => void = () => {}
  #ended = false

  constructor(child: ChildProcess) {
    this.#child = child
    if (child.stdout === null || child.stderr === null) throw new Error('Its output is not connected.')
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.lines.push(JSON.parse(line) as Line)
      this.#wake()
    })
    child.stderr.on('data', (chunk) => {
      this.#stderr += String(chunk)
    })
    this.exited = new Promise((resolve) => {
      child.once('close', (code) => {
        this.#ended = true
        this.#wake()
        resolve(code)
      })
    })
  }

  /** The first line that fits, also of those that were there. */
  async line(fits: (line: Line) => boolean): Promise<Line> {
    for (;;) {
      const found = this.lines.find(fits)
      if (found !== undefined) return found
      if (this.#ended) throw new Error(`celeriac dev has ended: ${this.#stderr}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  interrupt(): void {
    this.#child.kill('SIGINT')
  }

  /** For a test that failed halfway. */
  kill(): void {
    if (!this.#ended) this.#child.kill('SIGKILL')
  }
}
