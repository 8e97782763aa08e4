import { describe, expect } from 'vitest'
import { arnOf, bodies, makeFifo, makeQueue, pass, receive, receiveOne, refused, rule, sendTo, sqs } from './target.ts'

const ten = { MaxNumberOfMessages: 10 }
const all = { MessageSystemAttributeNames: ['All' as const] }
const sendAs = (QueueUrl: string, MessageGroupId: string, MessageDeduplicationId: string, MessageBody = 'x') =>
  sqs().sendMessage({ QueueUrl, MessageBody, MessageGroupId, MessageDeduplicationId })
const remove = (QueueUrl: string, ReceiptHandle: string | undefined) => sqs().deleteMessage({ QueueUrl, ReceiptHandle })

describe('FIFO: order', () => {
  rule('FIFO queue and message group ID behavior', 'a group is strictly in order', async () => {
    const QueueUrl = await makeFifo()
    await sendTo(QueueUrl, 'g', 'a', 'b', 'c', 'd')
    expect(bodies(await receive(QueueUrl, ten))).toEqual(['a', 'b', 'c', 'd'])
  })

  rule('API_ReceiveMessage', 'while a message of a group is in flight no other of it is given', async () => {
    const QueueUrl = await makeFifo()
    await sendTo(QueueUrl, 'g', 'a', 'b')
    const { ReceiptHandle } = await receiveOne(QueueUrl)
    expect(await receive(QueueUrl, ten)).toEqual([])
    await remove(QueueUrl, ReceiptHandle)
    expect(bodies(await receive(QueueUrl, ten))).toEqual(['b'])
  })

  rule('API_ReceiveMessage', 'another group is given meanwhile', async () => {
    const QueueUrl = await makeFifo()
    await sendTo(QueueUrl, 'one', '1a', '1b')
    await sendTo(QueueUrl, 'two', '2a')
    expect(bodies(await receive(QueueUrl))).toEqual(['1a'])
    expect(bodies(await receive(QueueUrl, ten))).toEqual(['2a'])
  })

  rule(
    'FIFO delivery logic',
    'one receive takes as much of a group as it can before the next',
    async () => {
      const QueueUrl = await makeFifo()
      await sendTo(QueueUrl, 'one', '1a')
      await sendTo(QueueUrl, 'two', '2a')
      await sendTo(QueueUrl, 'one', '1b')
      expect(bodies(await receive(QueueUrl, ten))).toEqual(['1a', '1b', '2a'])
    },
    { ownClockOnly: true },
  )

  rule(
    'LocalStack, validated on AWS: test_fifo_receive_message_visibility_timeout_shared_in_group',
    'a group that something was received of goes behind the others',
    async () => {
      const QueueUrl = await makeFifo({ VisibilityTimeout: '2' })
      await sendTo(QueueUrl, '1', '1a', '1b', '1c', '1d')
      await sendTo(QueueUrl, '2', '2a')
      await sendTo(QueueUrl, '3', '3a')
      expect(bodies(await receive(QueueUrl, { MaxNumberOfMessages: 2 }))).toEqual(['1a', '1b'])
      expect(bodies(await receive(QueueUrl))).toEqual(['2a'])
      await pass(3)
      expect(bodies(await receive(QueueUrl, ten))).toEqual(['3a', '1a', '1b', '1c', '1d', '2a'])
    },
    { ownClockOnly: true },
  )

  rule(
    'LocalStack, validated on AWS: test_fifo_receive_message_with_zero_visibility_timeout',
    'also when it was hidden for no time',
    async () => {
      const QueueUrl = await makeFifo()
      await sendTo(QueueUrl, '1', '1a', '1b')
      await sendTo(QueueUrl, '2', '2a', '2b')
      await sendTo(QueueUrl, '3', '3a')
      const shown = { VisibilityTimeout: 0 }
      expect(bodies(await receive(QueueUrl, { ...shown, MaxNumberOfMessages: 3 }))).toEqual(['1a', '1b', '2a'])
      expect(bodies(await receive(QueueUrl, { ...shown, ...ten }))).toEqual(['3a', '1a', '1b', '2a', '2b'])
    },
    { ownClockOnly: true },
  )

  rule(
    'LocalStack, validated on AWS: test_fifo_message_group_visibility_after_terminate_visibility_timeout',
    'and when its first message is shown again while its second is hidden',
    async () => {
      const QueueUrl = await makeFifo()
      await sendTo(QueueUrl, '1', '1a', '1b', '1c')
      await sendTo(QueueUrl, '2', '2a')
      const [first] = await receive(QueueUrl, { MaxNumberOfMessages: 2 })
      await sqs().changeMessageVisibility({ QueueUrl, ReceiptHandle: first?.ReceiptHandle, VisibilityTimeout: 0 })
      expect(bodies(await receive(QueueUrl, { MaxNumberOfMessages: 3 }))).toEqual(['2a', '1a'])
    },
    { ownClockOnly: true },
  )

  rule(
    'FIFO delivery logic',
    'after the visibility timeout the order is the old one',
    async () => {
      const QueueUrl = await makeFifo({ VisibilityTimeout: '1' })
      await sendTo(QueueUrl, 'g', 'a', 'b', 'c')
      await receive(QueueUrl, { MaxNumberOfMessages: 2 })
      await pass(2)
      expect(bodies(await receive(QueueUrl, ten))).toEqual(['a', 'b', 'c'])
    },
    { waits: 2 },
  )

  rule(
    'API_ChangeMessageVisibility, FIFO',
    'a message that stays hidden holds back what is behind it',
    async () => {
      const QueueUrl = await makeFifo({ VisibilityTimeout: '2' })
      await sendTo(QueueUrl, 'g', 'a', 'b', 'c')
      const [, middle] = await receive(QueueUrl, ten)
      await sqs().changeMessageVisibility({ QueueUrl, ReceiptHandle: middle?.ReceiptHandle, VisibilityTimeout: 20 })
      await pass(3)
      expect(bodies(await receive(QueueUrl, ten))).toEqual(['a'])
    },
    { waits: 3 },
  )

  rule('API_SendMessage SequenceNumber', 'is there for every message and rises within a group', async () => {
    const QueueUrl = await makeFifo()
    const first = await sendAs(QueueUrl, 'g', '1')
    const second = await sendAs(QueueUrl, 'g', '2')
    expect(first.SequenceNumber).toMatch(/^\d{20}$/)
    expect(BigInt(second.SequenceNumber ?? 0)).toBeGreaterThan(BigInt(first.SequenceNumber ?? 0))
    const [message] = await receive(QueueUrl, all)
    expect(message?.Attributes).toMatchObject({
      SequenceNumber: first.SequenceNumber,
      MessageGroupId: 'g',
      MessageDeduplicationId: '1',
    })
  })

  rule(
    'API_CreateQueue DelaySeconds',
    'a delay is for the whole FIFO queue; a message has none of its own',
    async () => {
      const QueueUrl = await makeFifo({ DelaySeconds: '2' })
      const message = { QueueUrl, MessageBody: 'x', MessageGroupId: 'g', MessageDeduplicationId: 'd' }
      await refused(sqs().sendMessage({ ...message, DelaySeconds: 5 }), 'InvalidParameterValue')
      await sqs().sendMessage({ ...message, DelaySeconds: 0 })
      expect(await receive(QueueUrl)).toEqual([])
      await pass(2)
      expect(bodies(await receive(QueueUrl))).toEqual(['x'])
    },
    { waits: 2 },
  )

  rule(
    'Delay queues',
    'changing the delay of a FIFO queue is retroactive',
    async () => {
      const QueueUrl = await makeFifo({ DelaySeconds: '600' })
      await sendTo(QueueUrl, 'g', 'x')
      await sqs().setQueueAttributes({ QueueUrl, Attributes: { DelaySeconds: '0' } })
      expect(bodies(await receive(QueueUrl))).toEqual(['x'])
    },
    { ownClockOnly: true },
  )
})

describe('FIFO: what a send needs', () => {
  rule('API_SendMessage MessageGroupId', 'without a group a send fails', async () => {
    const QueueUrl = await makeFifo()
    await refused(
      sqs().sendMessage({ QueueUrl, MessageBody: 'x', MessageDeduplicationId: 'd' }),
      'MissingParameter',
      /MessageGroupId/,
    )
  })

  rule('API_SendMessage MessageDeduplicationId', 'without an id or content-based deduplication it fails', async () => {
    const QueueUrl = await makeFifo()
    await refused(sqs().sendMessage({ QueueUrl, MessageBody: 'x', MessageGroupId: 'g' }), 'InvalidParameterValue')
  })

  for (const bad of ['', 'with space', 'ünï', 'x'.repeat(129)]) {
    rule('API_SendMessage MessageGroupId, MessageDeduplicationId', `'${bad.slice(0, 12)}' is refused`, async () => {
      const QueueUrl = await makeFifo()
      await refused(sendAs(QueueUrl, bad, 'd'), 'InvalidParameterValue')
      await refused(sendAs(QueueUrl, 'g', bad), 'InvalidParameterValue')
    })
  }

  rule('API_SendMessage MessageGroupId', 'alphanumerics and punctuation up to 128 are taken', async () => {
    const QueueUrl = await makeFifo()
    const odd = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~aZ9'.padEnd(128, 'x')
    await sendAs(QueueUrl, odd, odd)
    expect((await receiveOne(QueueUrl, all)).Attributes?.MessageGroupId).toBe(odd)
  })
})

describe('FIFO: deduplication', () => {
  rule('Exactly-once processing', 'the same id within five minutes is accepted and not delivered again', async () => {
    const QueueUrl = await makeFifo()
    const first = await sendAs(QueueUrl, 'g', 'same', 'first')
    const second = await sendAs(QueueUrl, 'g', 'same', 'second')
    expect(second.MessageId).toBe(first.MessageId)
    expect(second.SequenceNumber).toBe(first.SequenceNumber)
    expect(bodies(await receive(QueueUrl, ten))).toEqual(['first'])
  })

  rule('API_SendMessage MessageDeduplicationId', 'it is remembered after the message was deleted', async () => {
    const QueueUrl = await makeFifo()
    await sendAs(QueueUrl, 'g', 'same')
    await remove(QueueUrl, (await receiveOne(QueueUrl)).ReceiptHandle)
    await sendAs(QueueUrl, 'g', 'same')
    expect(await receive(QueueUrl)).toEqual([])
  })

  rule(
    'Exactly-once processing',
    'after five minutes it is a new message',
    async () => {
      const QueueUrl = await makeFifo()
      await sendAs(QueueUrl, 'g', 'same', 'first')
      await pass(299)
      await sendAs(QueueUrl, 'g', 'same', 'too early')
      await pass(2)
      await sendAs(QueueUrl, 'g', 'same', 'new')
      expect(bodies(await receive(QueueUrl, ten))).toEqual(['first', 'new'])
    },
    { ownClockOnly: true },
  )

  rule(
    'API_CreateQueue ContentBasedDeduplication',
    'the same body is a duplicate, whatever its attributes',
    async () => {
      const QueueUrl = await makeFifo({ ContentBasedDeduplication: 'true' })
      const message = { QueueUrl, MessageBody: 'same', MessageGroupId: 'g' }
      await sqs().sendMessage(message)
      await sqs().sendMessage({ ...message, MessageAttributes: { a: { DataType: 'String', StringValue: 'b' } } })
      await sqs().sendMessage({ ...message, MessageBody: 'other' })
      expect(bodies(await receive(QueueUrl, ten))).toEqual(['same', 'other'])
    },
  )

  rule(
    'API_CreateQueue ContentBasedDeduplication',
    'the id is the SHA-256 of the body; a given id overrides it',
    async () => {
      const QueueUrl = await makeFifo({ ContentBasedDeduplication: 'true' })
      await sqs().sendMessage({ QueueUrl, MessageBody: 'abc', MessageGroupId: 'g' })
      await sqs().sendMessage({ QueueUrl, MessageBody: 'abc', MessageGroupId: 'g', MessageDeduplicationId: 'own' })
      const ids = (await receive(QueueUrl, { ...ten, ...all })).map((m) => m.Attributes?.MessageDeduplicationId)
      expect(ids).toEqual(['ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 'own'])
    },
  )

  rule('API_CreateQueue DeduplicationScope', 'the scope queue spans groups', async () => {
    const QueueUrl = await makeFifo()
    await sendAs(QueueUrl, 'one', 'same', 'first')
    await sendAs(QueueUrl, 'two', 'same', 'second')
    expect(bodies(await receive(QueueUrl, ten))).toEqual(['first'])
  })

  rule('API_CreateQueue DeduplicationScope', 'the scope messageGroup does not', async () => {
    const QueueUrl = await makeFifo({
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
    })
    await sendAs(QueueUrl, 'one', 'same', 'first')
    await sendAs(QueueUrl, 'one', 'same', 'again')
    await sendAs(QueueUrl, 'two', 'same', 'second')
    expect(bodies(await receive(QueueUrl, ten)).sort()).toEqual(['first', 'second'])
  })

  rule('API_SendMessageBatch, FIFO', 'a batch keeps its order and drops duplicates', async () => {
    const QueueUrl = await makeFifo()
    const entry = (Id: string, dedup: string) => ({
      Id,
      MessageBody: Id,
      MessageGroupId: 'g',
      MessageDeduplicationId: dedup,
    })
    const { Successful } = await sqs().sendMessageBatch({
      QueueUrl,
      Entries: [entry('a', '1'), entry('b', '2'), entry('again', '1'), entry('c', '3')],
    })
    expect(Successful).toHaveLength(4)
    expect(bodies(await receive(QueueUrl, ten))).toEqual(['a', 'b', 'c'])
  })

  rule('API_SendMessageBatch, FIFO', 'an entry without a group refuses the batch', async () => {
    const QueueUrl = await makeFifo()
    const Entries = [
      { Id: 'a', MessageBody: 'a', MessageGroupId: 'g', MessageDeduplicationId: '1' },
      { Id: 'b', MessageBody: 'b', MessageDeduplicationId: '2' },
    ]
    await refused(sqs().sendMessageBatch({ QueueUrl, Entries }), 'InvalidParameterValue')
    expect(await receive(QueueUrl)).toEqual([])
  })
})

describe('FIFO: ReceiveRequestAttemptId', () => {
  const attempt = (QueueUrl: string, ReceiveRequestAttemptId = 'again', VisibilityTimeout = 30) =>
    receive(QueueUrl, { ...ten, ...all, ReceiveRequestAttemptId, VisibilityTimeout })

  rule('API_ReceiveMessage ReceiveRequestAttemptId', 'the same id gets the same messages and handles', async () => {
    const QueueUrl = await makeFifo()
    await sendTo(QueueUrl, 'g', 'a', 'b')
    const first = await attempt(QueueUrl)
    await sendTo(QueueUrl, 'other', 'c')
    const second = await attempt(QueueUrl)
    expect(second.map((m) => m.ReceiptHandle)).toEqual(first.map((m) => m.ReceiptHandle))
    expect(bodies(second)).toEqual(['a', 'b'])
  })

  rule(
    'API_ReceiveMessage ReceiveRequestAttemptId',
    'a retry resets the visibility timeout',
    async () => {
      const QueueUrl = await makeFifo()
      await sendTo(QueueUrl, 'g', 'a')
      await attempt(QueueUrl, 'again', 10)
      await pass(8)
      await attempt(QueueUrl, 'again', 10)
      await pass(8)
      expect(await receive(QueueUrl)).toEqual([])
      await pass(3)
      expect(bodies(await receive(QueueUrl))).toEqual(['a'])
    },
    { ownClockOnly: true },
  )

  rule(
    'API_ReceiveMessage ReceiveRequestAttemptId',
    'not after one was deleted or had its visibility changed',
    async () => {
      const QueueUrl = await makeFifo()
      await sendTo(QueueUrl, 'g', 'a', 'b')
      const [first] = await attempt(QueueUrl)
      await remove(QueueUrl, first?.ReceiptHandle)
      await refused(attempt(QueueUrl), 'InvalidParameterValue', /not retryable/)
    },
    { ownClockOnly: true },
  )

  rule('API_ReceiveMessage ReceiveRequestAttemptId', 'up to 128 alphanumerics and punctuation', async () => {
    const QueueUrl = await makeFifo()
    await attempt(QueueUrl, 'x'.repeat(128))
    await refused(attempt(QueueUrl, 'x'.repeat(129)), 'InvalidParameterValue')
    await refused(attempt(QueueUrl, 'with space'), 'InvalidParameterValue')
  })
})

describe('fair queues', () => {
  rule('Fair queues', 'a standard queue takes a group, and gives it back', async () => {
    const QueueUrl = await makeQueue()
    await sendTo(QueueUrl, 'tenant', 'x')
    const { Attributes } = await receiveOne(QueueUrl, all)
    expect(Attributes?.MessageGroupId).toBe('tenant')
    expect(Attributes).not.toHaveProperty('SequenceNumber')
  })

  rule(
    'Fair queues',
    'a group on a standard queue does not serialise: its messages are in flight together',
    async () => {
      const QueueUrl = await makeQueue()
      await sendTo(QueueUrl, 'tenant', 'a', 'b')
      expect(await receive(QueueUrl)).toHaveLength(1)
      expect(await receive(QueueUrl)).toHaveLength(1)
    },
  )

  rule('API_SendMessage MessageGroupId', 'the rules for a group are those of FIFO queues', async () => {
    const QueueUrl = await makeQueue()
    for (const MessageGroupId of ['', 'with space', 'x'.repeat(129)]) {
      await refused(sqs().sendMessage({ QueueUrl, MessageBody: 'x', MessageGroupId }), 'InvalidParameterValue')
    }
  })

  rule(
    'Fair queues',
    'a quiet tenant comes before the backlog of a noisy one',
    async () => {
      const QueueUrl = await makeQueue()
      await sendTo(QueueUrl, 'noisy', ...Array.from({ length: 30 }, (_, n) => `noisy ${n}`))
      await receive(QueueUrl, ten)
      await sendTo(QueueUrl, 'quiet', 'quiet 0', 'quiet 1')
      expect(bodies(await receive(QueueUrl, ten)).slice(0, 2)).toEqual(['quiet 0', 'quiet 1'])
    },
    { ownClockOnly: true },
  )

  rule(
    'Fair queues',
    'a noisy tenant alone is not slowed down',
    async () => {
      const QueueUrl = await makeQueue()
      await sendTo(QueueUrl, 'quiet', 'quiet')
      await sendTo(QueueUrl, 'noisy', ...Array.from({ length: 25 }, (_, n) => `${n}`))
      let received = 0
      for (let n = 0; n < 3; n += 1) received += (await receive(QueueUrl, ten)).length
      expect(received).toBe(26)
      expect(await arnOf(QueueUrl)).toBeTruthy()
    },
    { ownClockOnly: true },
  )
})
