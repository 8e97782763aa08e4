import { CreateTableCommand, DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LocalDynamoDb, startDynamoDb } from '../../localstack/dynamodb/dynoxide.ts'
import { createClients } from '../../shared/aws/clients.ts'
import { createTablePorts } from '../../shared/aws/ports.ts'
import { ensureTable } from '../../shared/aws/table.ts'
import { LedgerUnavailableError, TableAccessError } from '../../shared/core/errors.ts'
import { seededRandom } from '../../shared/memory/seeded-random.ts'
import { VirtualClock } from '../../shared/memory/virtual-clock.ts'
import type { WriteAnswer } from '../../shared/ports/index.ts'
import { CertainLedger } from '../../shared/protocol/certain-ledger.ts'
import { systemClock } from '../../shared/system/index.ts'
import { connectionError } from '../contract/scripted-transport.ts'
import { countsFor } from '../contract/statistics-suite.ts'
import { claim, newRecord, unique } from '../contract/table-place.ts'
import { clientsFor } from '../contract/table-places.ts'
import { faultyWire, type WireFault, type WireRequest } from './faulty-transport.ts'

const environment = { table: 'shop' }
const now = Date.now()
const statuses = (answers: readonly WriteAnswer[]) => answers.map(({ status }) => status)
const records = (count: number) => Array.from({ length: count }, () => newRecord(now))
const entries = (count: number) => records(count).map((record) => ({ record }))

type Turn = { readonly status: number; readonly body: unknown } | { readonly error: Error }

/** A ledger whose wire answers by script. The last turn answers all that follow. */
function scripted(turns: readonly [Turn, ...Turn[]], maxAttempts = 1) {
  const requests: Record<string, unknown>[] = []
  const dynamodb = new DynamoDBClient({
    endpoint: 'http://127.0.0.1:1',
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts,
    requestHandler: {
      async handle(request: { body?: unknown }) {
        const turn = turns[Math.min(requests.length, turns.length - 1)] ?? turns[0]
        requests.push(JSON.parse(new TextDecoder().decode(request.body as Uint8Array)) as Record<string, unknown>)
        if ('error' in turn) throw turn.error
        const headers = { 'content-type': 'application/x-amz-json-1.0' }
        return {
          response: { statusCode: turn.status, headers, body: new TextEncoder().encode(JSON.stringify(turn.body)) },
        }
      },
    },
  })
  const clock = new VirtualClock()
  return { ports: createTablePorts({ dynamodb, environment, clock, random: seededRandom(1) }), requests, clock }
}

const failed = (status: number, name: string): Turn => ({
  status,
  body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: 'said so' },
})
const responses = (...codes: (string | undefined)[]): Turn => ({
  status: 200,
  body: { Responses: codes.map((Code) => (Code === undefined ? {} : { Error: { Code, Message: 'said so' } })) },
})

describe('the ledger on DynamoDB: what a statement that failed says', () => {
  const cases: readonly [code: string, status: WriteAnswer['status']][] = [
    ['ConditionalCheckFailed', 'refused'],
    ['DuplicateItem', 'refused'],
    ['ThrottlingError', 'throttled'],
    ['ProvisionedThroughputExceeded', 'throttled'],
    ['RequestLimitExceeded', 'throttled'],
    ['TransactionConflict', 'throttled'],
    ['InternalServerError', 'unknown'],
    ['SomethingNew', 'unknown'],
    ['ValidationError', 'invalid'],
    ['ItemCollectionSizeLimitExceeded', 'invalid'],
  ]
  it.each(cases)('%s: %s', async (code, status) => {
    const { ports } = scripted([responses(undefined, code, undefined)])
    expect(statuses(await ports.records.update(records(3).map((record) => claim(record))))).toEqual([
      'done',
      status,
      'done',
    ])
  })

  it('is unknown when DynamoDB does not mention it', async () => {
    const { ports } = scripted([responses(undefined)])
    expect(statuses(await ports.records.insert(entries(2)))).toEqual(['done', 'unknown'])
  })

  it('is unknown, not throttled, when an earlier try of the SDK may have taken effect', async () => {
    const { ports, requests } = scripted(
      [{ error: connectionError('ECONNRESET') }, responses(undefined, 'ThrottlingError')],
      3,
    )
    expect(statuses(await ports.records.insert(entries(2)))).toEqual(['done', 'unknown'])
    expect(requests).toHaveLength(2)
  })

  it.each(['AccessDenied', 'ResourceNotFound'])('%s is thrown', async (code) => {
    const { ports } = scripted([responses(undefined, code)])
    await expect(ports.records.insert(entries(2))).rejects.toThrow(TableAccessError)
  })
})

describe('the ledger on DynamoDB: what a request that failed says of its writes', () => {
  const cases: readonly [what: string, turn: Turn, status: WriteAnswer['status']][] = [
    ['throttled', failed(400, 'ThrottlingException'), 'throttled'],
    ['over the capacity', failed(400, 'ProvisionedThroughputExceededException'), 'throttled'],
    ['over the account', failed(400, 'RequestLimitExceeded'), 'throttled'],
    ['a server error', failed(500, 'InternalServerError'), 'unknown'],
    ['unavailable', { status: 503, body: {} }, 'unknown'],
    ['a connection that was cut', { error: connectionError('ECONNRESET') }, 'unknown'],
    ['a connection that was refused', { error: connectionError('ECONNREFUSED') }, 'unknown'],
    [
      'no answer in time',
      { error: Object.assign(new Error('slow'), { name: 'TimeoutError', code: 'ETIMEDOUT' }) },
      'unknown',
    ],
    ['an answer that is not JSON', { status: 200, body: 'nonsense' }, 'unknown'],
  ]
  it.each(cases)('%s', async (_what, turn, status) => {
    const { ports } = scripted([turn])
    expect(statuses(await ports.records.insert(entries(2)))).toEqual([status, status])
    const [one, two] = records(2)
    const alone = { ...claim(one ?? newRecord(now)), remove: ['error', 'result'] as const }
    expect(statuses(await ports.records.update([alone, claim(two ?? newRecord(now))]))).toEqual([status, status])
  })

  it('is unknown when it is throttled after a try whose answer was lost', async () => {
    const { ports } = scripted([{ error: connectionError('ECONNRESET') }, failed(400, 'ThrottlingException')], 2)
    expect(statuses(await ports.records.insert(entries(2)))).toEqual(['unknown', 'unknown'])
  })

  it('finds the one statement for which DynamoDB refuses all', async () => {
    const { ports, requests } = scripted([
      failed(400, 'ValidationException'),
      responses(undefined),
      failed(400, 'ValidationException'),
      responses(undefined),
    ])
    expect(statuses(await ports.records.insert(entries(3)))).toEqual(['done', 'invalid', 'done'])
    expect(requests.map(({ Statements }) => (Statements as unknown[]).length)).toEqual([3, 1, 1, 1])
  })
})

describe('the ledger on DynamoDB: requests that can never succeed', () => {
  const names = [
    'AccessDeniedException',
    'UnrecognizedClientException',
    'InvalidSignatureException',
    'ExpiredTokenException',
    'MissingAuthenticationTokenException',
    'ResourceNotFoundException',
  ]
  it.each(names)('%s: every method throws an error that names table and endpoint', async (name) => {
    const { ports } = scripted([failed(400, name)])
    const query = { queue: 'q', from: 0, to: 1, limit: 1 }
    const calls: (() => Promise<unknown>)[] = [
      () => ports.records.insert(entries(1)),
      () => ports.records.update([claim(newRecord(now))]),
      () => ports.records.update([{ ...claim(newRecord(now)), remove: ['error', 'result'] }]),
      () => ports.records.read(['a'], { consistent: true }),
      () => ports.inputs.read([{ id: 'a', ref: 'r' }]),
      () => ports.inputs.write([{ id: 'a', ref: 'r', body: '1', expiresAt: 1 }]),
      () => ports.inputs.remove([{ id: 'a', ref: 'r' }]),
      () => ports.records.listByTime(query),
      () => ports.records.listFailures(query),
      () => ports.statistics.sum({ queue: 'q', from: 0, to: 1 }),
      () => ports.controls.read('q'),
      () => ports.controls.write('q', {}),
    ]
    for (const call of calls) {
      const error: unknown = await call().catch((thrown: unknown) => thrown)
      expect(error, String(call)).toBeInstanceOf(TableAccessError)
      expect(String(error)).toContain("'shop' at http://127.0.0.1:1")
      expect(String(error)).toContain(name)
      expect(String(error)).not.toContain('\n')
    }
    await ports.statistics.add([
      { queue: 'q', at: 0, names: ['t'], shards: 1, counts: countsFor('t', { succeeded: 1 }) },
    ])
  })

  it('says so when there is no region, or no credentials', async () => {
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
    const cases: readonly [DynamoDBClientConfig, RegExp][] = [
      [
        { region: (): Promise<string> => Promise.reject(new Error('Region is missing')), credentials },
        /Region is missing.*AWS_REGION/,
      ],
      [
        {
          region: 'us-east-1',
          credentials: async () =>
            Promise.reject(Object.assign(new Error('none'), { name: 'CredentialsProviderError' })),
        },
        /DynamoDB in us-east-1.*CredentialsProviderError.*AWS_PROFILE/,
      ],
    ]
    for (const [configuration, message] of cases) {
      const dynamodb = new DynamoDBClient(configuration)
      const ports = createTablePorts({ dynamodb, environment, clock: systemClock, random: seededRandom(1) })
      await expect(ports.records.insert(entries(1))).rejects.toThrow(message)
      await expect(ports.records.insert(entries(1))).rejects.toThrow(TableAccessError)
    }
  })

  it('throws on a read that gets no answer', async () => {
    const { ports } = scripted([{ error: connectionError('ECONNRESET') }])
    await expect(ports.records.read(['a'], { consistent: true })).rejects.toThrow(LedgerUnavailableError)
    await expect(ports.controls.read('q')).rejects.toThrow(/'shop' at http:\/\/127\.0\.0\.1:1 did not answer a read/)
  })
})

describe('the ledger on DynamoDB: what is left over', () => {
  const keysOf = (...ids: string[]) => ids.map((id) => ({ pk: { S: `task#${id}` }, sk: { S: 'record' } }))
  const item = (id: string) => ({ ...keysOf(id)[0], v: { N: '1' }, state: { S: 'QUEUED' } })

  it('is asked for again, with pauses', async () => {
    const { ports, requests, clock } = scripted([
      {
        status: 200,
        body: { Responses: { shop: [item('b')] }, UnprocessedKeys: { shop: { Keys: keysOf('a', 'c') } } },
      },
      { status: 200, body: { Responses: { shop: [] }, UnprocessedKeys: { shop: { Keys: keysOf('a', 'c') } } } },
      { status: 200, body: { Responses: { shop: [item('a')] }, UnprocessedKeys: {} } },
    ])
    const start = clock.now()
    const found = clock.runUntilSettled(ports.records.read(['a', 'b', 'c'], { consistent: true }))
    expect((await found).map((record) => record?.id)).toEqual(['a', 'b', undefined])
    expect(requests).toHaveLength(3)
    expect(clock.now()).toBeGreaterThan(start + 50)
  })

  it('is given up when it stays', async () => {
    const { ports, clock } = scripted([
      { status: 200, body: { Responses: {}, UnprocessedKeys: { shop: { Keys: keysOf('a') } } } },
    ])
    await expect(clock.runUntilSettled(ports.records.read(['a'], { consistent: true }))).rejects.toThrow(
      /still throttled/,
    )
    const writes = { shop: [{ PutRequest: { Item: item('a') } }] }
    const other = scripted([{ status: 200, body: { UnprocessedItems: writes } }])
    const written = other.ports.inputs.write([{ id: 'a', ref: 'r', body: '1', expiresAt: 1 }])
    await expect(other.clock.runUntilSettled(written)).rejects.toThrow(/still throttled/)
  })
})

describe('the ledger on a real engine', () => {
  let engine: LocalDynamoDb
  beforeAll(async () => {
    engine = await startDynamoDb()
  })
  afterAll(() => engine?.stop())

  /** @param maxAttempts one: what the wire does to a request comes up as it is */
  async function on(decide: (request: WireRequest) => WireFault | undefined = () => undefined, maxAttempts = 1) {
    const clients = clientsFor(engine.endpoint, { maxAttempts })
    const dynamodb = clients.dynamodb()
    const table = unique('ledger')
    await ensureTable(dynamodb, table)
    const requests = faultyWire(dynamodb, decide)
    const random = seededRandom(1)
    const ports = createTablePorts({ dynamodb, environment: { table }, clock: systemClock, random })
    return { ports, requests, certain: new CertainLedger({ ...ports, clock: systemClock, random }), dynamodb, table }
  }
  const sizes = (requests: readonly WireRequest[]) =>
    requests.map(({ action, input }) =>
      `${action} ${Array.isArray(input.Statements) ? input.Statements.length : ''}`.trim(),
    )

  it('counts: ten inserts are one request, ten claims another', async () => {
    const { ports, requests } = await on()
    const ten = records(10)
    await ports.records.insert(ten.map((record) => ({ record })))
    await ports.records.update(ten.map((record) => claim(record)))
    const settled = ten.map((record) => claim({ ...record, v: 2 }, { state: 'SUCCESS', result: '1' }))
    await ports.records.update(settled.map((change) => ({ ...change, remove: ['error'] as const })))
    await ports.statistics.add([
      { queue: 'emails', at: now, names: ['t'], shards: 1, counts: countsFor('t', { succeeded: 10, runMs: 5 }) },
    ])
    expect(sizes(requests)).toEqual([
      'BatchExecuteStatement 10',
      'BatchExecuteStatement 10',
      'BatchExecuteStatement 10',
      // The names that the counters stand for, once a process.
      'PutItem',
      'UpdateItem',
    ])
  })

  it('counts: 60 inserts with 5 inputs are 65 statements in three requests, 230 reads three requests', async () => {
    const { ports, requests } = await on()
    const sixty = entries(60).map((entry, index) => {
      const { id } = entry.record
      return index < 5 ? { ...entry, inputItem: { id, ref: 'r', body: '"x"', expiresAt: 1_900_000_000 } } : entry
    })
    await ports.records.insert(sixty)
    expect(sizes(requests).sort()).toEqual([
      'BatchExecuteStatement 15',
      'BatchExecuteStatement 25',
      'BatchExecuteStatement 25',
    ])
    await ports.records.read(
      records(230).map(({ id }) => id),
      { consistent: false },
    )
    expect(sizes(requests).slice(3)).toEqual(['BatchGetItem', 'BatchGetItem', 'BatchGetItem'])
  })

  it('counts: large inputs are spread over requests below 4 MB', async () => {
    const { ports, requests } = await on()
    const large = entries(20).map(({ record }) => ({
      record: { ...record, inputRef: 'r' },
      inputItem: { id: record.id, ref: 'r', body: JSON.stringify('x'.repeat(256_000)), expiresAt: 1_900_000_000 },
    }))
    expect(new Set(statuses(await ports.records.insert(large)))).toEqual(new Set(['done']))
    expect(requests).toHaveLength(2)
    for (const { input } of requests) expect(JSON.stringify(input).length).toBeLessThan(4 * 1_024 * 1_024)
  })

  const losses = ['drop-before', 'drop-after', 'break', 'break-after', 'duplicate', 'throttle', [0]] as const
  const told: Readonly<Record<string, string>> = { duplicate: 'refused', throttle: 'throttled', '0': 'throttled' }
  it.each(losses)('a write that met %j is made certain by reading, and happens once', async (fault) => {
    let harmed = 0
    const { ports, certain, requests } = await on(({ action }) => {
      if (!['BatchExecuteStatement', 'UpdateItem'].includes(action)) return undefined
      harmed += 1
      return harmed % 2 === 1 ? (action === 'UpdateItem' && typeof fault !== 'string' ? 'throttle' : fault) : undefined
    })
    const plain = newRecord(now)
    expect(statuses(await ports.records.insert([{ record: plain }]))).toEqual([told[String(fault)] ?? 'unknown'])
    harmed = 0

    const [record] = records(1)
    if (record === undefined) return
    const body = '"large"'
    const inputItem = { id: record.id, ref: 'r', body, expiresAt: 1_900_000_000 }
    expect(await certain.insert([{ record: { ...record, inputRef: 'r' }, inputItem }])).toMatchObject([
      { status: 'inserted' },
    ])
    expect(await ports.inputs.read([inputItem])).toEqual([body])
    harmed = 0
    expect(await certain.change([claim(record)])).toMatchObject([{ status: 'done' }])
    harmed = 0
    const settlement = { ...claim({ ...record, v: 2 }), remove: ['startedAt', 'input'] as const }
    expect(await certain.change([settlement])).toMatchObject([{ status: 'done' }])
    const [found] = await ports.records.read([record.id], { consistent: true })
    expect(found).toMatchObject({ v: 3, token: settlement.set.token })
    expect(found).not.toHaveProperty('input')
    expect(requests.filter(({ action }) => action === 'UpdateItem').length).toBeGreaterThan(0)
  })

  it('tries throttled statements again alone', async () => {
    const { certain, requests } = await on(({ action, input }) =>
      action === 'BatchExecuteStatement' && (input.Statements as unknown[]).length === 5 ? [1, 3] : undefined,
    )
    const outcomes = await certain.insert(entries(5))
    expect(outcomes.map(({ status }) => status)).toEqual(Array(5).fill('inserted'))
    expect(sizes(requests)).toEqual(['BatchExecuteStatement 5', 'BatchExecuteStatement 2'])
  })

  it('tells another writer of the same id from itself', async () => {
    const { certain } = await on(({ attempt }) => (attempt === 1 ? 'duplicate' : undefined))
    const [record] = records(1)
    if (record === undefined) return
    expect(await certain.insert([{ record }])).toMatchObject([{ status: 'inserted' }])
    expect(await certain.insert([{ record: { ...record, token: 'other' } }])).toMatchObject([
      { status: 'exists', record },
    ])
  })

  it('writes an input again that was throttled while its record was written', async () => {
    let first = true
    const { certain, ports } = await on(({ action }) => {
      if (action !== 'BatchExecuteStatement' || !first) return undefined
      first = false
      return [1]
    })
    const [record] = records(1)
    if (record === undefined) return
    const inputItem = { id: record.id, ref: 'r', body: '"large"', expiresAt: 1_900_000_000 }
    expect(await certain.insert([{ record: { ...record, inputRef: 'r' }, inputItem }])).toMatchObject([
      { status: 'inserted' },
    ])
    expect(await ports.inputs.read([inputItem])).toEqual(['"large"'])
  })

  it('keeps the item lean: nothing that the record does not have', async () => {
    const { ports, requests } = await on()
    await ports.records.insert(entries(1))
    const statements = (requests[0]?.input.Statements ?? []) as readonly { Statement: string }[]
    const names = [...(statements[0]?.Statement ?? '').matchAll(/'(\w+)':/g)].map(([, name]) => name)
    expect(names.sort()).toEqual(
      'attempt enqueuedAt generation input inputHash pk queue sk state task timeKey timeSort token v'.split(' '),
    )
  })

  it('ensureTable: there already, in another shape, or impossible', async () => {
    const { dynamodb, table } = await on()
    await ensureTable(dynamodb, table)
    await expect(ensureTable(dynamodb, 'x')).rejects.toThrow()
    await dynamodb.send(
      new CreateTableCommand({
        TableName: 'other-shape',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    )
    await expect(ensureTable(dynamodb, 'other-shape')).rejects.toThrow(/expected pk\+sk, byFailure.*received id/)
  })

  it('a missing table is said at once', async () => {
    const dynamodb = clientsFor(engine.endpoint).dynamodb()
    const table = { table: 'never-made' }
    const ports = createTablePorts({ dynamodb, environment: table, clock: systemClock, random: seededRandom(1) })
    await expect(ports.records.insert(entries(2))).rejects.toThrow(/'never-made' at http:\/\/127.*Deploy the app/)
    await expect(ports.records.read(['a'], { consistent: true })).rejects.toThrow(TableAccessError)
  })
})

describe('clients', () => {
  it('are made at their first use, once, and can be closed', () => {
    const clients = createClients({ endpoint: 'http://127.0.0.1:1', region: 'us-east-1' })
    expect(clients.dynamodb()).toBe(clients.dynamodb())
    expect(clients.sqs()).toBe(clients.sqs())
    const before = clients.dynamodb()
    clients.close()
    expect(clients.dynamodb()).not.toBe(before)
    clients.close()
  })

  it('have an endpoint for each service', async () => {
    const clients = createClients({
      endpoint: { sqs: 'http://127.0.0.1:1', dynamodb: 'http://127.0.0.1:2' },
      region: 'us-east-1',
    })
    expect(await clients.sqs().config.endpoint?.()).toMatchObject({ port: 1 })
    expect(await clients.dynamodb().config.endpoint?.()).toMatchObject({ port: 2 })
    clients.close()
  })
})
