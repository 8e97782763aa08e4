import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chooseEngines } from '../../localstack/engines/catalogue.ts'
import { run } from '../../localstack/engines/command.ts'
import { folderOf, installOnce } from '../../localstack/engines/installation.ts'
import type { Closing } from '../../shared/local/closing.ts'
import type { Used } from './server-process.ts'

/** An SQS server that is measured. */
export interface Server {
  readonly name: string
  readonly endpoint: string
  /** Processor time so far. Undefined: nobody here can tell. */
  cpuSeconds(): Promise<number | undefined>
  stop(): Promise<void>
}

/** One that runs on Node, in a process of its own. */
export interface NodeServer extends Server {
  /** @param collected after a full garbage collection */
  used(collected?: 'collected'): Promise<Used>
}

/** Ours. @param args a data folder and the durability */
export function startCeleriac(closing: Closing, name: string, args: readonly string[] = []): Promise<NodeServer> {
  return startNodeServer(closing, name, ['celeriac', ...args])
}

/**
 * fauxqs (MIT), from npm at its first use: with three SDK clients and a web framework it is no dependency of this repository.
 *
 * @throws {Error} when npm cannot bring it
 */
export async function startFauxqs(closing: Closing): Promise<NodeServer> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const version = major > 22 || (major === 22 && minor >= 5) ? '2.4.1' : '1.9.2'
  const folder = await installOnce(
    {
      name: 'fauxqs',
      recipe: [version],
      async fill(into) {
        const quiet = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund']
        await run('npm', ['install', '--prefix', into, ...quiet, `fauxqs@${version}`])
      },
    },
    console.log,
  )
  const module = join(folder, 'node_modules', 'fauxqs', 'dist', 'app.js')
  return startNodeServer(closing, `fauxqs ${version}`, ['fauxqs', module])
}

/** Ended by `closing` from its first moment on: Ctrl-C may come before it is ready. */
async function startNodeServer(closing: Closing, name: string, args: readonly string[]): Promise<NodeServer> {
  const program = fileURLToPath(new URL('./server-process.ts', import.meta.url))
  const nodeArgs = ['--expose-gc', '--max-old-space-size=4096', '--import', 'tsx']
  const child = spawn(process.execPath, [...nodeArgs, program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  closing.add(stop)
  const endpoint = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (line) => resolve(String(line).trim()))
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${name} ended with code ${code}.`)))
  })
  const used = (question = 'now') =>
    new Promise<Used>((resolve) => {
      child.once('message', (answer) => resolve(answer as Used))
      child.send(question)
    })
  return {
    name,
    endpoint,
    used,
    cpuSeconds: async () => (await used()).cpuSeconds,
    stop,
  }
}

/** What answers at `url` and was started by somebody else. */
export function runningServer(name: string, url: string): Server {
  return { name, endpoint: url, cpuSeconds: async () => undefined, stop: async () => {} }
}

/** What runs on the port that MiniStack and LocalStack share. */
export async function serverOnDefaultPort(): Promise<Server | undefined> {
  const endpoint = 'http://127.0.0.1:4566'
  const healthy = async (name: string): Promise<boolean> => {
    try {
      return (await fetch(`${endpoint}/_${name}/health`, { signal: AbortSignal.timeout(1_000) })).ok
    } catch {
      return false
    }
  }
  for (const name of ['ministack', 'localstack']) if (await healthy(name)) return runningServer(name, endpoint)
  return undefined
}

/** The engines that localstack/up.ts or the deployment tests have installed. They end with this process. */
export function installedEngines(): readonly { readonly name: string; start(): Promise<Server> }[] {
  return chooseEngines([])
    .filter(({ name }) => existsSync(join(folderOf(name), 'installed')))
    .map((engine) => ({
      name: engine.name,
      async start() {
        const { name, endpoint, pid, stop } = await engine.start()
        return { name, endpoint, stop, cpuSeconds: async () => cpuSecondsBelow(pid) }
      },
    }))
}

/** Linux counts processor time in hundredths of a second. */
const ticksPerSecond = 100

/** Of all processes below one, as Linux tells it in /proc. */
function cpuSecondsBelow(ancestor: number): number | undefined {
  if (!existsSync('/proc/self/stat')) return undefined
  const parents = new Map<number, number>()
  const seconds = new Map<number, number>()
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry)
    if (!Number.isInteger(pid)) continue
    try {
      // The name, in parentheses, may hold spaces.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')
        .map(Number)
      parents.set(pid, fields[1] ?? 0)
      seconds.set(pid, ((fields[11] ?? 0) + (fields[12] ?? 0)) / ticksPerSecond)
    } catch {
      // It has ended.
    }
  }
  const isBelow = (pid: number): boolean => pid === ancestor || (pid > 1 && isBelow(parents.get(pid) ?? 0))
  let sum = 0
  for (const [pid, used] of seconds) if (isBelow(pid)) sum += used
  return sum
}
