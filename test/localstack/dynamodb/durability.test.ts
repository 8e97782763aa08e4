import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type DynamoDbServer,
  type DynamoDbServerOptions,
  startDynamoDbServer,
} from '../../../localstack/dynamodb/index.ts'
import { headerLine } from '../../../localstack/dynamodb/server/log-lines.ts'
import { DurableLog } from '../../../localstack/storage/durable-log.ts'
import { createTable, TABLE } from './programs.ts'
import { call } from './wire.ts'

let dataDir = ''
let server: DynamoDbServer | undefined
let warnings: string[] = []

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'celeriac-dynamodb-log-'))
  warnings = []
})
afterEach(async () => {
  await server?.stop()
  server = undefined
  rmSync(dataDir, { recursive: true, force: true })
})

async function start(options: DynamoDbServerOptions = {}): Promise<DynamoDbServer> {
  server = await startDynamoDbServer({ dataDir, warn: (message) => warnings.push(message), ...options })
  return server
}

async function restart(options: DynamoDbServerOptions = {}): Promise<DynamoDbServer> {
  await server?.stop()
  return start(options)
}

const log = () => join(dataDir, 'dynamodb.log')
const S = (text: string) => ({ S: text })
const item = (pk: string, sk: number, others: object = {}) => ({ pk: S(pk), sk: { N: String(sk) }, ...others })

async function ok(operation: string, input: unknown): Promise<Record<string, unknown>> {
  const answer = await call(server?.endpoint ?? '', operation, input)
  expect({ operation, status: answer.status, text: answer.text }).toMatchObject({ status: 200 })
  return answer.body
}

const put = (...put: Parameters<typeof item>) => ok('PutItem', { TableName: TABLE, Item: item(...put) })
const inIndex = async (g: string) =>
  (
    (await ok('Query', {
      TableName: TABLE,
      IndexName: 'all',
      KeyConditionExpression: 'g = :g',
      ExpressionAttributeValues: { ':g': S(g) },
    })) as { Items: { sk: { N: string } }[] }
  ).Items.map(({ sk }) => sk.N)

describe('a data folder', () => {
  test('keeps tables, items, indexes, settings and what was deleted, over and over', async () => {
    await start()
    await ok(createTable.operation, createTable.input)
    await ok('UpdateTimeToLive', { TableName: TABLE, TimeToLiveSpecification: { Enabled: true, AttributeName: 'ttl' } })
    for (let n = 0; n < 5; n += 1)
      await put('p', n, { g: S('g'), h: S(`h${n}`), text: S(`line\n\ttab "é" \u{1f600} ${n}`) })
    await put('p', 1, { g: S('moved'), h: S('h') })
    await ok('DeleteItem', { TableName: TABLE, Key: item('p', 2) })
    await ok('UpdateItem', {
      TableName: TABLE,
      Key: item('p', 3),
      UpdateExpression: 'REMOVE h SET doc = :d',
      ExpressionAttributeValues: { ':d': { M: { a: { L: [{ N: '1' }, { BOOL: true }] } } } },
    })
    await ok('CreateTable', { ...createTable.input, TableName: 'dropped' })
    await ok('DeleteTable', { TableName: 'dropped' })
    const before = server?.model.items(TABLE)
    const described = await ok('DescribeTable', { TableName: TABLE })
    for (let round = 0; round < 2; round += 1) {
      await restart()
      expect(await ok('DescribeTable', { TableName: TABLE })).toEqual(described)
      expect(await inIndex('g')).toEqual(['0', '4'])
      expect(await inIndex('moved')).toEqual(['1'])
      expect(server?.model.items(TABLE)).toEqual(before)
      expect(await ok('ListTables', {})).toEqual({ TableNames: [TABLE] })
      expect(await ok('DescribeTimeToLive', { TableName: TABLE })).toMatchObject({
        TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED', AttributeName: 'ttl' },
      })
    }
    expect(warnings).toEqual([])
  })

  test('goes on where it was: items read from the log can be changed, moved in an index and deleted', async () => {
    await start()
    await ok(createTable.operation, createTable.input)
    for (let n = 0; n < 4; n += 1) await put('p', n, { g: S('g'), h: S('h') })
    await restart()
    await put('p', 0, { g: S('other'), h: S('h') })
    await ok('DeleteItem', { TableName: TABLE, Key: item('p', 1) })
    expect(await inIndex('g')).toEqual(['2', '3'])
    await restart()
    expect(await inIndex('g')).toEqual(['2', '3'])
    expect(await inIndex('other')).toEqual(['0'])
  })

  test('an index that is added later finds what the log has', async () => {
    await start()
    await ok(createTable.operation, createTable.input)
    await put('p', 1, { late: S('x') })
    await restart()
    await ok('UpdateTable', {
      TableName: TABLE,
      AttributeDefinitions: [{ AttributeName: 'late', AttributeType: 'S' }],
      GlobalSecondaryIndexUpdates: [
        {
          Create: {
            IndexName: 'late',
            KeySchema: [{ AttributeName: 'late', KeyType: 'HASH' }],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        },
      ],
    })
    await put('p', 2, { late: S('x') })
    await put('p', 1, {})
    await restart()
    const found = await ok('Scan', { TableName: TABLE, IndexName: 'late' })
    expect(found).toMatchObject({ Count: 1, Items: [{ sk: { N: '2' } }] })
  })

  test('a transaction is read back whole or not at all, and its token is remembered', async () => {
    await start()
    await ok(createTable.operation, createTable.input)
    const before = statSync(log()).size
    const transaction = {
      ClientRequestToken: 'once',
      TransactItems: [1, 2, 3].map((n) => ({ Put: { TableName: TABLE, Item: item('t', n) } })),
    }
    await ok('TransactWriteItems', transaction)
    await ok('DeleteItem', { TableName: TABLE, Key: item('t', 1) })
    await restart()
    await ok('TransactWriteItems', transaction)
    expect(server?.model.tables().get(TABLE)).toBe(2)
    await server?.stop()
    const whole = readFileSync(log())
    const torn = whole.subarray(before, whole.indexOf(10, before))
    writeFileSync(log(), Buffer.concat([whole.subarray(0, before), torn.subarray(0, torn.length - 5)]))
    await start()
    expect(server?.model.tables().get(TABLE)).toBe(0)
    expect(warnings).toEqual([expect.stringMatching(/last record was torn \(\d+ bytes\)/)])
  })

  test('a spoilt record with good ones behind it is refused, and nothing is changed', async () => {
    await start()
    await ok(createTable.operation, createTable.input)
    await put('p', 1)
    await put('p', 2)
    await server?.stop()
    const text = readFileSync(log(), 'utf8')
    writeFileSync(log(), text.replace('\t["p","1",', '\t["q","1",'))
    const spoilt = readFileSync(log())
    await expect(start()).rejects.toThrow(/is damaged: the record at byte \d+/)
    expect(readFileSync(log())).toEqual(spoilt)
    server = undefined
  })

  test('a file of another version, or of something else, is refused', async () => {
    writeFileSync(log(), headerLine({ format: 'celeriac-dynamodb-log', version: 99 }))
    await expect(start()).rejects.toThrow(/has version 99; this server reads version 1/)
    writeFileSync(log(), headerLine({ hello: 'world' }))
    await expect(start()).rejects.toThrow(/is not a log of this server/)
    server = undefined
  })

  test('the database of another engine is refused, with the way out', async () => {
    writeFileSync(join(dataDir, 'dynamodb.db'), Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(100)]))
    await expect(start()).rejects.toThrow(/SQLite database of another DynamoDB engine.*To start anew, remove the file/s)
    server = undefined
  })

  test('a folder in use is refused, and a lock left behind is taken over', async () => {
    await start()
    await expect(startDynamoDbServer({ dataDir })).rejects.toThrow(/in use by process \d+/)
    await server?.stop()
    writeFileSync(join(dataDir, 'dynamodb.lock'), '999999999 1')
    await start()
    expect(server?.port).toBeGreaterThan(0)
  })

  test('compaction drops what is over, while requests go on', async () => {
    await start({ compactAfterBytes: 20_000 })
    await ok(createTable.operation, createTable.input)
    let largest = 0
    for (let n = 0; n < 300; n += 1) {
      await put('p', n % 3, { g: S('g'), h: S(`h${n}`), text: S('x'.repeat(500)) })
      largest = Math.max(largest, statSync(log()).size)
    }
    expect(largest).toBeLessThan(100_000)
    await restart()
    expect(await inIndex('g')).toEqual(['0', '1', '2'])
    expect(warnings).toEqual([])
  })

  test('a log that cannot be written answers 500 from then on', async () => {
    const broken = new DurableLog({
      path: '/dev/full',
      durability: 'process',
      header: '',
      size: 1,
      lines: () => [],
      compactAfterBytes: 1e9,
      warn: () => {},
    })
    broken.append('line\n')
    await expect(broken.commit()).rejects.toThrow(/cannot be written.*ENOSPC/)
    await expect(broken.commit()).rejects.toThrow(/cannot be written/)
  })
})

describe('kill -9', () => {
  const program = fileURLToPath(new URL('./serve.ts', import.meta.url))

  const launch = (durability: string): Promise<{ child: ChildProcess; endpoint: string }> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, ['--import', 'tsx', program, dataDir, durability], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      child.once('error', reject)
      child.stdout?.once('data', (line: Buffer) => resolve({ child, endpoint: line.toString().trim() }))
    })

  test.each(['process', 'disk'])('every answered write is there afterwards (durability %s)', async (durability) => {
    const { child, endpoint } = await launch(durability)
    await call(endpoint, createTable.operation, createTable.input)
    const answered = new Set<string>()
    const lane = async (lane: number): Promise<void> => {
      for (let n = 0; ; n += 1) {
        const Statements = [0, 1, 2].map((part) => ({
          Statement: `INSERT INTO "${TABLE}" VALUE {'pk':?,'sk':?,'g':'g','h':'h'}`,
          Parameters: [S(`${lane}-${n}`), { N: String(part) }],
        }))
        const answer = await call(endpoint, 'BatchExecuteStatement', { Statements }).catch(() => undefined)
        if (answer?.status !== 200) return
        answered.add(`${lane}-${n}`)
        if (answered.size === 200) child.kill('SIGKILL')
      }
    }
    const ended = new Promise((resolve) => child.once('exit', resolve))
    await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(lane))
    await ended
    // What a death in the middle of a write leaves.
    appendFileSync(log(), 'deadbeef p\t')
    await start()
    const kept = new Map<string, number>()
    for (const { pk } of server?.model.items(TABLE) ?? []) kept.set(pk?.S ?? '', (kept.get(pk?.S ?? '') ?? 0) + 1)
    expect(answered.size).toBeGreaterThanOrEqual(200)
    expect([...answered].filter((pk) => kept.get(pk) !== 3)).toEqual([])
    expect(warnings).toHaveLength(1)
  })
})
