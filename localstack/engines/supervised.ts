import { spawn } from 'node:child_process'
import { mkdtemp, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lastLines } from './command.ts'
import type { EngineName, RunningEngine, StartOptions } from './engine.ts'
import { folderOf } from './installation.ts'
import { waitForRealAnswers } from './ready.ts'

const supervisor = fileURLToPath(new URL('supervise.py', import.meta.url))

export interface EngineCommand {
  /** The Python of the engine's virtual environment; runs the supervisor, too. */
  readonly python: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
}

/**
 * Starts an engine under the supervisor, in a scratch folder of its own, and waits until it does real work.
 *
 * @param commandFor gets the port and the scratch folder, which is removed when the engine ends
 */
export async function startSupervised(
  name: EngineName,
  options: StartOptions,
  commandFor: (place: { readonly port: number; readonly scratch: string }) => EngineCommand,
): Promise<RunningEngine> {
  const port = options.port ?? (await freePort())
  const scratch = await mkdtemp(join(tmpdir(), `celeriac-${name}-`))
  const { python, args, env } = commandFor({ port, scratch })
  const logFile = join(scratch, 'engine.log')
  const keptLog = join(folderOf(name), 'last.log')
  const endsWithParent = options.until !== 'stopped'
  const child = spawn(
    python,
    [
      supervisor,
      ...(endsWithParent ? ['--until-stdin-closes'] : []),
      ...['--scratch', scratch, '--log', logFile, '--keep-log', keptLog],
      ...['--', python, ...args],
    ],
    // Its own process group: Ctrl-C reaches us, and we stop it in order.
    { env, cwd: scratch, detached: true, stdio: [endsWithParent ? 'pipe' : 'ignore', 'ignore', 'ignore'] },
  )
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const { pid } = child
  if (pid === undefined) throw new Error(`${name}: ${python} could not be started.`)
  // A waiting engine must not keep this process alive; closing our end of the pipe ends it.
  child.unref()
  if (child.stdin && 'unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref()
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.ref()
    child.kill('SIGTERM')
    await ended
  }
  const endpoint = `http://127.0.0.1:${port}`
  try {
    await waitForRealAnswers(endpoint, ended)
  } catch (error) {
    await stop()
    const log = await readFile(keptLog, 'utf8').catch(() => '')
    throw new Error(`${name} did not start: ${String(error)}\nIts last lines, from ${keptLog}:\n${lastLines(log, 30)}`)
  }
  return { name, endpoint, pid, logFile, stop }
}

/** A port of the loopback interface that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('The system gave no port.')
  return address.port
}
