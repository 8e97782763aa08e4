import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test, vi } from 'vitest'
import { createApp } from '../../../shared/index.ts'
import { isAlive, until } from '../../support/processes.ts'
import { Project, tasksFile } from './project.ts'

vi.setConfig({ testTimeout: 90_000 })

const script = fileURLToPath(new URL('./dev-process.ts', import.meta.url))
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end()
})

/** A dev process whose output is kept. */
async function run(files: Record<string, string>, options: object = {}) {
  const project = await Project.make(files)
  ends.push(() => project.remove())
  const child: ChildProcess = spawn(
    process.execPath,
    ['--import', 'tsx', script, project.path('tasks.ts'), JSON.stringify({ isTerminal: false, ...options })],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  ends.push(() => child.kill('SIGKILL'))
  let out = ''
  let errors = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk
  })
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk
  })
  const exit = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  const entries = () =>
    out
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  const entry = async (type: string): Promise<Record<string, unknown>> => {
    await until(() => entries().some((each) => each.type === type), 60_000)
    return entries().find((each) => each.type === type) ?? {}
  }
  return { child, exit, entry, entries, out: () => out, errors: () => errors }
}

function producer(ready: Record<string, unknown>) {
  const app = createApp({ name: 'devtest', queues: { words: {} } })
  const environment = ready.environment as Record<string, string>
  app.connect({
    endpoint: ready.endpoints as { sqs: string; dynamodb: string },
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    environment: { queueBaseUrl: environment.CELERIAC_QUEUE_BASE_URL ?? '' },
  })
  ends.push(() => app.close())
  return app
}

test('with JSON the first line tells all, events follow; Ctrl-C lets a task finish', async () => {
  const dev = await run({ 'tasks.ts': tasksFile('x') }, { json: true })
  const ready = await dev.entry('ready')
  expect(dev.entries()[0]).toEqual(ready)
  expect(ready).toMatchObject({
    table: 'devtest',
    tasks: ['say'],
    endpoints: { sqs: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) },
    queues: { words: { url: expect.stringMatching(/\/000000000000\/devtest-words$/) } },
  })
  await producer(ready).send('say', 1_000, { queue: 'words' })
  await dev.entry('started')
  dev.child.kill('SIGINT')
  expect(await dev.exit).toBe(0)
  expect(dev.entries().map(({ type }) => type)).toEqual(['ready', 'queued', 'started', 'succeeded'])
})

test('a second Ctrl-C ends what runs at once, but not the one that npm repeats', async () => {
  const dev = await run({ 'tasks.ts': tasksFile('x') }, { json: true })
  await producer(await dev.entry('ready')).send('say', 8_000, { queue: 'words' })
  await dev.entry('started')
  const startedAt = performance.now()
  dev.child.kill('SIGINT')
  dev.child.kill('SIGINT')
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(dev.child.exitCode).toBeNull()
  dev.child.kill('SIGINT')
  expect(await dev.exit).toBe(130)
  expect(performance.now() - startedAt).toBeLessThan(6_000)
  expect(dev.entries().some(({ type }) => type === 'succeeded')).toBe(false)
})

test('a command runs with the environment set, and its exit code is the end', async () => {
  const print =
    'console.log("table", process.env.CELERIAC_TABLE, process.env.AWS_ENDPOINT_URL_SQS); process.exitCode = 3'
  const dev = await run({ 'tasks.ts': tasksFile('x') }, { command: [process.execPath, '-e', print] })
  expect(await dev.exit).toBe(3)
  expect(dev.out()).toMatch(/^Ready in .*: 1 task in 1 queue\.$/m)
  expect(dev.out()).toMatch(/^table devtest http:\/\/127\.0\.0\.1:\d+$/m)
})

test('a command that lives ends with it', async () => {
  const wait = 'console.log("pid " + process.pid); setInterval(() => {}, 1000)'
  const dev = await run({ 'tasks.ts': tasksFile('x') }, { command: [process.execPath, '-e', wait] })
  await until(() => /^pid \d+$/m.test(dev.out()), 60_000)
  const pid = Number(/^pid (\d+)$/m.exec(dev.out())?.[1])
  dev.child.kill('SIGTERM')
  expect(await dev.exit).toBe(0)
  await until(() => !isAlive(pid))
})

test.each([
  [
    'a command that is not there',
    tasksFile('x'),
    { command: ['no-such-command-at-all'] },
    /'no-such-command-at-all' could not be started: .*ENOENT/,
  ],
  ['an app that cannot be built, without a terminal', 'const = 1', {}, /tasks\.ts:1:7: Expected identifier/],
])('%s ends it with an error', async (_what, tasks, options, text) => {
  const dev = await run({ 'tasks.ts': tasks }, options)
  expect(await dev.exit).toBe(1)
  expect(dev.errors()).toMatch(text)
})
