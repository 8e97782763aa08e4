import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Durability, DurableLog } from '../../storage/durable-log.ts'
import { createSqsModel, type SqsClock, type SqsModel, type SqsRecord } from '../model/index.ts'
import { handleRequest } from './handler.ts'
import { lineOf } from './log-lines.ts'
import { openLog } from './open-log.ts'
import { unavailable } from './request-error.ts'
import { respondError } from './respond.ts'

export interface SqsServerOptions {
  /** 0 takes any free one. @default 0 */
  port?: number
  /** @default '127.0.0.1' */
  host?: string
  /** Keeps queues and messages in this folder. @default undefined: in memory only */
  dataDir?: string
  /** What an answer means when the process or the machine dies; see `Durability`. @default 'process' */
  durability?: Durability
  /** Twelve digits. @default '000000000000' */
  accountId?: string
  /** @default 'us-east-1' */
  region?: string
  /** The model's time, for tests. @default the machine's */
  clock?: SqsClock
  /** Gives message ids, for tests. @default random UUIDs */
  ids?: () => string
  /** A log that grew by more than this, and doubled, is compacted. Bytes. @default 64 MiB */
  compactAfterBytes?: number
  /** Called with what an operator should know: a torn last record, a compaction that failed. @default console.warn */
  warn?: (message: string) => void
}

export interface SqsServer {
  /** `http://host:port`, what SDKs take as `endpoint`. */
  readonly endpoint: string
  readonly port: number
  /** The queues themselves, for code in the same process. */
  readonly model: SqsModel
  /** Answers long polls with nothing, finishes current answers, and stops everything. */
  stop(): Promise<void>
}

const KEEP_ALIVE_MS = 10 * 60_000
const SLOW_REQUEST_MS = 60_000
const STOP_GRACE_MS = 1_000
const SWEEP_MS = 10

/**
 * Serves SQS over HTTP, in the protocol that SDKs speak (AWS JSON 1.0).
 *
 * @example
 * const sqs = await startSqsServer({ port: 9324, dataDir: '.celeriac/sqs' })
 * const client = new SQSClient({ endpoint: sqs.endpoint, region: 'us-east-1', credentials })
 * await sqs.stop()
 *
 * @throws Error when the port is taken, the data folder is in use, or its log cannot be read
 */
export async function startSqsServer(options: SqsServerOptions = {}): Promise<SqsServer> {
  const { port = 0, host = '127.0.0.1', accountId = '000000000000', region = 'us-east-1' } = options
  const warn = options.warn ?? ((message: string) => console.warn(`sqs: ${message}`))
  let log: DurableLog | undefined
  const model = createSqsModel({
    accountId,
    region,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    ...(options.ids === undefined ? {} : { ids: options.ids }),
    ...(options.dataDir === undefined ? {} : { onRecord: (record) => log?.append(lineOf(record)) }),
  })
  let state: 'starting' | 'serving' | 'stopping' = 'starting'
  const server = createServer({ keepAlive: true, noDelay: true }, (request, response) => {
    if (state === 'serving') {
      handleRequest(model, log, request, response)
    } else {
      request.resume()
      respondError(response, unavailable(`The server is ${state}.`), { connection: 'close' })
    }
  })
  server.keepAliveTimeout = KEEP_ALIVE_MS
  server.headersTimeout = SLOW_REQUEST_MS
  server.requestTimeout = SLOW_REQUEST_MS
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
    else socket.destroy()
  })

  // Listen first: if the port is taken, the data folder stays untouched.
  const address = await listen(server, port, host)
  let unlock = (): void => {}
  try {
    if (options.dataDir !== undefined) {
      const opened = openLog(options.dataDir, accountId, region, model)
      unlock = opened.unlock
      log = new DurableLog({
        path: opened.path,
        header: lineOf(opened.header),
        size: opened.size,
        durability: options.durability ?? 'process',
        lines: () => linesOf(model.records()),
        compactAfterBytes: options.compactAfterBytes ?? 64 * 1024 * 1024,
        warn,
      })
      if (opened.tornBytes > 0) {
        warn(
          `${opened.path}: the last record was torn (${opened.tornBytes} bytes) and was dropped; no answer depended on it`,
        )
      }
      if (opened.records > 2 * countOf(model) + 10_000) await log.compact()
    }
  } catch (error) {
    unlock()
    await closeServer(server)
    throw error
  }
  const endpoint = `http://${reachable(host)}:${address.port}`
  model.setBaseUrl(endpoint)
  state = 'serving'
  return {
    endpoint,
    port: address.port,
    model,
    async stop() {
      if (state === 'stopping') return
      state = 'stopping'
      model.close()
      await closeServer(server)
      try {
        await log?.close()
      } finally {
        unlock()
      }
    },
  }
}

/** Clients cannot connect to a wildcard address; use the loopback address instead. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

const countOf = (model: SqsModel): number =>
  model.inspect.queues().reduce((sum, name) => {
    const { visible, delayed, inFlight } = model.inspect.counts(name)
    return sum + visible + delayed + inFlight
  }, 0)

function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE'
      reject(
        taken
          ? Object.assign(
              new Error(
                `port ${port} on ${host} is taken: stop what listens there, or give another port (0 takes any free one)`,
                { cause: error },
              ),
              { code: error.code },
            )
          : error,
      )
    })
    server.listen({ port, host, backlog: 4_096 }, () => resolve(server.address() as AddressInfo))
  })
}

/** Waits for current answers to be sent, then closes every connection. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS)
    // A kept-alive connection is idle only after its answer was sent.
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS)
    server.close(() => {
      clearTimeout(cut)
      clearInterval(sweep)
      resolve()
    })
    server.closeIdleConnections()
  })
}

/** The records of a compaction, written down one at a time: a queue may hold more than memory does as text. */
function* linesOf(records: Iterable<SqsRecord>): Generator<string> {
  for (const record of records) yield lineOf(record)
}
