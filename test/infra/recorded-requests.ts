import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SQSClient } from '@aws-sdk/client-sqs'
import { createTablePorts } from '../../shared/aws/ports.ts'
import { createSqsQueues } from '../../shared/aws/queues.ts'
import { deadQueueName, queueName } from '../../shared/core/names.ts'
import type { TaskRecord } from '../../shared/core/record.ts'
import type { ScheduleRecord } from '../../shared/core/schedule-record.ts'
import { noCounts, noTaskCounts } from '../../shared/core/statistics.ts'
import { seededRandom } from '../../shared/memory/seeded-random.ts'
import { VirtualClock } from '../../shared/memory/virtual-clock.ts'
import type { ServicePorts } from '../../shared/ports/index.ts'

interface HttpRequest {
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

type Body = Record<string, unknown>

const prefix = 'shop'
const queue = 'emails'
const clock = new VirtualClock(Date.UTC(2026, 0, 1))
const ref = { id: 'a', ref: 'r' }
const inputItem = { ...ref, body: '{}', expiresAt: 2_000_000_000 }
const record: TaskRecord = {
  id: 'a',
  v: 1,
  generation: 0,
  state: 'QUEUED',
  task: 'emails.send',
  queue,
  inputRef: 'r',
  inputHash: 'h',
  attempt: 0,
  token: 't',
  enqueuedAt: clock.now(),
}
const schedule: ScheduleRecord = {
  name: 'a',
  v: 1,
  generation: 1,
  spec: '{}',
  hash: 'h',
  source: 'api',
  fired: 0,
  missed: 0,
}
const time = { queue, from: clock.now() - 1_000, to: clock.now(), limit: 10 }

type Calls = {
  readonly [Port in keyof ServicePorts]: { readonly [Method in keyof ServicePorts[Port]]: () => Promise<unknown> }
}

/** Every method of every port, called so that each kind of request that it knows is made. */
const callsOn = ({ records, inputs, statistics, controls, queues, due, schedules, ticks }: ServicePorts): Calls => ({
  records: {
    insert: () => records.insert([{ record, inputItem }]),
    update: () =>
      records.update([
        { id: 'a', v: 1, transition: true, queue, set: { state: 'STARTED' } },
        { id: 'b', v: 1, transition: true, queue, set: { state: 'QUEUED' }, remove: ['result', 'error'] },
      ]),
    read: () => records.read(['a'], { consistent: true }),
    listByTime: () => records.listByTime(time),
    listFailures: () => records.listFailures(time),
  },
  inputs: {
    read: () => inputs.read([ref]),
    write: () => inputs.write([inputItem]),
    remove: () => inputs.remove([ref]),
  },
  statistics: {
    add: () =>
      statistics.add([
        {
          queue,
          at: clock.now(),
          names: ['t'],
          shards: 1,
          counts: { ...noCounts, tasks: { t: { ...noTaskCounts, succeeded: 1 } } },
        },
      ]),
    sum: () => statistics.sum(time),
  },
  controls: {
    read: () => controls.read(queue),
    write: () => controls.write(queue, { pausedAt: clock.now() }),
  },
  queues: {
    send: () => queues.send(queue, [{ body: '{}' }]),
    sendDead: () => queues.sendDead(queue, [{ body: '{}' }]),
    hide: () => queues.hide(queue, [{ receipt: 'r', delaySeconds: 1 }]),
    receive: () => queues.receive(queue, { max: 1, waitSeconds: 0 }),
    acknowledge: () => queues.acknowledge(queue, ['r']),
    depth: () => queues.depth(queue),
  },
  due: {
    put: () => due.put([{ minute: 1, kind: 'task', id: 'a', at: 60_000, generation: 0 }]),
    list: () => due.list(1, 0),
    remove: () => due.remove([{ minute: 1, kind: 'task', id: 'a', at: 60_000 }]),
  },
  schedules: {
    read: () => schedules.read(['a']),
    list: () => schedules.list({ limit: 1 }),
    write: () => schedules.write([{ record: schedule, expected: 0 }]),
  },
  ticks: {
    read: () => ticks.read(),
    write: () => ticks.write([{ range: { from: 0, to: 16 }, token: 't', now: clock.now() }]),
  },
})

/** Answers that lead the adapters down its rare ways: what is inserted has a predecessor that has expired. */
function answerOf(action: string, body: Body): Body {
  switch (action) {
    case 'BatchExecuteStatement': {
      const statements = body.Statements as { Statement: string }[]
      return { Responses: statements.map(({ Statement }) => (/^INSERT/.test(Statement) ? duplicate : {})) }
    }
    case 'BatchGetItem': {
      const [table, { Keys }] = Object.entries(body.RequestItems as Record<string, { Keys: Body[] }>)[0] ?? [
        '',
        { Keys: [] },
      ]
      return { Responses: { [table]: Keys.map((key) => ({ ...key, v: { N: '1' }, expiresAt: { N: '1' } })) } }
    }
    case 'Query':
      return { Items: [] }
    case 'SendMessageBatch':
    case 'ChangeMessageVisibilityBatch':
    case 'DeleteMessageBatch':
      return { Successful: (body.Entries as { Id: string }[]).map(({ Id }) => ({ Id, MessageId: 'm' })), Failed: [] }
    case 'GetQueueUrl':
      return { QueueUrl: `https://sqs/1/${String(body.QueueName)}` }
    default:
      return {}
  }
}

const duplicate = { Error: { Code: 'DuplicateItem', Message: 'taken' } }

/** What AWS authorises for a request, as `action on target`. */
function authorised(action: string, body: Body): readonly string[] {
  switch (action) {
    case 'BatchExecuteStatement':
      return (body.Statements as { Statement: string }[]).map(({ Statement }) => {
        const verb = Statement.split(' ')[0] ?? ''
        return `dynamodb:PartiQL${verb.charAt(0)}${verb.slice(1).toLowerCase()} on table`
      })
    case 'Query':
      return [`dynamodb:Query on ${body.IndexName === undefined ? 'table' : 'indexes'}`]
    case 'SendMessageBatch':
    case 'ChangeMessageVisibilityBatch':
    case 'DeleteMessageBatch':
    case 'ReceiveMessage':
    case 'GetQueueAttributes':
    case 'GetQueueUrl':
      return [`sqs:${action.replace(/Batch$/, '')} on ${targetOf(body)}`]
    default:
      return [`dynamodb:${action} on table`]
  }
}

function targetOf({ QueueUrl, QueueName }: Body): string {
  const name = String(QueueName ?? QueueUrl).replace(/.*\//, '')
  if (name === queueName(prefix, queue)) return 'queue'
  if (name === deadQueueName(prefix, queue)) return 'dead'
  throw new Error(`expected a queue of the app, received ${name}`)
}

/**
 * The rights that one method of a port needs, found by calling it on the real adapter and SDK, with a wire that only writes down.
 *
 * @param method `records.insert`, `queues.send`, …
 */
export async function rightsOf(method: string, queueBaseUrl: string | undefined): Promise<ReadonlySet<string>> {
  const rights = new Set<string>()
  const requestHandler = {
    async handle({ headers, body }: HttpRequest) {
      const action = headers['x-amz-target']?.split('.')[1] ?? ''
      const input = JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body)) as Body
      for (const right of authorised(action, input)) rights.add(right)
      const answer = new TextEncoder().encode(JSON.stringify(answerOf(action, input)))
      const type = { 'content-type': 'application/x-amz-json-1.0' }
      return { response: { statusCode: 200, headers: type, body: answer } }
    },
  }
  const config = {
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler,
  }
  const environment = { prefix, table: prefix, queueBaseUrl }
  const world = { environment, clock, random: seededRandom(1) }
  const dynamodb = new DynamoDBClient({ ...config, endpoint: 'http://127.0.0.1:1' })
  const sqs = new SQSClient({ ...config, endpoint: 'http://127.0.0.1:1', md5: false, useQueueUrlAsEndpoint: false })
  const ports = { ...createTablePorts({ dynamodb, ...world }), queues: createSqsQueues({ sqs, ...world }) }
  const [port = '', name = ''] = method.split('.')
  const calls: Readonly<Record<string, Readonly<Record<string, () => Promise<unknown>>>>> = callsOn(ports)
  const call = calls[port]?.[name]
  if (call === undefined) throw new Error(`expected a method of a port, received ${method}`)
  await call()
  return rights
}
