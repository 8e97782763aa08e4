import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { initLimitMs } from '../../../localstack/lambda/limits.ts'
import type { ProcessGuard } from '../../../localstack/process/process-guard.ts'
import type { AppFacts } from '../plan.ts'
import { ownFrames } from '../stack-frames.ts'
import { appExport } from './app-module.ts'

/** Loads the bundle and describes its app on file descriptor 3; standard output belongs to the app's modules. */
const script = `
import { writeSync } from 'node:fs'
const tell = (value) => { writeSync(3, JSON.stringify(value)); process.exit(0) }
try {
  const { definition } = (await import(process.argv[1])).${appExport}
  const tasks = [...definition.tasks.values()].map(({ name, queue, ledger }) => ({ name, queue, ledger }))
  tell({ facts: { prefix: definition.prefix, queues: definition.queues, tasks } })
} catch (error) {
  tell({ error: { name: error?.name ?? 'Error', message: error?.message ?? String(error), stack: error?.stack ?? '' } })
}
`

/**
 * What an app is made of, asked of a process of its own: this one stays clean of what the app's modules do when they load, however often they change.
 *
 * @throws {Error} one paragraph: its modules throw, or do not finish loading within 10 s
 */
export async function describeApp(
  file: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
  guard: ProcessGuard,
): Promise<AppFacts> {
  const child = spawn(
    process.execPath,
    ['--enable-source-maps', '--input-type=module', '--eval', script, pathToFileURL(file).href],
    { cwd, env, stdio: ['ignore', 'ignore', 'pipe', 'pipe'], detached: true, windowsHide: true },
  )
  if (child.pid !== undefined) guard.watch(child.pid)
  const limit = setTimeout(() => child.kill('SIGKILL'), initLimitMs)
  const said = Promise.all([textOf(child.stdio[3] as Readable), textOf(child.stdio[2] as Readable)])
  const code = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (exitCode, signal) => resolve(signal ?? `exit code ${exitCode}`))
  })
  clearTimeout(limit)
  if (child.pid !== undefined) guard.leave(child.pid)
  const [told, complaint] = await said
  if (told === '') {
    const why = code === 'SIGKILL' ? `not done after ${initLimitMs / 1_000} s` : code
    throw new Error(`The app could not be loaded: ${why}. ${complaint.trim().slice(-500)}`.trim())
  }
  const answer = JSON.parse(told) as { facts?: AppFacts; error?: { name: string; message: string; stack: string } }
  if (answer.facts !== undefined) return answer.facts
  const { name = 'Error', message = '', stack = '' } = answer.error ?? {}
  const [frame] = ownFrames(stack, process.cwd())
  throw new Error(`The app could not be loaded: ${name}: ${message}${frame === undefined ? '' : ` (${frame.place})`}`)
}

async function textOf(stream: Readable): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += String(chunk)
  return text
}
