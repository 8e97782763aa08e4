import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Table from 'cli-table3'
import { Command } from 'commander'
import { createTableInput } from '../shared/aws/table.ts'
import { call, inLanes } from './dynamodb/client.ts'
import { claim, insertion, query, TABLE } from './dynamodb/records.ts'
import { type Measured, startDynoxide, startOurs } from './dynamodb/servers.ts'
import { whole } from './local/numbers.ts'

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'

const { records, small, rounds } = new Command('npm run bench -- dynamodb')
  .description(
    'The DynamoDB engine beside dynoxide, by plain HTTP: PartiQL statements a second in batches of 25, memory of a record of 1 KB, Query and conditional writes in a small and a large table, and the start from a log. Linux.',
  )
  .option('--records <n>', 'of the large table', Number, 1_000_000)
  .option('--small <n>', 'of the small table', Number, 1_000)
  .option('--rounds <n>', 'turns that the medians are of', Number, 5)
  .parse()
  .opts<{ records: number; small: number; rounds: number }>()

const BATCH = 25
const PER_ROUND = 400

/** Versions of the records that were claimed. */
const versions = new Map<Measured, Map<number, number>>()

const folder = mkdtempSync(join(tmpdir(), 'celeriac-bench-dynamodb-'))
try {
  await besideDynoxide()
  await large()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function besideDynoxide(): Promise<void> {
  const servers = [await startOurs(), await startOurs(join(folder, 'small')), await startDynoxide()]
  const names = ['celeriac', 'with a log', 'dynoxide']
  const rows: string[][] = [[], [], [], []]
  for (const server of servers) {
    await call(server.endpoint, 'CreateTable', createTableInput(TABLE))
    const inserts = await perSecond(server, 0, small * 10, (n) => insertion(n))
    rows[0]?.push(whole(inserts.perSecond))
    const claims = await claimRate(server, small * 10)
    rows[1]?.push(whole(claims.perSecond))
    rows[2]?.push(whole(claims.perCpuSecond))
    rows[3]?.push((await queryMicros(server, small * 10)).toFixed(0))
    await server.stop()
  }
  const table = new Table({ head: ['', ...names] })
  const labels = [
    'INSERT a second',
    'conditional UPDATE a second',
    'the same, a second of its processor',
    'Query of 10, µs of its processor',
  ]
  for (const [index, label] of labels.entries()) table.push([label, ...(rows[index] ?? [])])
  console.log(table.toString())
}

async function large(): Promise<void> {
  const dataDir = join(folder, 'large')
  const server = await startOurs(dataDir)
  await call(server.endpoint, 'CreateTable', createTableInput(TABLE))
  const empty = await server.heapBytes()
  await fill(server, 0, small)
  const smallQuery = await queryMicros(server, small)
  const smallClaim = (await claimRate(server, small)).perCpuSecond
  await fill(server, small, records)
  await untilIdle(server)
  const largeQuery = await queryMicros(server, records)
  const largeClaim = (await claimRate(server, records)).perCpuSecond
  const heap = (await server.heapBytes()) - empty
  console.log(
    `${whole(records)} records: ${whole(heap / records)} bytes of heap each, ${whole(server.residentBytes() / 2 ** 20)} MiB resident`,
  )
  console.log(
    `Query, ${whole(records)} to ${whole(small)} records: ${(largeQuery / smallQuery).toFixed(2)} times the processor time`,
  )
  console.log(`conditional UPDATE: ${(smallClaim / largeClaim).toFixed(2)} times`)
  await server.stop()
  const again = await startOurs(dataDir)
  const used = (await again.heapBytes()) - empty
  console.log(
    `start from its log: ${(again.startMs / 1_000).toFixed(1)} s, ${whole(records / (again.startMs / 1_000))} records a second ` +
      `(${whole(records / (again.startCpuMs / 1_000))} a second of its processor), ${whole(used / records)} bytes of heap each`,
  )
  await again.stop()
}

interface Rate {
  readonly perSecond: number
  readonly perCpuSecond: number
}

async function perSecond(server: Measured, from: number, to: number, statement: (n: number) => object): Promise<Rate> {
  const before = await server.cpuMs()
  const begun = performance.now()
  await inLanes(Math.ceil((to - from) / BATCH), async (batch) => {
    const first = from + batch * BATCH
    const Statements = Array.from({ length: Math.min(BATCH, to - first) }, (_, at) => statement(first + at))
    const answer = await call(server.endpoint, 'BatchExecuteStatement', { Statements })
    if (answer.includes('"Error"')) throw new Error(`A statement failed: ${answer.slice(0, 500)}`)
  })
  const seconds = (performance.now() - begun) / 1_000
  const cpuSeconds = ((await server.cpuMs()) - before) / 1_000
  return { perSecond: (to - from) / seconds, perCpuSecond: (to - from) / cpuSeconds }
}

/** Until a compaction of the log, and the collection of what it left, are over. */
async function untilIdle(server: Measured): Promise<void> {
  for (let before = Number.NEGATIVE_INFINITY; ; ) {
    const now = await server.cpuMs()
    if (now - before < 50) return
    before = now
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

async function fill(server: Measured, from: number, to: number): Promise<void> {
  await perSecond(server, from, to, insertion)
}

/** Claims of records all over the table, each at the version it has. The median of some rounds. */
async function claimRate(server: Measured, count: number): Promise<Rate> {
  const known = versions.get(server) ?? new Map<number, number>()
  versions.set(server, known)
  const per = PER_ROUND * BATCH
  const step = Math.max(1, Math.floor(count / per))
  const rates: Rate[] = []
  for (let round = 0; round < rounds; round += 1) {
    const rate = await perSecond(server, 0, per, (at) => {
      const n = (at * step) % count
      const v = known.get(n) ?? 1
      known.set(n, v + 1)
      return claim(n, v)
    })
    rates.push(rate)
  }
  return rates.toSorted((a, b) => a.perCpuSecond - b.perCpuSecond)[rates.length >> 1] as Rate
}

/** Processor time of a Query, the median of some rounds. Its answer must have ten items. */
async function queryMicros(server: Measured, count: number): Promise<number> {
  const micros: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const before = await server.cpuMs()
    await inLanes(PER_ROUND * 5, async (n) => {
      const answer = await call(server.endpoint, 'Query', query((n * 7_919) % (count >> 1)))
      if (!answer.includes('"Count":10')) throw new Error(`Expected ten items: ${answer.slice(0, 300)}`)
    })
    micros.push((((await server.cpuMs()) - before) * 1_000) / (PER_ROUND * 5))
  }
  return micros.toSorted((a, b) => a - b)[micros.length >> 1] ?? Number.NaN
}
