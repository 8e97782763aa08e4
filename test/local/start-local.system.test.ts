import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { createApp, type TaskEvent } from '../../shared/index.ts'
import { type Local, type LocalOptions, startLocal } from '../../shared/local.ts'
import { isAlive, until } from '../support/processes.ts'
import { app, double, flaky, greeting, hang, refused, slow, whoami } from './fixtures/app/tasks.ts'

vi.setConfig({ testTimeout: 90_000 })

const worker = fileURLToPath(new URL('fixtures/app/worker.ts', import.meta.url))
const patience = { timeout: '60s' } as const
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end()
})

async function start(options: LocalOptions = {}): Promise<Local> {
  const local = await startLocal(app, { onProblem: () => {}, onLog: () => {}, ...options })
  ends.push(() => local.stop({ drain: false }))
  return local
}

// Everything temporary lies in a folder of these tests' own: what is left in it, they left.
const temporary = mkdtempSync(join(tmpdir(), 'celeriac-tests-'))
process.env.TMPDIR = temporary
afterAll(() => rm(temporary, { recursive: true, force: true }))

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'data-'))
  ends.push(() => rm(path, { recursive: true, force: true }))
  return path
}

const bundles = (): string[] => readdirSync(temporary).filter((name) => name.startsWith('celeriac-'))

test.each([
  ['in child processes', { worker, env: { GREETING: 'hello' } }, 'hello'],
  ['in this process', {}, 'none'],
])('tasks run %s: results, retries, dead letters, events', async (_where, options, word) => {
  const events: TaskEvent[] = []
  const local = await start({ ...options, onEvent: (event) => events.push(event) })
  expect(await (await double.delay(21)).get(patience)).toBe(42)
  expect(await (await flaky.delay(2)).get(patience)).toBe(3)
  expect(await (await greeting.delay()).get(patience)).toBe(word)
  const pid = await (await whoami.delay()).get(patience)
  expect(pid === process.pid).toBe(local.workerPids.length === 0)
  await expect((await refused.delay()).get(patience)).rejects.toThrow('not for me')
  await until(() => events.some(({ type }) => type === 'failed'))
  // Each process has a pipe of its own: what happened first may be heard later.
  const ofFlaky = events.filter(({ task }) => task === 'flaky').sort((one, other) => one.at - other.at)
  expect(ofFlaky.map(({ type }) => type)).toEqual([
    'queued',
    'started',
    'retried',
    'started',
    'retried',
    'started',
    'succeeded',
  ])
  await until(() => local.sqs.model.inspect.messages('fixture-fast-dead').length === 1)
  await until(() => local.sqs.model.inspect.messages('fixture-fast').length === 0)
})

test('queues are made as the app says', async () => {
  const local = await start()
  const attributes = (queue: string) =>
    local.sqs.model.getQueueAttributes({ QueueUrl: local.queues[queue]?.url, AttributeNames: ['All'] }).Attributes
  expect(attributes('fast')).toMatchObject({
    VisibilityTimeout: '35',
    MessageRetentionPeriod: '604800',
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:fixture-fast-dead',
      maxReceiveCount: 1000,
    }),
  })
  expect(local.sqs.model.inspect.queues().sort()).toEqual([
    'fixture-deadly',
    'fixture-deadly-dead',
    'fixture-fast',
    'fixture-fast-dead',
    'fixture-single',
    'fixture-single-dead',
  ])
})

test('another app of the same name reaches it by the environment alone', async () => {
  const local = await start()
  const before = { ...process.env }
  Object.assign(process.env, local.environment)
  try {
    const other = createApp({ name: 'unlike', queues: { fast: {} } })
    ends.push(() => other.close())
    expect(await (await other.send('double', 4, { queue: 'fast' })).get(patience)).toBe(8)
  } finally {
    for (const name of Object.keys(local.environment)) {
      if (before[name] === undefined) delete process.env[name]
      else process.env[name] = before[name]
    }
  }
})

test('with a data folder tasks and results survive', async () => {
  const dataDir = folder()
  const first = await start({ dataDir })
  const done = await double.delay(1)
  expect(await done.get(patience)).toBe(2)
  const later = await double.applyAsync(2, { countdown: 2 })
  await first.stop()
  await start({ dataDir })
  expect(await app.result(done.id).get(patience)).toBe(2)
  expect(await app.result(later.id).get(patience)).toBe(4)
})

test('a poison task ends in the dead-letter queue, its neighbours succeed', async () => {
  const local = await start({ worker })
  // Half a minute less than the queue's own: the claim is what prevents double runs.
  local.sqs.model.setQueueAttributes({
    QueueUrl: local.queues.deadly?.url,
    Attributes: { VisibilityTimeout: '2' },
  })
  const poison = await hang.delay()
  const neighbours = await Promise.all([1, 2, 3].map((value) => double.delay(value)))
  expect(await Promise.all(neighbours.map((each) => each.get(patience)))).toEqual([2, 4, 6])
  await expect(poison.get(patience)).rejects.toMatchObject({ name: 'TaskFailedError' })
  await until(() => local.sqs.model.inspect.messages('fixture-deadly-dead').length === 1)
}, 120_000)

test('stop drains unless told not to, and leaves no process and no folder', async () => {
  const before = bundles()
  const local = await start({ worker })
  const task = await slow.delay(700)
  await until(() => local.sqs.model.inspect.counts('fixture-fast').inFlight === 1)
  const pids = local.workerPids
  const deleted = vi.spyOn(local.sqs.model, 'deleteMessageBatch')
  await local.stop()
  expect(deleted).toHaveBeenCalledOnce()
  expect(pids.filter(isAlive)).toEqual([])
  expect(bundles()).toEqual(before)
  expect(task.id).toBeTruthy()
})

test('stop without draining does not wait', async () => {
  const local = await start({ worker })
  await slow.delay(4_000)
  await until(() => local.sqs.model.inspect.counts('fixture-fast').inFlight === 1)
  const startedAt = performance.now()
  const pids = local.workerPids
  await local.stop({ drain: false })
  expect(performance.now() - startedAt).toBeLessThan(3_000)
  expect(pids.filter(isAlive)).toEqual([])
})

test('starts at the same time do not disturb each other', async () => {
  const apps = [1, 2, 3].map((n) => {
    const each = createApp({ name: `parallel${n}`, queues: { q: {} } })
    return { each, task: each.task('n', { queue: 'q' }, async () => n) }
  })
  const locals = await Promise.all(apps.map(({ each }) => startLocal(each)))
  ends.push(() => Promise.all(locals.map((local) => local.stop())))
  const results = await Promise.all(apps.map(async ({ task }) => (await task.delay()).get(patience)))
  expect(results).toEqual([1, 2, 3])
})

test.each([['sqs'], ['dynamodb']] as const)(
  'a taken port for %s is one clear paragraph, and nothing is left',
  async (which) => {
    const taken = createServer().listen(0, '127.0.0.1')
    ends.push(() => taken.close())
    await new Promise((resolve) => taken.once('listening', resolve))
    const address = taken.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const before = bundles()
    const error = await startLocal(app, { worker, ports: { [which]: port } }).catch((reason: Error) => reason)
    expect(error).toBeInstanceOf(Error)
    expect((error as Error).message).toMatch(new RegExp(`${port}.*(taken|in use)`, 'is'))
    expect(bundles()).toEqual(before)
  },
)

test.each([
  [
    'absent.ts',
    undefined,
    /^worker: expected a module that exports 'handler', received '.*absent\.ts', which does not exist\.$/,
  ],
  [
    'broken.ts',
    'export const handler = async ( => null',
    /broken\.ts:1:32: .* In line: export const handler = async \( => null$/,
  ],
  [
    'other.ts',
    'export const other = 1',
    /other\.ts exports 'other', expected 'handler': export const handler = createWorker\(app\)\.$/,
  ],
  [
    'none.ts',
    "import 'no-such-package-at-all'\nexport const handler = 1",
    /none\.ts:1:8: Could not resolve "no-such-package-at-all"\. Is it installed\? Try: npm i no-such-package-at-all\. In line/,
  ],
  [
    'throws.ts',
    "throw new TypeError('bad day')\nexport const handler = async () => null",
    /^The worker could not start: TypeError: bad day \(.*throws\.ts:1:7\)$/,
  ],
])('a worker that cannot run, %s, is one paragraph with its place', async (name, text, message) => {
  const path = join(folder(), name)
  if (text !== undefined) await writeFile(path, text)
  const before = bundles()
  await expect(startLocal(app, { worker: path, onLog: () => {} })).rejects.toThrow(message)
  expect(bundles()).toEqual(before)
})

test.skipIf(process.platform === 'win32')('a parent that is killed leaves no process and no folder', async () => {
  const before = bundles()
  const script = fileURLToPath(new URL('doomed-local.ts', import.meta.url))
  const parent = spawn(process.execPath, ['--import', 'tsx', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const line = await new Promise<string>((resolve) => createInterface({ input: parent.stdout }).once('line', resolve))
  const { pids } = JSON.parse(line) as { pids: number[] }
  expect(pids.length).toBeGreaterThanOrEqual(3)
  expect(pids.filter(isAlive)).toEqual(pids)
  parent.kill('SIGKILL')
  await until(() => pids.every((pid) => !isAlive(pid)))
  await until(() => bundles().length === before.length)
})
