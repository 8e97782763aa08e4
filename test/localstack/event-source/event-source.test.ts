import type { SQSEvent } from 'aws-lambda'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { withinPayload } from '../../../localstack/event-source/event-source.ts'
import {
  compileFilters,
  EventSource,
  type EventSourceOptions,
  handlerInvoker,
  SqsWire,
} from '../../../localstack/event-source/index.ts'
import type { WireMessage } from '../../../localstack/event-source/sqs-wire.ts'
import type { InvokeResult } from '../../../localstack/lambda/index.ts'
import { type SqsServer, startSqsServer } from '../../../localstack/sqs/server/index.ts'
import { until } from '../../support/processes.ts'

const queueArn = 'arn:aws:sqs:us-east-1:000000000000:shop-emails'
const trace = 'Root=1-5759e988-bd862e3fe1be46a994272793'
const arn = 'arn:aws:lambda:us-east-1:000000000000:function:shop-emails'

let sqs: SqsServer
let wire: SqsWire
let queueUrl: string
const sources: EventSource[] = []

beforeEach(async () => {
  sqs = await startSqsServer()
  wire = new SqsWire(sqs.endpoint)
  queueUrl = await wire.ensureQueue('shop-emails', { VisibilityTimeout: '1' })
})
afterEach(async () => {
  await Promise.all(sources.splice(0).map((each) => each.drain()))
  wire.close()
  await sqs.stop()
})

interface Recorder {
  readonly source: EventSource
  readonly events: SQSEvent[]
  readonly problems: string[]
}

/** An event source whose function answers as told. */
function start(
  answer: (event: SQSEvent) => InvokeResult | Promise<InvokeResult>,
  more: Partial<EventSourceOptions> = {},
): Recorder {
  const events: SQSEvent[] = []
  const problems: string[] = []
  const source = new EventSource({
    queueUrl,
    queueArn,
    region: 'us-east-1',
    batchSize: 10,
    batchWindowMs: 0,
    concurrency: 2,
    wire,
    onProblem: (problem) => problems.push(problem),
    invoker: {
      arn,
      capacity: async () => {},
      async invoke(event) {
        events.push(event)
        return answer(event)
      },
    },
    ...more,
  })
  sources.push(source)
  source.start()
  return { source, events, problems }
}

const returned = (value: unknown): InvokeResult => ({ status: 'returned', payload: JSON.stringify(value) })
const failures = (...ids: string[]) => ({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) })
const send = (...bodies: string[]): void => {
  for (const body of bodies) sqs.model.sendMessage({ QueueUrl: queueUrl, MessageBody: body })
}
const left = (): string[] => sqs.model.inspect.messages('shop-emails').map(({ body }) => body)

test('the event is as Lambda makes it', async () => {
  const { events } = start(() => returned(null))
  sqs.model.sendMessage({
    QueueUrl: queueUrl,
    MessageBody: '{"to":"ada"}',
    MessageAttributes: {
      word: { DataType: 'String', StringValue: 'hello' },
      bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 255]) },
    },
    MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: trace } },
  })
  await until(() => events.length === 1)
  expect(events[0]).toEqual({
    Records: [
      {
        messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        receiptHandle: expect.any(String),
        body: '{"to":"ada"}',
        attributes: {
          ApproximateReceiveCount: '1',
          SentTimestamp: expect.stringMatching(/^\d{13}$/),
          SenderId: expect.any(String),
          ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
          AWSTraceHeader: trace,
        },
        messageAttributes: {
          word: { stringValue: 'hello', stringListValues: [], binaryListValues: [], dataType: 'String' },
          bytes: { binaryValue: 'AP8=', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
        },
        md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
        md5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/),
        eventSource: 'aws:sqs',
        eventSourceARN: queueArn,
        awsRegion: 'us-east-1',
      },
    ],
  })
  await until(() => left().length === 0)
})

test('what failed comes again when its visibility ends, what did not is deleted', async () => {
  let calls = 0
  const { events } = start(({ Records }) => {
    calls += 1
    return returned(calls === 1 ? failures(Records.find(({ body }) => body === 'bad')?.messageId ?? '') : null)
  })
  send('good', 'bad', 'good too')
  // One poll may bring less than all of it; either way 'bad' is alone at last.
  await until(() => events.at(-1)?.Records[0]?.attributes.ApproximateReceiveCount === '2' || calls > 3)
  expect(events.at(-1)?.Records.map(({ body }) => body)).toEqual(['bad'])
  await until(() => left().length === 0)
})

test.each([
  ['an id of no message', () => returned(failures('nobody')), 'no batch response'],
  [
    'an error',
    (): InvokeResult => ({ status: 'failed', error: { errorType: 'TypeError', errorMessage: 'oh' } }),
    'TypeError: oh',
  ],
])('%s brings the whole batch back', async (_what, answer, problem) => {
  let calls = 0
  const { problems } = start(() => {
    calls += 1
    return calls === 1 ? answer() : returned(null)
  })
  send('one')
  await until(() => calls === 1 && problems.length === 1)
  expect(left()).toEqual(['one'])
  expect(problems[0]).toContain(problem)
  await until(() => left().length === 0)
  expect(calls).toBe(2)
})

test('nothing is received that cannot be invoked at once', async () => {
  const release: (() => void)[] = []
  const { events } = start(() => new Promise<InvokeResult>((resolve) => release.push(() => resolve(returned(null)))), {
    batchSize: 1,
    concurrency: 2,
  })
  send('a', 'b', 'c', 'd')
  await until(() => events.length === 2)
  // Any poll for a third message would have found one by now: the server answers within a millisecond.
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(sqs.model.inspect.counts('shop-emails')).toEqual({ visible: 2, delayed: 0, inFlight: 2 })
  release.shift()?.()
  await until(() => events.length === 3)
  for (let end = release.shift(); end !== undefined || left().length > 0; end = release.shift()) {
    end?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
})

test('what does not fit the filter is deleted, and nobody is invoked for it', async () => {
  const { events } = start(() => returned(null), { filter: compileFilters([{ body: { type: ['order'] } }]) })
  send('{"type":"mail"}', 'plain', '{"type":"order","n":1}', '{"type":"mail"}')
  await until(() => left().length === 0)
  expect(events.flatMap(({ Records }) => Records.map(({ body }) => body))).toEqual(['{"type":"order","n":1}'])
  expect(sqs.model.inspect.counts('shop-emails')).toEqual({ visible: 0, delayed: 0, inFlight: 0 })
})

test('five invocations at first, then five more each second', async () => {
  await wire.ensureQueue('shop-emails', { VisibilityTimeout: '30' })
  const release: (() => void)[] = []
  const { events } = start(() => new Promise<InvokeResult>((resolve) => release.push(() => resolve(returned(null)))), {
    batchSize: 1,
    concurrency: 8,
  })
  send('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
  await until(() => events.length === 5)
  const startedAt = performance.now()
  await until(() => events.length === 8)
  expect(performance.now() - startedAt).toBeGreaterThan(500)
  for (const end of release) end()
  await until(() => left().length === 0)
})

test('without capacity nothing is received', async () => {
  let give = (): void => {}
  const capacity = new Promise<void>((resolve) => {
    give = resolve
  })
  const events: SQSEvent[] = []
  start(() => returned(null), {
    invoker: {
      arn,
      capacity: () => capacity,
      async invoke(event) {
        events.push(event)
        return returned(null)
      },
    },
  })
  send('a')
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(sqs.model.inspect.counts('shop-emails').visible).toBe(1)
  give()
  await until(() => events.length === 1)
})

test('a window gathers what comes one by one', async () => {
  await wire.ensureQueue('shop-emails', { VisibilityTimeout: '30' })
  const { events } = start(() => returned(null), { batchWindowMs: 1_000 })
  send('a')
  await until(() => sqs.model.inspect.counts('shop-emails').inFlight === 1)
  send('b')
  await until(() => sqs.model.inspect.counts('shop-emails').inFlight === 2)
  send('c')
  await until(() => events.length === 1)
  expect(events[0]?.Records.map(({ body }) => body)).toEqual(['a', 'b', 'c'])
})

test('a full batch does not wait for its window', async () => {
  const { events } = start(() => returned(null), { batchWindowMs: 20_000, batchSize: 2 })
  const startedAt = performance.now()
  send('a', 'b')
  await until(() => events.length === 1)
  expect(events[0]?.Records).toHaveLength(2)
  expect(performance.now() - startedAt).toBeLessThan(10_000)
})

test('draining waits for what runs, deletes it, and receives nothing more', async () => {
  let end = (): void => {}
  const { source, events } = start(
    () =>
      new Promise<InvokeResult>((resolve) => {
        end = () => resolve(returned(null))
      }),
  )
  send('a')
  await until(() => events.length === 1)
  const drained = source.drain()
  send('b')
  end()
  await drained
  expect(left()).toEqual(['b'])
  // The poll that was broken off may have been given it: the server takes it back.
  await until(() => sqs.model.inspect.counts('shop-emails').visible === 1)
  expect(events).toHaveLength(1)
})

test('a server that is gone is told once, and asked again', async () => {
  const { problems } = start(() => returned(null))
  await until(() => sqs.model.inspect.waiting('shop-emails') === 1)
  await sqs.stop()
  await until(() => problems.length === 1)
  expect(problems[0]).toMatch(/^Messages could not be received: /)
})

test('a handler in this process: its answers, its errors, its time-out', async () => {
  const facts = { name: 'shop-emails', arn, timeoutMs: 50, memoryMb: 128 }
  const event: SQSEvent = { Records: [] }
  const results = await Promise.all([
    handlerInvoker(async (_event, context) => context.getRemainingTimeInMillis() <= 50, facts).invoke(event, ''),
    handlerInvoker(() => undefined, facts).invoke(event, ''),
    handlerInvoker(() => {
      throw new RangeError('oh')
    }, facts).invoke(event, ''),
    handlerInvoker(() => new Promise(() => {}), facts).invoke(event, ''),
  ])
  expect(results).toMatchObject([
    { status: 'returned', payload: 'true' },
    { status: 'returned', payload: 'null' },
    { status: 'failed', error: { errorType: 'RangeError', errorMessage: 'oh' } },
    { status: 'failed', error: { errorType: 'Sandbox.Timedout' } },
  ])
})

test('ten messages of 1 MiB become several events within the payload, all of them', () => {
  const messages = Array.from(
    { length: 10 },
    (_, index): WireMessage => ({
      MessageId: String(index),
      ReceiptHandle: 'r',
      Body: 'x'.repeat(1_048_576),
      MD5OfBody: '',
    }),
  )
  const parts = withinPayload(messages)
  expect(parts.map(({ length }) => length)).toEqual([5, 5])
  expect(parts.flat()).toEqual(messages)
  expect(withinPayload(messages.map((each) => ({ ...each, Body: 'small' })))).toHaveLength(1)
  expect(withinPayload([])).toEqual([])
})
