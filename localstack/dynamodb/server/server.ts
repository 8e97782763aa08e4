import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Durability, DurableLog } from '../../storage/durable-log.ts'
import { createDynamoDbModel, type DynamoDbClock, type DynamoDbModel } from '../model/index.ts'
import { handleRequest } from './handler.ts'
import { changesLine, headerLine } from './log-lines.ts'
import { openLog } from './open-log.ts'
import { unavailable } from './request-error.ts'
import { respondError } from './respond.ts'

export interface DynamoDbServerOptions {
  /** 0 takes any free one. @default 0 */
  port?: number
  /** @default '127.0.0.1' */
  host?: string
  /** Keeps tables and items in this folder. @default undefined: in memory only */
  dataDir?: string
  /** What an answer means when the process or the machine dies; see `Durability`. @default 'process' */
  durability?: Durability
  /** Twelve digits, for ARNs. @default '000000000000' */
  accountId?: string
  /** For ARNs. @default 'us-east-1' */
  region?: string
  /** The model's time, for tests. @default the machine's */
  clock?: DynamoDbClock
  /** Gives ids of tables, for tests. @default random UUIDs */
  ids?: () => string
  /** Pause between two rounds that delete expired items. Milliseconds. @default 60,000 */
  sweepEveryMs?: number
  /** A log that grew by more than this, and doubled, is compacted. Bytes. @default 64 MiB */
  compactAfterBytes?: number
  /** Called with what an operator should know: a torn last record, a compaction that failed. @default console.warn */
  warn?: (message: string) => void
}

export interface DynamoDbServer {
  /** `http://host:port`, what SDKs take as `endpoint`. */
  readonly endpoint: string
  readonly port: number
  /** The model, for code in the same process. */
  readonly model: DynamoDbModel
  /** Finishes what is being answered, and leaves nothing running. */
  stop(): Promise<void>
}

const KEEP_ALIVE_MS = 10 * 60_000
const SLOW_REQUEST_MS = 60_000
const STOP_GRACE_MS = 1_000
const SWEEP_MS = 10

/**
 * Serves DynamoDB over HTTP, in the protocol that SDKs speak (AWS JSON 1.0).
 *
 * @example
 * const dynamodb = await startDynamoDbServer({ port: 8000, dataDir: '.dynamodb' })
 * const client = new DynamoDBClient({ endpoint: dynamodb.endpoint, region: 'us-east-1', credentials })
 * await dynamodb.stop()
 *
 * @throws Error when the port is taken, the data folder is in use, or its content cannot be read
 */
export async function startDynamoDbServer(options: DynamoDbServerOptions = {}): Promise<DynamoDbServer> {
  const { port = 0, host = '127.0.0.1', dataDir } = options
  const warn = options.warn ?? ((message: string) => console.warn(`dynamodb: ${message}`))
  let log: DurableLog | undefined
  const model = createDynamoDbModel({
    ...(options.clock && { clock: options.clock }),
    ...(options.ids && { ids: options.ids }),
    ...(options.region !== undefined && { region: options.region }),
    ...(options.accountId !== undefined && { accountId: options.accountId }),
    ...(options.sweepEveryMs !== undefined && { sweepEveryMs: options.sweepEveryMs }),
    ...(dataDir !== undefined && { onChanges: (changes) => log?.append(changesLine(changes)) }),
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

  let unlock = (): void => {}
  try {
    // Listen first: if the port is taken, the data folder stays untouched.
    const address = await listen(server, port, host)
    if (dataDir !== undefined) {
      const opened = openLog(dataDir, model)
      unlock = opened.unlock
      log = new DurableLog({
        path: opened.path,
        header: headerLine(opened.header),
        size: opened.size,
        durability: options.durability ?? 'process',
        lines: () => compactLines(model),
        compactAfterBytes: options.compactAfterBytes ?? 64 * 1024 * 1024,
        warn,
      })
      if (opened.tornBytes > 0) {
        warn(
          `${opened.path}: the last record was torn (${opened.tornBytes} bytes) and was dropped; no answer depended on it`,
        )
      }
      const items = [...model.tables().values()].reduce((sum, count) => sum + count, 0)
      if (opened.changes > 2 * items + 10_000) await log.compact()
    }
    state = 'serving'
    return {
      endpoint: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
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
  } catch (error) {
    model.close()
    unlock()
    await closeServer(server)
    throw error
  }
}

function* compactLines(model: DynamoDbModel): Generator<string> {
  for (const change of model.changes()) yield changesLine([change])
}

function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error)
      const said = `port ${port} on ${host} is taken: stop what listens there, or give another port (0 takes any free one)`
      reject(Object.assign(new Error(said, { cause: error }), { code: error.code }))
    })
    server.listen({ port, host, backlog: 4_096 }, () => resolve(server.address() as AddressInfo))
  })
}

/** Lets answers that are on their way arrive, then closes every connection. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS)
    // A kept-alive connection is idle only once its answer has gone out.
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS)
    server.close(() => {
      clearTimeout(cut)
      clearInterval(sweep)
      resolve()
    })
    server.closeIdleConnections()
  })
}
