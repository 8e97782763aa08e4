import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type ContainerWorker, startContainerWorker } from '../../shared/container.ts'
import { createApp } from '../../shared/index.ts'
import { type Local, startLocal } from '../../shared/local.ts'
import { until } from '../support/processes.ts'

vi.setConfig({ testTimeout: 60_000 })

/** Tasks that say when they begin and end when they are told to. */
function gatedApp() {
  const app = createApp({
    name: 'container',
    queues: { a: { batchSize: 10 }, b: { batchSize: 10 }, narrow: { batchSize: 10, parallelism: 1 } },
  })
  const began: number[] = []
  const release = new Map<number, () => void>()
  const run = async (n: number): Promise<number> => {
    began.push(n)
    await new Promise<void>((resolve) => release.set(n, resolve))
    return n
  }
  const taskA = app.task('a', { queue: 'a' }, run)
  const taskB = app.task('b', { queue: 'b' }, run)
  const narrow = app.task('narrow', { queue: 'narrow' }, run)
  return { app, began, release, taskA, taskB, narrow }
}

let it: ReturnType<typeof gatedApp>
let local: Local
const workers: ContainerWorker[] = []

beforeEach(async () => {
  it = gatedApp()
  local = await startLocal(it.app, { worker: false })
})
afterEach(async () => {
  for (const release of it.release.values()) release()
  await Promise.all(workers.splice(0).map((each) => each.stop({ graceMs: 5_000 })))
  await local.stop()
})

async function start(
  ...options: Parameters<typeof startContainerWorker> extends [unknown, ...infer Rest] ? Rest : never
) {
  const worker = await startContainerWorker(it.app, ...options)
  workers.push(worker)
  return worker
}

const counts = (queue: string) => local.sqs.model.inspect.counts(`container-${queue}`)

test('never more tasks at a time than places, of all queues together', async () => {
  await Promise.all([1, 2, 3, 4, 5, 6].map((n) => it.taskA.delay(n)))
  const worker = await start({ concurrency: 3, queues: ['a', 'b'] })
  // One place listens to the empty queue.
  await until(() => it.began.length === 2)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(worker.running).toBe(2)
  expect(counts('a')).toMatchObject({ visible: 4, inFlight: 2 })
  await it.taskB.delay(7)
  await until(() => it.began.includes(7))
  for (const n of it.began) it.release.get(n)?.()
  await until(() => it.began.length >= 5)
})

test('with fewer places than queues they take turns', async () => {
  await start({ concurrency: 1 })
  const [first, second] = [await it.taskA.delay(1), await it.taskB.delay(2)]
  await until(() => it.began.length === 1)
  it.release.get(it.began[0] ?? 0)?.()
  await until(() => it.began.length === 2)
  it.release.get(it.began[1] ?? 0)?.()
  expect([await first.get({ timeout: '20s' }), await second.get({ timeout: '20s' })]).toEqual([1, 2])
})

test('a queue of narrow parallelism receives no more than it runs', async () => {
  await Promise.all([1, 2, 3].map((n) => it.narrow.delay(n)))
  await start({ concurrency: 2, queues: ['narrow'] })
  await until(() => it.began.length === 2)
  expect(counts('narrow')).toMatchObject({ visible: 1, inFlight: 2 })
})

test('stop receives nothing more and waits for what runs', async () => {
  const worker = await start({ concurrency: 1, queues: ['a'] })
  const handle = await it.taskA.delay(1)
  await until(() => it.began.length === 1)
  const stopped = worker.stop()
  await it.taskA.delay(2)
  it.release.get(1)?.()
  expect(await stopped).toBe(true)
  expect(await handle.state()).toBe('SUCCESS')
  await until(() => counts('a').visible === 1)
  expect(it.began).toEqual([1])
})

test('stop hands back what still runs when its grace is over', async () => {
  const worker = await start({ queues: ['a'] })
  const handle = await it.taskA.delay(1)
  await until(() => it.began.length === 1)
  expect(await worker.stop({ graceMs: 50 })).toBe(true)
  expect(worker.running).toBe(0)
  expect((await handle.info()).attempts.at(-1)).toMatchObject({ outcome: 'handed-back' })
  // So that no worker of another test receives it.
  expect(await handle.revoke()).toBe('REVOKED')
})

test('the health endpoint tells working from draining', async () => {
  const worker = await start({ healthPort: 0, healthHost: '127.0.0.1', queues: ['a'] })
  const ask = async () => {
    const response = await fetch(`http://127.0.0.1:${worker.healthPort}/`)
    return { code: response.status, body: await response.json() }
  }
  await it.taskA.delay(1)
  await until(() => it.began.length === 1)
  expect(await ask()).toEqual({ code: 200, body: { status: 'working', running: 1, queues: ['a'] } })
  const stopped = worker.stop()
  expect(await ask()).toMatchObject({ code: 503, body: { status: 'draining' } })
  it.release.get(1)?.()
  await stopped
  await expect(ask()).rejects.toThrow()
})

test.each([
  [{ queues: ['c'] }, "worker: queues: expected some of a, b, narrow, received 'c'."],
  [{ queues: [] }, 'worker: queues: expected some of a, b, narrow, received none.'],
  [{ concurrency: 0 }, 'worker: concurrency: expected a whole number from 1, received 0.'],
])('%j is refused', async (options, message) => {
  await expect(startContainerWorker(it.app, options)).rejects.toThrow(message)
})
