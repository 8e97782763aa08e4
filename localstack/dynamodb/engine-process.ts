import { once } from 'node:events'
import { get } from 'node:http'
import { createServer } from 'node:net'
import type { GuardedProcess } from '../process/guarded-process.ts'

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

/** By what an engine shows that it can be used. */
export interface ReadySign {
  /** What it says when the port is its own. */
  readonly says: RegExp
  /** How it answers GET. */
  readonly status: number
  readonly withinMs?: number
}

/** It answers within some 30 ms; a loaded machine may take longer. */
const startTimeoutMs = 15_000
const pollMs = 10
const answerTimeoutMs = 1_000
const lastWordsMs = 2_000
/** Undefined: it is ready. Otherwise what went wrong. */
export async function untilReady(
  engine: GuardedProcess,
  endpoint: string,
  { says, status, withinMs = startTimeoutMs }: ReadySign,
): Promise<string | undefined> {
  let said = ''
  const hear = (chunk: unknown): void => {
    if (said.length < 4_000) said += String(chunk)
  }
  // Listened to for as long as it runs: a full pipe would stop it.
  engine.stdout.on('data', hear)
  engine.stderr.on('data', hear)
  const saidAll = Promise.all([once(engine.stdout, 'end'), once(engine.stderr, 'end')])
  const giveUpAt = performance.now() + withinMs
  while (performance.now() < giveUpAt) {
    if (engine.hasExited()) {
      // What it said last may still be in its pipes.
      await Promise.race([saidAll, pause(lastWordsMs)])
      return said.trim() || `it exited with code ${await engine.exited}`
    }
    // Its own word that the port is its own comes first: another engine may be answering there.
    if (says.test(said) && (await answers(endpoint, status))) return undefined
    await pause(pollMs)
  }
  return `no answer within ${withinMs} ms. ${said.trim()}`
}

/** Not by `fetch`: its first call in a process loads a second HTTP client, which takes longer than the engine. */
function answers(endpoint: string, status: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(endpoint, { agent: false, timeout: answerTimeoutMs }, (answer) => {
      answer.resume()
      answer.once('error', () => resolve(false))
      answer.once('end', () => resolve(answer.statusCode === status))
    })
    request.once('timeout', () => request.destroy(new Error('No answer.')))
    request.once('error', () => resolve(false))
  })
}

export function freePort(): Promise<number> {
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
