/**
 * One SQS server in a process of its own, told apart from the client: `celeriac [dataDir durability]` or `fauxqs <module>`. It prints its
 * endpoint, answers every message of its parent with what it has used, and ends with it.
 */
import { pathToFileURL } from 'node:url'
import { startSqsServer } from '../../localstack/sqs/server/index.ts'

/** Of the server's process. */
export interface Used {
  readonly cpuSeconds: number
  /** After a full collection, when asked for it. */
  readonly heapBytes: number
  readonly residentBytes: number
}

/** What fauxqs's module gives, as far as it is used here. */
interface Fauxqs {
  startFauxqs(options: { readonly port: number; readonly logger: boolean }): Promise<{ readonly port: number }>
}

// Ctrl-C on a terminal reaches every process of its group; the parent ends things in order.
process.on('SIGINT', () => {})
process.once('disconnect', () => process.exit())
process.on('message', (question) => {
  if (question === 'collected') (globalThis as { gc?: () => void }).gc?.()
  const { user, system } = process.cpuUsage()
  const { heapUsed, rss } = process.memoryUsage()
  const used: Used = { cpuSeconds: (user + system) / 1e6, heapBytes: heapUsed, residentBytes: rss }
  process.send?.(used)
})

const [, , which, place, durability] = process.argv
console.log(await start())

async function start(): Promise<string> {
  if (which === 'fauxqs') {
    const { startFauxqs } = (await import(pathToFileURL(place ?? '').href)) as Fauxqs
    const { port } = await startFauxqs({ port: 0, logger: false })
    return `http://127.0.0.1:${port}`
  }
  const { endpoint } = await startSqsServer({
    ...(place !== undefined && { dataDir: place }),
    durability: durability === 'disk' ? 'disk' : 'process',
  })
  return endpoint
}
