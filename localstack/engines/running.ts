import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from './command.ts'
import { type EngineName, engineNames, type RunningEngine } from './engine.ts'
import { enginesFolder } from './folders.ts'
import { isAlive } from './installation.ts'

/** What `up` notes for `deploy`, `try` and `down`. */
export type NotedEngine = Pick<RunningEngine, 'name' | 'endpoint' | 'pid' | 'logFile'>

const noteFile = (name: EngineName) => join(enginesFolder(), 'running', `${name}.json`)

export async function note({ name, endpoint, pid, logFile }: RunningEngine): Promise<void> {
  await mkdir(join(enginesFolder(), 'running'), { recursive: true })
  await writeFile(noteFile(name), `${JSON.stringify({ name, endpoint, pid, logFile }, null, 2)}\n`)
}

/** The engines that `up` started and that still run. */
export async function notedEngines(): Promise<NotedEngine[]> {
  const found: NotedEngine[] = []
  for (const name of engineNames) {
    const text = await readFile(noteFile(name), 'utf8').catch(() => undefined)
    if (text === undefined) continue
    const noted: unknown = JSON.parse(text)
    if (isNoted(noted) && (await isSupervisor(noted.pid))) found.push({ ...noted, name })
    else await rm(noteFile(name), { force: true })
  }
  return found
}

/** Ends an engine that `up` started; resolves when it is gone. */
export async function end(engine: NotedEngine): Promise<void> {
  if (await isSupervisor(engine.pid)) {
    process.kill(engine.pid, 'SIGTERM')
    while (isAlive(engine.pid)) await sleep(100)
  }
  await rm(noteFile(engine.name), { force: true })
}

/** The id may have gone to another program since it was noted: only our supervisor is ever ended. */
async function isSupervisor(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return false
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() =>
    run('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ''),
  )
  return command.includes('supervise.py')
}

function isNoted(value: unknown): value is NotedEngine {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'endpoint' in value &&
    typeof value.endpoint === 'string'
  )
}
