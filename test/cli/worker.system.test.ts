import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { type Local, startLocal } from '../../shared/local.ts'
import { until } from '../support/processes.ts'
import { app, fail, print, take } from './fixtures/works.ts'
import { startCli } from './run-cli.ts'

vi.setConfig({ testTimeout: 60_000 })

const children: ChildProcess[] = []

let local: Local
beforeAll(async () => {
  local = await startLocal(app, { worker: false })
}, 60_000)
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})
afterAll(() => local.stop())

const arguments_ = (): readonly string[] => [
  ...['worker', '--app', 'test/cli/fixtures/works.ts'],
  ...['--endpoint', `sqs=${local.endpoints.sqs},dynamodb=${local.endpoints.dynamodb}`],
]

type Line = Record<string, unknown>

/** A worker process, ready. */
async function start(...more: readonly string[]) {
  const child = startCli([...arguments_(), ...more])
  children.push(child)
  let out = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk
  })
  const exit = once(child, 'close')
  const lines = (): Line[] => {
    const whole = out.slice(0, out.lastIndexOf('\n') + 1).trim()
    return whole === '' ? [] : whole.split('\n').map((line) => JSON.parse(line) as Line)
  }
  const line = async (type: string): Promise<Line> => {
    const find = () => lines().find((each) => each.type === type)
    await until(() => find() !== undefined)
    return find() ?? {}
  }
  await until(() => /ready/i.test(out) || child.exitCode !== null)
  return { child, exit, lines, line, out: () => out, errors: () => errors }
}

it('SIGTERM while a task runs: it is finished, nothing more is begun, and the exit code is 0', async () => {
  const worker = await start('-Q', 'emails,images', '-c', '1', '--json', '--health-port', '0')
  const { healthPort, ...ready } = await worker.line('ready')
  expect(ready).toEqual({
    type: 'ready',
    queues: ['emails', 'images'],
    concurrency: 1,
    tasks: ['take', 'fail', 'print'],
  })
  const health = () => fetch(`http://127.0.0.1:${healthPort}/`)
  expect(await (await health()).json()).toMatchObject({ status: 'working', queues: ['emails', 'images'] })
  const first = await take.delay(1_500)
  await worker.line('started')
  const second = await take.delay(0)
  worker.child.kill('SIGTERM')
  await worker.line('draining')
  expect((await health()).status).toBe(503)
  expect(await worker.exit).toEqual([0, null])
  expect(await first.state()).toBe('SUCCESS')
  expect(await second.state()).toBe('QUEUED')
  expect(worker.lines().map(({ type }) => type)).toEqual(['ready', 'started', 'draining', 'succeeded', 'stopped'])
  expect(worker.lines().at(-2)).toMatchObject({ task: 'take', id: first.id, queue: 'emails' })
  expect(worker.errors()).toBe('')
  await second.revoke()
})

it('only the queues it was told are worked', async () => {
  const sent = await print.delay(null)
  const worker = await start('-Q', 'idle', '--json')
  const other = await start('-Q', 'images', '--json')
  await other.line('succeeded')
  expect(worker.lines().map(({ type }) => type)).toEqual(['ready'])
  expect(await sent.state()).toBe('SUCCESS')
  expect(other.lines().filter(({ type }) => type === 'log')).toMatchObject([
    { level: 'info', message: 'printed { n: 1 }' },
    { level: 'info', message: 'logged', task: 'print', id: sent.id, size: 7 },
  ])
})

it('a second signal ends it at once, but not one that npm repeats', async () => {
  const worker = await start('--json')
  await take.delay(30_000)
  await worker.line('started')
  worker.child.kill('SIGINT')
  worker.child.kill('SIGINT')
  await worker.line('draining')
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(worker.child.exitCode).toBeNull()
  worker.child.kill('SIGINT')
  expect(await worker.exit).toEqual([130, null])
})

it('what does not finish within the grace is handed back', async () => {
  const worker = await start('--json', '--grace', '200ms', '-Q', 'images,emails')
  await take.delay(30_000)
  await worker.line('started')
  worker.child.kill('SIGTERM')
  expect(await worker.exit).toEqual([0, null])
  expect(worker.lines().slice(-3)).toMatchObject([
    { type: 'draining', running: 1, graceMs: 200 },
    { type: 'handed-back', task: 'take' },
    { type: 'stopped', running: 0 },
  ])
})

it('people read one line for each step, and where a task failed', async () => {
  const worker = await start('-Q', 'images')
  await fail.delay(undefined)
  await until(() => worker.out().includes('failed'))
  worker.child.kill('SIGTERM')
  expect(await worker.exit).toEqual([0, null])
  const [ready, started, dead, failed, place, ...rest] = worker.out().trimEnd().split('\n')
  expect(ready).toBe('Ready: 2 tasks of images, 10 at a time.')
  expect(started).toMatch(/^\d\d:\d\d:\d\d\.\d{3} images fail \w{8} {2}started$/)
  expect(dead).toMatch(/images fail \w{8} {2}dead letter {2}failure$/)
  expect(failed).toMatch(/images fail \w{8} {2}failed {2}attempt 1, the last: TypeError: no picture$/)
  expect(place).toMatch(/^ {4}at .*test\/cli\/fixtures\/works\.ts:12:\d+\)?$/)
  expect(rest.slice(-2)).toEqual(['Stopping.', 'Stopped.'])
})

it('quiet tells of failures alone', async () => {
  const worker = startCli([...arguments_(), '-Q', 'images', '--quiet'])
  children.push(worker)
  let out = ''
  worker.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk
  })
  await print.delay(null)
  await fail.delay(undefined)
  await until(() => out.includes('failed'))
  worker.kill('SIGTERM')
  expect(await once(worker, 'close')).toEqual([0, null])
  expect(out.split('\n').filter((line) => /^\d\d:/.test(line))).toEqual([
    expect.stringContaining('dead letter'),
    expect.stringContaining('no picture'),
  ])
  expect(out).not.toMatch(/started|succeeded|Ready|Stopp/)
})
