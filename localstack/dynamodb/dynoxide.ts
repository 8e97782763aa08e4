import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type GuardedProcess, startGuarded } from '../process/guarded-process.ts'
import { dynoxideBinary } from './dynoxide-binary.ts'

export interface DynamoDbOptions {
  /** A folder for its one file, made when missing. Survives restarts and kills. @default in memory */
  readonly dataDir?: string
  /** @default a free one */
  readonly port?: number
  /** The engine's binary. @default that of the package for this machine */
  readonly binary?: string
}

export interface LocalDynamoDb {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string
  readonly port: number
  /** Of the engine itself. */
  readonly pid: number
  /** Ends it. Twice does no harm. */
  stop(): Promise<void>
}

/** It answers within some 30 ms; a loaded machine may take longer. */
const startTimeoutMs = 15_000
const pollMs = 10
const answerTimeoutMs = 1_000
const lastWordsMs = 2_000
/** Between choosing a free port and taking it, someone else may. */
const portTries = 5

/**
 * Starts DynamoDB on a loopback port: the engine dynoxide as a child process, which ends with this one however that ends.
 *
 * Any region and any credentials reach the same tables. (ARNs name the region `dynoxide`.)
 *
 * @example
 * const dynamodb = await startDynamoDb({ dataDir: '.celeriac' })
 * const clients = createClients({ endpoint: dynamodb.endpoint, region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } })
 * @throws {Error} when no engine fits this machine, the port is taken, or it does not answer within 15 s
 */
export async function startDynamoDb(options: DynamoDbOptions = {}): Promise<LocalDynamoDb> {
  const binary = options.binary ?? dynoxideBinary()
  const storage: string[] = []
  if (options.dataDir !== undefined) {
    await mkdir(options.dataDir, { recursive: true })
    storage.push('--db-path', join(options.dataDir, 'dynamodb.sqlite'))
  }
  for (let tried = 1; ; tried++) {
    const port = options.port ?? (await freePort())
    const engine = await startGuarded(binary, ['--host', '127.0.0.1', '--port', String(port), ...storage])
    const endpoint = `http://127.0.0.1:${port}`
    const problem = await untilReady(engine, endpoint)
    if (problem === undefined) return { endpoint, port, pid: engine.pid, stop: () => engine.stop() }
    await engine.stop()
    const again = options.port === undefined && /in use/i.test(problem) && tried < portTries
    if (!again) throw new Error(`Local DynamoDB did not start on port ${port}: ${problem}`)
  }
}

/** Undefined: it is ready. Otherwise what went wrong. */
async function untilReady(engine: GuardedProcess, endpoint: string): Promise<string | undefined> {
  let said = ''
  const hear = (chunk: unknown): void => {
    if (said.length < 4_000) said += String(chunk)
  }
  // Listened to for as long as it runs: a full pipe would stop it.
  engine.stdout.on('data', hear)
  engine.stderr.on('data', hear)
  const saidAll = Promise.all([once(engine.stdout, 'end'), once(engine.stderr, 'end')])
  const giveUpAt = performance.now() + startTimeoutMs
  while (performance.now() < giveUpAt) {
    if (engine.hasExited()) {
      // What it said last may still be in its pipes.
      await Promise.race([saidAll, pause(lastWordsMs)])
      return said.trim() || `it exited with code ${await engine.exited}`
    }
    // Its own word that the port is its own comes first: another engine may be answering there.
    if (/listening/i.test(said) && (await answers(endpoint))) return undefined
    await pause(pollMs)
  }
  return `no answer within ${startTimeoutMs} ms. ${said.trim()}`
}

/** Not by `fetch`: its first call in a process loads a second HTTP client, which takes longer than the engine. */
function answers(endpoint: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(endpoint, { agent: false, timeout: answerTimeoutMs }, (answer) => {
      answer.resume()
      answer.once('error', () => resolve(false))
      answer.once('end', () => resolve(answer.statusCode === 200))
    })
    request.once('timeout', () => request.destroy(new Error('No answer.')))
    request.once('error', () => resolve(false))
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port)
        else reject(new Error('No free port was found.'))
      })
    })
  })
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
