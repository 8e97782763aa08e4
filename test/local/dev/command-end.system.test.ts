import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { isAlive, until } from '../../support/processes.ts'
import { Project, tasksFile } from './project.ts'

const script = fileURLToPath(new URL('./dev-process.ts', import.meta.url))
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end()
})

async function start(options: object) {
  const project = await Project.make({ 'tasks.ts': tasksFile('x') })
  ends.push(() => project.remove())
  const child: ChildProcess = spawn(
    process.execPath,
    ['--import', 'tsx', script, project.path('tasks.ts'), JSON.stringify({ isTerminal: false, ...options })],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  ends.push(() => child.kill('SIGKILL'))
  let out = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk
  })
  return { child, out: () => out }
}

test('kill -9 ends a command behind -- with all that it started', { timeout: 90_000 }, async () => {
  // As npm does: a shell that runs the server, in the same process group.
  const server = `console.log("server " + process.pid); setInterval(() => {}, 1000)`
  const command = ['/bin/sh', '-c', `echo "shell $$"; "${process.execPath}" -e '${server}'; true`]
  const { child, out } = await start({ command })
  await until(() => /^server \d+$/m.test(out()), 60_000)
  const pids = ['shell', 'server'].map((name) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(out())?.[1]))
  expect(pids.every(isAlive)).toBe(true)
  child.kill('SIGKILL')
  await until(() => !pids.some(isAlive))
})
