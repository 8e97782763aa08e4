import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { concurrency } from './app.ts'
import { type Contestant, inputOf, run, type TaskInput } from './contestant.ts'

/** As much of BullMQ as is used here: it is no dependency. */
interface BullMq {
  readonly Queue: new (
    name: string,
    options: object,
  ) => {
    add(name: string, data: TaskInput): Promise<unknown>
    addBulk(jobs: readonly { name: string; data: TaskInput }[]): Promise<unknown>
    close(): Promise<void>
  }
  readonly Worker: new (
    name: string,
    work: (job: { data: TaskInput }) => Promise<number>,
    options: object,
  ) => { close(): Promise<void>; waitUntilReady(): Promise<unknown> }
}

/** @returns undefined, and why, when BullMQ or Redis is not installed */
export async function startBullMq(): Promise<Contestant | string> {
  // In a variable: neither compiler nor bundler should look for it.
  const specifier = 'bullmq'
  const bullmq = (await import(specifier).catch(() => undefined)) as BullMq | undefined
  if (bullmq === undefined) return "BullMQ is not installed: 'npm install --no-save bullmq' puts it beside them."
  const redis = await startRedis()
  if (redis === undefined) return "Redis is not installed: 'redis-server' was not found."
  const connection = { host: '127.0.0.1', port: redis.port }
  // It keeps finished jobs for a day by default here, as Celeriac keeps its records.
  const defaultJobOptions = { attempts: 4, removeOnComplete: { age: 86_400 } }
  const queue = new bullmq.Queue('bench', { connection, defaultJobOptions })
  const worker = new bullmq.Worker('bench', async ({ data }) => run(data), {
    connection,
    concurrency: concurrency * 10,
  })
  await worker.waitUntilReady()
  return {
    name: 'BullMQ on Redis',
    async enqueueMany(count) {
      for (let left = count; left > 0; left -= 100) {
        await queue.addBulk(Array.from({ length: Math.min(100, left) }, () => ({ name: 'nothing', data: inputOf() })))
      }
    },
    async enqueueOne() {
      await queue.add('nothing', inputOf())
    },
    async close() {
      await worker.close()
      await queue.close()
      await redis.stop()
    },
  }
}

async function startRedis(): Promise<{ readonly port: number; stop(): Promise<void> } | undefined> {
  const port = await freePort()
  const server = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
    stdio: 'ignore',
  })
  const ended = once(server, 'exit').catch(() => {})
  const isThere = await Promise.race([once(server, 'spawn').then(() => true), once(server, 'error').then(() => false)])
  if (!isThere) return undefined
  await sleep(300)
  return {
    port,
    async stop() {
      server.kill()
      await ended
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('No port was free.')
  return address.port
}
