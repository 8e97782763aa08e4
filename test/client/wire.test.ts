import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { type AsyncResult, createApp, type EnqueueError } from 'celeriac'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type LocalDynamoDb, startDynamoDb } from '../../localstack/dynamodb/dynoxide.ts'
import { type SqsServer, startSqsServer } from '../../localstack/sqs/server/index.ts'
import { type Clients, createClients } from '../../shared/aws/clients.ts'
import { createTablePorts } from '../../shared/aws/ports.ts'
import { createSqsQueues } from '../../shared/aws/queues.ts'
import { ensureTable } from '../../shared/aws/table.ts'
import { readEnvironment } from '../../shared/core/environment.ts'
import { createQueues } from '../../shared/memory/queue-setup.ts'
import { recordingTelemetry } from '../../shared/memory/recording-telemetry.ts'
import { systemClock, systemRandom } from '../../shared/system/index.ts'
import { createBatchWorker } from '../../shared/worker/index.ts'
import { faultyWire, type WireFault, type WireRequest } from '../aws/faulty-transport.ts'

/** The client on the AWS SDK, over the wire to our SQS server and a DynamoDB engine, with faults between. */
describe('over the wire', () => {
  const app = createApp({ name: 'wire', queues: { emails: {} } })
  const double = app.task('double', { retry: false }, async ({ x }: { x: number }) => ({ doubled: x * 2 }))
  const keyed = app.task('keyed', { idempotencyKey: ({ x }) => `${x}` }, async ({ x }: { x: number }) => x)
  let sqs: SqsServer
  let dynamodb: LocalDynamoDb
  let clients: Clients
  let requests: readonly WireRequest[][] = []
  let fault: (request: WireRequest) => WireFault | undefined = () => undefined

  beforeAll(async () => {
    sqs = await startSqsServer()
    dynamodb = await startDynamoDb()
    clients = createClients({
      endpoint: { sqs: sqs.endpoint, dynamodb: dynamodb.endpoint },
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    })
    await ensureTable(clients.dynamodb(), 'wire')
    createQueues(sqs.model, app.definition)
    const decide = (request: WireRequest) => fault(request)
    requests = [
      faultyWire(clients.dynamodb(), decide) as WireRequest[],
      // Both clients have the same kind of request handler.
      faultyWire(clients.sqs() as unknown as DynamoDBClient, decide) as WireRequest[],
    ]
    const environment = readEnvironment('wire', { CELERIAC_QUEUE_BASE_URL: `${sqs.endpoint}/000000000000` })
    const machine = { environment, clock: systemClock, random: systemRandom }
    app.connect({
      ...createTablePorts({ dynamodb: clients.dynamodb(), ...machine }),
      queues: createSqsQueues({ sqs: clients.sqs(), ...machine }),
      telemetry: recordingTelemetry(),
    })
  })
  afterAll(async () => {
    clients.close()
    await sqs.stop()
    await dynamodb.stop()
  })
  beforeEach(async () => {
    fault = () => undefined
    await work()
    for (const list of requests) list.length = 0
  })

  const counts = () => {
    const byAction: Record<string, number> = {}
    for (const { action } of requests.flat()) byAction[action] = (byAction[action] ?? 0) + 1
    return byAction
  }
  const work = async (): Promise<number> => {
    const ports = app.ports()
    const worker = createBatchWorker({ app: app.definition, ports })
    for (let total = 0; ; ) {
      const deliveries = await ports.queues.receive('emails', { max: 10, waitSeconds: 0 })
      if (deliveries.length === 0) return total
      total += deliveries.length
      const { failed } = await worker.work('emails', deliveries, { deadlineAt: Date.now() + 60_000, requestId: 'r' })
      const done = deliveries.filter(({ messageId }) => !failed.includes(messageId))
      await ports.queues.acknowledge(
        'emails',
        done.map(({ receipt }) => receipt),
      )
    }
  }
  const inFlight = () => sqs.model.inspect.messages('wire-emails')

  it('ten tasks take one insert and one send', async () => {
    const report = await double.delayMany(Array.from({ length: 200 }, (_, x) => ({ x })))
    expect(report).toMatchObject({ accepted: 200, failed: [] })
    expect(counts()).toEqual({ BatchExecuteStatement: 20, SendMessageBatch: 20 })
  })

  it('a hundred and fifty handles take two reads a round', async () => {
    const handles: AsyncResult<{ doubled: number }>[] = []
    for await (const { handle } of double.delayMany(Array.from({ length: 150 }, (_, x) => ({ x })))) {
      if (handle) handles.push(handle)
    }
    await work()
    for (const list of requests) list.length = 0
    const results = await Promise.all(handles.map((handle) => handle.get({ timeout: 10 })))
    expect(results).toEqual(handles.map((_, x) => ({ doubled: x * 2 })))
    expect(counts()).toEqual({ BatchGetItem: 2 })
  })

  it.each<WireFault>(['drop-before', 'drop-after', 'duplicate', 'throttle', 'break', 'break-after', [0]])(
    'an insert that meets %s is there once',
    async (met) => {
      let left = 1
      fault = ({ action }) => (action === 'BatchExecuteStatement' && left-- > 0 ? met : undefined)
      const handle = await double.applyAsync({ x: 4 })
      expect(handle.deduplicated).toBe(false)
      expect(inFlight()).toHaveLength(1)
      fault = () => undefined
      await work()
      expect(await handle.get({ timeout: 10 })).toEqual({ doubled: 8 })
    },
  )

  it.each<WireFault>(['drop-before', 'drop-after', 'duplicate', 'break', 'break-after'])(
    'a send that meets %s once is accepted, and runs once',
    async (met) => {
      let left = 1
      fault = ({ action }) => (action === 'SendMessageBatch' && left-- > 0 ? met : undefined)
      const handle = await double.delay({ x: 5 })
      await work()
      expect(await handle.get({ timeout: 10 })).toEqual({ doubled: 10 })
      expect(await handle.info()).toMatchObject({ attempt: 1, attempts: [{ outcome: 'success' }] })
    },
  )

  it('a send whose answers all get lost is withdrawn, and its messages are acknowledged unrun', async () => {
    fault = ({ action }) => (action === 'SendMessageBatch' ? 'drop-after' : undefined)
    const error = (await double.delay({ x: 6 }).catch((thrown: unknown) => thrown)) as EnqueueError
    expect(error).toMatchObject({ code: 'enqueue', maybeSent: true, mayRun: false })
    expect(inFlight()).toHaveLength(3)
    fault = () => undefined
    expect(await work()).toBe(3)
    expect(inFlight()).toEqual([])
    expect(await app.inspect.task(error.id)).toMatchObject({ state: 'REVOKED', reason: 'enqueue-failed', attempt: 0 })
  })

  it('a send that is refused for good was not sent', async () => {
    fault = ({ action }) => (action === 'SendMessageBatch' ? 'throttle' : undefined)
    const error = (await double.delay({ x: 7 }).catch((thrown: unknown) => thrown)) as EnqueueError
    expect(error).toMatchObject({ code: 'enqueue', maybeSent: false, mayRun: false })
    expect(inFlight()).toEqual([])
  })

  it('the same keys twice in a list are one task each', async () => {
    const inputs = Array.from({ length: 40 }, (_, index) => ({ x: 1_000 + (index % 20) }))
    const report = await keyed.delayMany(inputs)
    expect(report).toMatchObject({ accepted: 40, deduplicated: 20, failed: [] })
    await work()
    const again = await keyed.delayMany(inputs)
    expect(again).toMatchObject({ accepted: 40, deduplicated: 40, failed: [] })
    expect(inFlight()).toEqual([])
  })

  it('a key that was given back is opened anew', async () => {
    const first = await keyed.delay({ x: 2_000 })
    expect(await first.revoke()).toBe('REVOKED')
    await work()
    const second = await keyed.delay({ x: 2_000 })
    expect(second).toMatchObject({ id: first.id, deduplicated: false })
    await work()
    expect(await second.get({ timeout: 10 })).toBe(2_000)
    expect(await second.info()).toMatchObject({ generation: 2, state: 'SUCCESS', reason: undefined })
    await second.forget()
    expect(await second.info()).toMatchObject({ state: 'SUCCESS', hidden: true, input: undefined })
  })
})
