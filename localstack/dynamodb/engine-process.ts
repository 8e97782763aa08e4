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
  /** Process id of the engine itself. */
  readonly pid: number
  /** Stops the engine. Safe to repeat. */
  stop(): Promise<void>
}

/** How to recognize that an engine is ready. */
export interface ReadySign {
  /** The output when the engine has its port. */
  readonly says: RegExp
  /** The status of its answer to GET. */
  readonly status: number
  readonly withinMs?: number
}

/** It answers within some 30 ms; a loaded machine may take longer. */
const startTimeoutMs = 15_000
const pollMs = 10
const answerTimeoutMs = 1_000
const lastWordsMs = 2_000
/** Resolves with undefined when the engine is ready, otherwise with the problem. */
export async function untilReady(
  engine: GuardedProcess,
  endpoint: string,
  { says, status, withinMs = startTimeoutMs }: ReadySign,
): Promise<string | undefined> {
  let said = ''
  const hear = (chunk: unknown): void => {
    if (said.length < 4_000) said += String(chunk)
  }
  // Keep reading while the engine runs: a full pipe would block it.
  engine.stdout.on('data', hear)
  engine.stderr.on('data', hear)
  const saidAll = Promise.all([once(engine.stdout, 'end'), once(engine.stderr, 'end')])
  const giveUpAt = performance.now() + withinMs
  while (performance.now() < giveUpAt) {
    if (engine.hasExited()) {
      // Its last output may still be in the pipes.
      await Promise.race([saidAll, pause(lastWordsMs)])
      return said.trim() || `it exited with code ${await engine.exited}`
    }
    // First wait for its own message about the port: another engine may answer there.
    if (says.test(said) && (await answers(endpoint, status))) return undefined
    await pause(pollMs)
  }
  return `no answer within ${withinMs} ms. ${said.trim()}`
}

/**
 * Does not use `fetch`: its first call in a process loads a second HTTP client, which takes longer than the engine's
 * start.
 */
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
