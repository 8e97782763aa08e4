import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
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
  // In variables: neither compiler nor bundler should look for them.
  const [bullmq, ioredis] = (await Promise.all(
    ['bullmq', 'ioredis'].map((specifier) => import(specifier).catch(() => undefined)),
  )) as [BullMq | undefined, IoRedis | undefined]
  if (bullmq === undefined || ioredis === undefined) {
    return "BullMQ is not installed: 'npm install --no-save bullmq ioredis' puts it beside them."
  }
  const redis = await startRedis()
  if (redis === undefined) return "Redis is not installed: 'redis-server' was not found."
  try {
    return await connect(bullmq, ioredis, redis)
  } catch (error) {
    await redis.stop()
    throw error
  }
}

async function connect({ Queue, Worker }: BullMq, { Redis }: IoRedis, redis: RunningRedis): Promise<Contestant> {
  // BullMQ asks this of the connections of workers.
  const connection = new Redis({ host: '127.0.0.1', port: redis.port, maxRetriesPerRequest: null })
  // It keeps finished jobs for a day here, as Celeriac keeps its records.
  const defaultJobOptions = { attempts: 4, removeOnComplete: { age: 86_400 } }
  const queue = new Queue('bench', { connection, defaultJobOptions })
  const worker = new Worker('bench', async ({ data }) => run(data), { connection, concurrency: concurrency * 10 })
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
      connection.disconnect()
      await redis.stop()
    },
  }
}

interface IoRedis {
  readonly Redis: new (options: object) => { disconnect(): void }
}

interface RunningRedis {
  readonly port: number
  stop(): Promise<void>
}

/** @returns undefined when there is none on this machine */
async function startRedis(): Promise<RunningRedis | undefined> {
  const port = await freePort()
  const server = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const isThere = await once(server, 'spawn').then(
    () => true,
    () => false,
  )
  if (!isThere) return undefined
  const end = () => server.kill()
  process.once('exit', end)
  const ended = once(server, 'exit')
  let output = ''
  const ready = new Promise<void>((resolve) => {
    server.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (/ready to accept connections/i.test(output)) resolve()
    })
  })
  await Promise.race([ready, ended])
  if (server.exitCode !== null) throw new Error(`redis-server did not start: ${output.slice(-500)}`)
  return {
    port,
    async stop() {
      process.off('exit', end)
      end()
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
