import { describe, expect, test } from 'vitest'
import {
  createSqsModel,
  type ReceiveMessageResult,
  SqsError,
  type SqsRecord,
} from '../../../../localstack/sqs/model/index.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

const counting = () => {
  let n = 0
  return () => `id-${++n}`
}
const make = (options: Parameters<typeof createSqsModel>[0] = {}) => {
  const clock = new ManualClock()
  const model = createSqsModel({ clock, ids: counting(), ...options })
  const { QueueUrl } = model.createQueue({ QueueName: 'q' })
  return { clock, model, QueueUrl }
}

describe('determinism', () => {
  test('the same ids, clock and requests give the same model, to the letter', () => {
    const run = () => {
      const { clock, model, QueueUrl } = make()
      for (const MessageBody of ['a', 'b', 'c']) model.sendMessage({ QueueUrl, MessageBody })
      const given = model.receiveMessageNow({ QueueUrl, MaxNumberOfMessages: 2 })
      clock.advance(31_000)
      return JSON.stringify([given, model.receiveMessageNow({ QueueUrl }), model.snapshot()])
    }
    expect(run()).toBe(run())
  })
})

describe('polls', () => {
  test('a poll that finds something is done before it returns', () => {
    const { model, QueueUrl } = make()
    model.sendMessage({ QueueUrl, MessageBody: 'x' })
    const done: ReceiveMessageResult[] = []
    model.poll({ QueueUrl, WaitTimeSeconds: 20 }, (result) => done.push(result))
    expect(done[0]?.Messages?.[0]?.Body).toBe('x')
  })

  test('a poll that was left is never done and takes nothing', () => {
    const { clock, model, QueueUrl } = make()
    const done: ReceiveMessageResult[] = []
    const leave = model.poll({ QueueUrl, WaitTimeSeconds: 20 }, (result) => done.push(result))
    leave()
    model.sendMessage({ QueueUrl, MessageBody: 'x' })
    clock.advance(60_000)
    expect(done).toEqual([])
    expect(model.inspect.counts('q')).toEqual({ visible: 1, delayed: 0, inFlight: 0 })
    expect(clock.pending).toBe(0)
  })

  test('an aborted signal rejects the poll with its reason, and leaves no timer', async () => {
    const { clock, model, QueueUrl } = make()
    const abort = new AbortController()
    const poll = model.receiveMessage({ QueueUrl, WaitTimeSeconds: 20 }, { signal: abort.signal })
    abort.abort(new Error('enough'))
    await expect(poll).rejects.toThrow('enough')
    expect([clock.pending, model.inspect.waiting('q')]).toEqual([0, 0])
    await expect(model.receiveMessage({ QueueUrl }, { signal: abort.signal })).rejects.toThrow('enough')
  })

  test('the first to wait is the first to be served', () => {
    const { model, QueueUrl } = make()
    const served: string[] = []
    for (const name of ['first', 'second']) {
      model.poll({ QueueUrl, WaitTimeSeconds: 20 }, () => served.push(name))
    }
    model.sendMessage({ QueueUrl, MessageBody: 'x' })
    expect(served).toEqual(['first'])
    model.sendMessage({ QueueUrl, MessageBody: 'y' })
    expect(served).toEqual(['first', 'second'])
  })

  test('what an answer sets off may use the queue again', () => {
    const { model, QueueUrl } = make()
    const bodies: (string | undefined)[] = []
    const again = (result: ReceiveMessageResult): void => {
      bodies.push(result.Messages?.[0]?.Body)
      if (bodies.length < 3) {
        model.poll({ QueueUrl, WaitTimeSeconds: 20 }, again)
        model.sendMessage({ QueueUrl, MessageBody: `${bodies.length}` })
      }
    }
    model.poll({ QueueUrl, WaitTimeSeconds: 20 }, again)
    model.sendMessage({ QueueUrl, MessageBody: '0' })
    expect(bodies).toEqual(['0', '1', '2'])
    expect(model.inspect.waiting('q')).toBe(0)
  })

  test('a dead letter wakes who waits for the dead-letter queue', () => {
    const { clock, model, QueueUrl } = make()
    const dead = model.createQueue({ QueueName: 'dead' }).QueueUrl
    const RedrivePolicy = '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":1}'
    model.setQueueAttributes({ QueueUrl, Attributes: { RedrivePolicy } })
    model.sendMessage({ QueueUrl, MessageBody: 'poison' })
    model.receiveMessageNow({ QueueUrl })
    clock.advance(31_000)
    const done: ReceiveMessageResult[] = []
    model.poll({ QueueUrl: dead, WaitTimeSeconds: 20 }, (result) => done.push(result))
    expect(model.receiveMessageNow({ QueueUrl })).toEqual({})
    expect(done[0]?.Messages?.[0]?.Body).toBe('poison')
  })

  test('a queue that is its own dead-letter queue does not hang', () => {
    const { clock, model, QueueUrl } = make()
    const RedrivePolicy = '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:q","maxReceiveCount":1}'
    model.setQueueAttributes({ QueueUrl, Attributes: { RedrivePolicy } })
    model.sendMessage({ QueueUrl, MessageBody: 'poison' })
    model.receiveMessageNow({ QueueUrl })
    clock.advance(31_000)
    expect(model.receiveMessageNow({ QueueUrl })).toEqual({})
    expect(model.inspect.counts('q').visible).toBe(1)
  })

  test('closing answers everybody with nothing and leaves no timer', async () => {
    const { clock, model, QueueUrl } = make()
    const poll = model.receiveMessage({ QueueUrl, WaitTimeSeconds: 20 })
    model.close()
    expect(await poll).toEqual({})
    expect(clock.pending).toBe(0)
  })

  test('short polls miss as often as they are told to, long polls never', () => {
    const chances = [0.1, 0.9, 0.1]
    const { model, QueueUrl } = make({ shortPollMissRate: 0.5, random: () => chances.shift() ?? 0 })
    model.sendMessage({ QueueUrl, MessageBody: 'x' })
    const receive = (WaitTimeSeconds: number) =>
      model.receiveMessageNow({ QueueUrl, WaitTimeSeconds, VisibilityTimeout: 0 }).Messages?.length ?? 0
    expect([receive(0), receive(0), receive(0), receive(5)]).toEqual([0, 1, 0, 1])
  })
})

describe('a receive whose answer got lost', () => {
  test('can be given back: visible at once, in its old place, not counted', () => {
    const { model, QueueUrl } = make()
    for (const MessageBody of ['a', 'b', 'c']) model.sendMessage({ QueueUrl, MessageBody })
    const lost = model.receiveMessageNow({ QueueUrl, MaxNumberOfMessages: 2 })
    model.unreceive(QueueUrl, lost)
    expect(model.inspect.messages('q').map(({ receiveCount }) => receiveCount)).toEqual([0, 0, 0])
    const { Messages = [] } = model.receiveMessageNow({ QueueUrl, MaxNumberOfMessages: 10 })
    expect(Messages.map((message) => message.Body)).toEqual(['a', 'b', 'c'])
  })

  test('a message that was deleted or received since is left alone', () => {
    const { clock, model, QueueUrl } = make()
    for (const MessageBody of ['a', 'b']) model.sendMessage({ QueueUrl, MessageBody })
    const lost = model.receiveMessageNow({ QueueUrl, MaxNumberOfMessages: 2 })
    model.deleteMessage({ QueueUrl, ReceiptHandle: lost.Messages?.[0]?.ReceiptHandle })
    clock.advance(31_000)
    model.receiveMessageNow({ QueueUrl })
    model.unreceive(QueueUrl, lost)
    expect(model.inspect.messages('q')).toMatchObject([{ body: 'b', state: 'inFlight', receiveCount: 2 }])
  })
})

describe('inspection', () => {
  test('shows every message, and counts as no receive', () => {
    const { clock, model, QueueUrl } = make()
    model.sendMessage({ QueueUrl, MessageBody: 'received' })
    model.receiveMessageNow({ QueueUrl })
    model.sendMessage({ QueueUrl, MessageBody: 'visible' })
    model.sendMessage({ QueueUrl, MessageBody: 'delayed', DelaySeconds: 10 })
    expect(model.inspect.messages(QueueUrl)).toMatchObject([
      { body: 'received', state: 'inFlight', receiveCount: 1, visibleAt: clock.now() + 30_000 },
      { body: 'visible', state: 'visible', receiveCount: 0, visibleAt: undefined },
      { body: 'delayed', state: 'delayed', receiveCount: 0, visibleAt: clock.now() + 10_000 },
    ])
    expect(model.inspect.nextChangeAt()).toBe(clock.now() + 10_000)
    expect(model.inspect.counts('arn:aws:sqs:us-east-1:000000000000:q')).toEqual({
      visible: 1,
      delayed: 1,
      inFlight: 1,
    })
  })

  test('an unknown queue gives an error that names those there are', () => {
    const { model } = make()
    expect(() => model.inspect.counts('none')).toThrow(
      "no queue 'none' here: expected the name, URL or ARN of one of [q]",
    )
  })
})

describe('errors', () => {
  test('carry the name, the query code, the status and the type on the wire', () => {
    const { model } = make()
    try {
      model.sendMessage({ QueueUrl: '/000000000000/none', MessageBody: 'x' })
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(SqsError)
      expect(error).toMatchObject({
        name: 'QueueDoesNotExist',
        code: 'AWS.SimpleQueueService.NonExistentQueue',
        status: 400,
        senderFault: true,
        type: 'com.amazonaws.sqs#QueueDoesNotExist',
      })
    }
  })
})

describe('snapshots', () => {
  test('go only into an empty model, and only of a known version', () => {
    const { model } = make()
    expect(() => model.restore(model.snapshot())).toThrow(/only be put into an empty model; this one has 1 queues/)
    expect(() => createSqsModel().restore({ version: 2 as 1, records: [] })).toThrow(/version 2: expected 1/)
  })

  test('records can be taken while the model changes, and still end in its state', () => {
    const clock = new ManualClock()
    const written: SqsRecord[] = []
    const model = createSqsModel({ clock, onRecord: (record) => written.push(record) })
    const urls = ['a', 'b', 'c'].map((QueueName) => model.createQueue({ QueueName }).QueueUrl)
    for (const QueueUrl of urls) for (const MessageBody of ['1', '2', '3']) model.sendMessage({ QueueUrl, MessageBody })
    written.length = 0
    let step = 0
    for (const record of model.records()) {
      written.push(record)
      step += 1
      if (step === 1) model.deleteQueue({ QueueUrl: urls[1] })
      if (step === 4) model.receiveMessageNow({ QueueUrl: urls[0], MaxNumberOfMessages: 10 })
      if (step === 5) model.sendMessage({ QueueUrl: urls[0], MessageBody: '4' })
      if (step === 6) model.purgeQueue({ QueueUrl: urls[2] })
    }
    const copy = createSqsModel({ clock })
    copy.replay(written)
    expect(copy.inspect.queues()).toEqual(['a', 'c'])
    for (const queue of ['a', 'c']) expect(copy.inspect.messages(queue)).toEqual(model.inspect.messages(queue))
  })

  test('are plain JSON', () => {
    const { model, QueueUrl } = make()
    const bytes = { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2]) }
    model.sendMessage({ QueueUrl, MessageBody: 'x', MessageAttributes: { bytes } })
    const snapshot = model.snapshot()
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot)
  })
})

describe('large queues', () => {
  test('a hundred thousand waiting messages do not slow a receive down', () => {
    const { model, QueueUrl } = make()
    const Entries = Array.from({ length: 10 }, (_, n) => ({ Id: `${n}`, MessageBody: 'x' }))
    for (let n = 0; n < 10_000; n += 1) model.sendMessageBatch({ QueueUrl, Entries })
    const begun = performance.now()
    for (let n = 0; n < 1_000; n += 1) {
      const { Messages = [] } = model.receiveMessageNow({ QueueUrl, MaxNumberOfMessages: 10 })
      model.deleteMessageBatch({
        QueueUrl,
        Entries: Messages.map(({ ReceiptHandle }, index) => ({ Id: `${index}`, ReceiptHandle })),
      })
    }
    // A scan of the queue for each of the 10,000 receives would take minutes.
    expect(performance.now() - begun).toBeLessThan(5_000)
    expect(model.inspect.counts('q')).toEqual({ visible: 90_000, delayed: 0, inFlight: 0 })
  })

  test('twenty thousand dead letters with old send times expire though a younger message came first', () => {
    const { clock, model, QueueUrl } = make()
    const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:dead'
    const dead = model.createQueue({ QueueName: 'dead', Attributes: { MessageRetentionPeriod: '3600' } }).QueueUrl
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 })
    model.setQueueAttributes({ QueueUrl, Attributes: { RedrivePolicy, VisibilityTimeout: '0' } })
    for (let n = 0; n < 20_000; n += 1) model.sendMessage({ QueueUrl, MessageBody: 'x' })
    clock.advance(1_000)
    model.sendMessage({ QueueUrl: dead, MessageBody: 'younger than all that come' })
    for (let n = 0; n < 4_001; n += 1) model.receiveMessageNow({ QueueUrl, MaxNumberOfMessages: 10 })
    expect(model.inspect.counts('dead').visible).toBe(20_001)
    clock.advance(3_599_500)
    expect(model.inspect.counts('dead').visible).toBe(1)
    expect(model.inspect.messages('dead')[0]?.body).toBe('younger than all that come')
  })
})

describe('ids', () => {
  test('are random UUIDs unless others are given', () => {
    const model = createSqsModel()
    const { QueueUrl } = model.createQueue({ QueueName: 'q' })
    const ids = Array.from({ length: 1_000 }, () => model.sendMessage({ QueueUrl, MessageBody: 'x' }).MessageId)
    expect(new Set(ids).size).toBe(1_000)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })
})
