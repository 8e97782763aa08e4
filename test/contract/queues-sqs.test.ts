import { describe, expect, it } from 'vitest'
import { messageBytes, pack } from '../../shared/aws/pack.ts'
import { createSqsQueues } from '../../shared/aws/queues.ts'
import { seededRandom } from '../../shared/memory/seeded-random.ts'
import { VirtualClock } from '../../shared/memory/virtual-clock.ts'
import { connectionError, scriptedSqs, type Turn } from './scripted-transport.ts'

const environment = { prefix: 'shop', table: 'shop', queueBaseUrl: 'http://127.0.0.1:1/0' }

function queuesOn(turns: readonly [Turn, ...Turn[]], maxAttempts?: number) {
  const { sqs, requests } = scriptedSqs(turns, maxAttempts)
  const clock = new VirtualClock()
  return { queues: createSqsQueues({ sqs, environment, clock, random: seededRandom(1) }), requests, clock }
}

const sentAll = (count: number): Turn => ({
  status: 200,
  body: { Successful: Array.from({ length: count }, (_, index) => ({ Id: String(index), MessageId: `m${index}` })) },
})
const failing = (Code: string, SenderFault: boolean): Turn => ({
  status: 200,
  body: {
    Successful: [{ Id: '0', MessageId: 'm0' }],
    Failed: [{ Id: '1', Code, SenderFault, Message: 'why' }],
  },
})
const refusal: Turn = {
  status: 403,
  body: { __type: 'com.amazon.coral.service#AccessDeniedException', Message: 'no' },
}
const broken: Turn = { status: 500, body: { __type: 'InternalFailure' } }
const two = [{ body: 'a' }, { body: 'b' }]

describe('the queues on SQS: what may have been sent', () => {
  const cases: readonly [what: string, turn: Turn, maybeSent: boolean][] = [
    ['a refusal', refusal, false],
    ['a server error', broken, true],
    ['a connection that was cut', { error: connectionError('ECONNRESET') }, true],
    ['a request that timed out', { error: Object.assign(new Error('slow'), { name: 'TimeoutError' }) }, true],
    ['a connection that was refused', { error: connectionError('ECONNREFUSED') }, false],
    ['a host that has no address', { error: connectionError('ENOTFOUND') }, false],
    ['a throttled request', { status: 400, body: { __type: 'RequestThrottled', message: 'slow down' } }, false],
    ['an answer that is not JSON', { status: 200, body: 'not an object' as unknown as object }, true],
  ]
  it.each(cases)('%s', async (_what, turn, maybeSent) => {
    const { queues } = queuesOn([turn])
    expect(await queues.send('emails', two)).toMatchObject([
      { status: 'failed', maybeSent },
      { status: 'failed', maybeSent },
    ])
  })

  it('keeps the doubt when a lost answer is followed by a refusal', async () => {
    const { queues, requests } = queuesOn([{ error: connectionError('ECONNRESET') }, refusal], 3)
    expect(await queues.send('emails', two)).toMatchObject([{ maybeSent: true }, { maybeSent: true }])
    expect(requests).toHaveLength(2)
  })

  it('has no doubt when no connection was made at any try', async () => {
    const { queues, requests } = queuesOn([{ error: connectionError('ECONNREFUSED') }], 3)
    expect(await queues.send('emails', two)).toMatchObject([{ maybeSent: false }, { maybeSent: false }])
    expect(requests).toHaveLength(3)
  })
})

describe('the queues on SQS: entries that failed', () => {
  it('tries again alone what failed through no fault of ours', async () => {
    const { queues, requests, clock } = queuesOn([failing('InternalError', false), sentAll(1)])
    const answers = await clock.runUntilSettled(queues.send('emails', two))
    expect(answers).toEqual([
      { status: 'sent', messageId: 'm0' },
      { status: 'sent', messageId: 'm0' },
    ])
    expect(
      requests.map(({ input }) => (input.Entries as { MessageBody: string }[]).map((each) => each.MessageBody)),
    ).toEqual([['a', 'b'], ['b']])
  })

  it('gives up after four tries and says whether it may have been sent', async () => {
    for (const [code, maybeSent] of [
      ['InternalError', true],
      ['ThrottlingException', false],
    ] as const) {
      const failed: Turn = { status: 200, body: { Failed: [{ Id: '0', Code: code, SenderFault: false }] } }
      const { queues, requests, clock } = queuesOn([failed])
      expect(await clock.runUntilSettled(queues.send('emails', [{ body: 'a' }]))).toMatchObject([
        { status: 'failed', maybeSent },
      ])
      expect(requests).toHaveLength(4)
    }
  })

  it('does not repeat what SQS will never take', async () => {
    const { queues, requests } = queuesOn([failing('InvalidMessageContents', true)])
    expect(await queues.send('emails', two)).toMatchObject([
      { status: 'sent' },
      { status: 'failed', maybeSent: false, error: { message: 'InvalidMessageContents: why' } },
    ])
    expect(requests).toHaveLength(1)
  })

  it('doubts an entry that the answer leaves out', async () => {
    const { queues } = queuesOn([sentAll(1)])
    expect(await queues.send('emails', two)).toMatchObject([{ status: 'sent' }, { status: 'failed', maybeSent: true }])
  })

  it('gives false, and throws nothing, for what could not be hidden or acknowledged', async () => {
    const { queues } = queuesOn([broken])
    expect(await queues.hide('emails', [{ receipt: 'r', delaySeconds: 1 }])).toEqual([false])
    expect(await queues.acknowledge('emails', ['r', 's'])).toEqual([false, false])
  })
})

describe('the queues on SQS: requests', () => {
  it('asks for a queue’s URL once, and again when asking failed', async () => {
    const url: Turn = { status: 200, body: { QueueUrl: 'http://127.0.0.1:1/0/shop-emails' } }
    const { sqs, requests } = scriptedSqs([broken, url, sentAll(1)])
    const queues = createSqsQueues({
      sqs,
      environment: { ...environment, queueBaseUrl: undefined },
      clock: new VirtualClock(),
      random: seededRandom(1),
    })
    expect(await queues.send('emails', [{ body: 'a' }])).toMatchObject([{ status: 'failed' }])
    await Promise.all([queues.send('emails', [{ body: 'b' }]), queues.send('emails', [{ body: 'c' }])])
    await queues.send('emails', [{ body: 'd' }])
    expect(requests.map(({ action }) => action)).toEqual([
      'GetQueueUrl',
      'GetQueueUrl',
      'SendMessageBatch',
      'SendMessageBatch',
      'SendMessageBatch',
    ])
  })

  it('sends ten messages in one request', async () => {
    const { queues, requests } = queuesOn([sentAll(10)])
    await queues.send(
      'emails',
      Array.from({ length: 30 }, () => ({ body: 'x' })),
    )
    expect(requests).toHaveLength(3)
  })

  it('packs ten entries and 1 MiB a request, whatever their sizes, in order', () => {
    const sizes = [1, 1_048_575, 1, 1_048_576, 2_000_000, ...Array.from({ length: 25 }, () => 10)]
    const requests = pack(sizes, (size) => size)
    expect(requests.flat()).toEqual(sizes)
    for (const request of requests) {
      expect(request.length).toBeLessThanOrEqual(10)
      if (request.length > 1) expect(request.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(1_048_576)
    }
    expect(requests).toHaveLength(7)
  })

  it('counts bytes as SQS does: UTF-8 of the body, and name, type and value of attributes', () => {
    expect(messageBytes({ body: 'å' })).toBe(2)
    expect(messageBytes({ body: 'a', attributes: { task: 'å' } })).toBe(1 + 4 + 6 + 2)
  })
})
