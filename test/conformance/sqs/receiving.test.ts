import { describe, expect } from 'vitest'
import {
  attribute,
  bodies,
  fillInFlight,
  makeFifo,
  makeQueue,
  pass,
  polling,
  receive,
  receiveOne,
  refusal,
  refused,
  rule,
  send,
  sqs,
  waitingAt,
} from './target.ts'

const ten = { MaxNumberOfMessages: 10 }

describe('ReceiveMessage', () => {
  rule('API_ReceiveMessage Messages', 'an empty queue gives no message list', async () => {
    const QueueUrl = await makeQueue()
    expect((await sqs().receiveMessage({ QueueUrl })).Messages).toBeUndefined()
  })

  rule(
    'API_ReceiveMessage MaxNumberOfMessages',
    'gives 1 message unless more are asked for, at most 10',
    async () => {
      const QueueUrl = await makeQueue()
      for (let n = 0; n < 12; n += 1) await send(QueueUrl, `m${n}`)
      expect(await receive(QueueUrl)).toHaveLength(1)
      expect(await receive(QueueUrl, ten)).toHaveLength(10)
      expect(await receive(QueueUrl, ten)).toHaveLength(1)
    },
    { ownClockOnly: true },
  )

  for (const MaxNumberOfMessages of [0, 11, -1]) {
    rule('API_ReceiveMessage MaxNumberOfMessages', `${MaxNumberOfMessages} is refused`, async () => {
      const QueueUrl = await makeQueue()
      await refused(
        sqs().receiveMessage({ QueueUrl, MaxNumberOfMessages }),
        'InvalidParameterValue',
        /between 1 and 10/,
      )
    })
  }

  for (const WaitTimeSeconds of [-1, 21]) {
    rule('API_ReceiveMessage WaitTimeSeconds', `${WaitTimeSeconds} is refused`, async () => {
      const QueueUrl = await makeQueue()
      await refused(sqs().receiveMessage({ QueueUrl, WaitTimeSeconds }), 'InvalidParameterValue', />= 0 and <= 20/)
    })
  }

  for (const VisibilityTimeout of [-1, 43_201]) {
    rule('API_ReceiveMessage VisibilityTimeout', `${VisibilityTimeout} is refused`, async () => {
      const QueueUrl = await makeQueue()
      await refused(sqs().receiveMessage({ QueueUrl, VisibilityTimeout }), 'InvalidParameterValue')
    })
  }

  rule('API_ReceiveMessage', 'an unknown system attribute name is refused', async () => {
    const QueueUrl = await makeQueue()
    await refused(
      sqs().receiveMessage({ QueueUrl, MessageSystemAttributeNames: ['NoSuchThing' as 'All'] }),
      'InvalidAttributeName',
    )
  })

  rule('API_ReceiveMessage ReceiveRequestAttemptId', 'is for FIFO queues only', async () => {
    const QueueUrl = await makeQueue()
    await refused(sqs().receiveMessage({ QueueUrl, ReceiveRequestAttemptId: 'a' }), 'InvalidParameterValue')
  })

  rule(
    'Standard queues, message ordering',
    'messages come in the order they were sent, as far as possible',
    async () => {
      const QueueUrl = await makeQueue()
      await send(QueueUrl, 'a', 'b', 'c', 'd')
      expect(bodies(await receive(QueueUrl, ten))).toEqual(['a', 'b', 'c', 'd'])
    },
    { ownClockOnly: true },
  )

  rule(
    'CloudWatch metrics for SQS',
    'a message received three times goes behind the others',
    async () => {
      const QueueUrl = await makeQueue({ VisibilityTimeout: '10' })
      await send(QueueUrl, 'poison')
      for (let n = 0; n < 3; n += 1) {
        expect(bodies(await receive(QueueUrl))).toEqual(['poison'])
        if (n === 2) await send(QueueUrl, 'fresh')
        await pass(11)
      }
      expect(bodies(await receive(QueueUrl, ten))).toEqual(['fresh', 'poison'])
    },
    { ownClockOnly: true },
  )

  rule(
    'API_ReceiveMessage ApproximateReceiveCount',
    'counts every receive; the first keeps its time',
    async () => {
      const QueueUrl = await makeQueue({ VisibilityTimeout: '2' })
      await send(QueueUrl, 'x')
      const all = { MessageSystemAttributeNames: ['All' as const] }
      const first = await receiveOne(QueueUrl, all)
      await pass(3)
      const second = await receiveOne(QueueUrl, all)
      expect(second.Attributes?.ApproximateReceiveCount).toBe('2')
      expect(second.Attributes?.ApproximateFirstReceiveTimestamp).toBe(
        first.Attributes?.ApproximateFirstReceiveTimestamp,
      )
      expect(second.MessageId).toBe(first.MessageId)
      expect(second.ReceiptHandle).not.toBe(first.ReceiptHandle)
    },
    { waits: 3 },
  )

  rule(
    'Message quotas, OverLimit',
    'at 120,000 in flight a short poll is refused, a long poll finds nothing',
    async () => {
      const QueueUrl = await makeQueue()
      fillInFlight(QueueUrl, 120_000)
      await send(QueueUrl, 'one more')
      await refused(sqs().receiveMessage({ QueueUrl }), 'OverLimit')
      expect((await refusal(sqs().receiveMessage({ QueueUrl }))).$metadata.httpStatusCode).toBe(403)
      const poll = receive(QueueUrl, { WaitTimeSeconds: 1 })
      await polling(QueueUrl)
      await pass(1)
      expect(await poll).toEqual([])
      expect(await attribute(QueueUrl, 'ApproximateNumberOfMessages')).toBe('1')
    },
    { ownClockOnly: true },
  )
})

describe('long polls', () => {
  rule(
    'API_ReceiveMessage WaitTimeSeconds',
    'a long poll waits for its time and then gives nothing',
    async () => {
      const QueueUrl = await makeQueue()
      let answered = false
      const poll = receive(QueueUrl, { WaitTimeSeconds: 2 }).finally(() => {
        answered = true
      })
      await polling(QueueUrl)
      expect(answered).toBe(false)
      await pass(2)
      expect(await poll).toEqual([])
    },
    { waits: 2 },
  )

  rule('API_ReceiveMessage WaitTimeSeconds', 'a long poll ends as soon as a message arrives', async () => {
    const QueueUrl = await makeQueue()
    const poll = receive(QueueUrl, { WaitTimeSeconds: 20 })
    await polling(QueueUrl)
    await send(QueueUrl, 'here')
    expect(bodies(await poll)).toEqual(['here'])
  })

  rule(
    'API_CreateQueue ReceiveMessageWaitTimeSeconds',
    "the queue's wait time is the default; 0 overrides it",
    async () => {
      const QueueUrl = await makeQueue({ ReceiveMessageWaitTimeSeconds: '20' })
      expect((await sqs().receiveMessage({ QueueUrl, WaitTimeSeconds: 0 })).Messages).toBeUndefined()
      const poll = receive(QueueUrl)
      await polling(QueueUrl)
      await send(QueueUrl, 'here')
      expect(bodies(await poll)).toEqual(['here'])
    },
  )

  rule(
    'Short and long polling',
    'a delay that ends wakes a long poll',
    async () => {
      const QueueUrl = await makeQueue()
      await sqs().sendMessage({ QueueUrl, MessageBody: 'later', DelaySeconds: 2 })
      const poll = receive(QueueUrl, { WaitTimeSeconds: 10 })
      await polling(QueueUrl)
      await pass(2)
      expect(bodies(await poll)).toEqual(['later'])
    },
    { waits: 2 },
  )

  rule(
    'Short and long polling',
    'a visibility timeout that ends wakes a long poll',
    async () => {
      const QueueUrl = await makeQueue({ VisibilityTimeout: '2' })
      await send(QueueUrl, 'again')
      await receiveOne(QueueUrl)
      const poll = receive(QueueUrl, { WaitTimeSeconds: 10 })
      await polling(QueueUrl)
      await pass(2)
      expect(bodies(await poll)).toEqual(['again'])
    },
    { waits: 2 },
  )

  rule('API_ChangeMessageVisibility', 'a message set visible wakes a long poll', async () => {
    const QueueUrl = await makeQueue()
    await send(QueueUrl, 'again')
    const { ReceiptHandle } = await receiveOne(QueueUrl)
    const poll = receive(QueueUrl, { WaitTimeSeconds: 10 })
    await polling(QueueUrl)
    await sqs().changeMessageVisibility({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 })
    expect(bodies(await poll)).toEqual(['again'])
  })

  rule('FIFO delivery logic', 'a deleted head wakes a long poll for the rest of its group', async () => {
    const QueueUrl = await makeFifo({ ContentBasedDeduplication: 'true' })
    for (const MessageBody of ['a', 'b']) await sqs().sendMessage({ QueueUrl, MessageBody, MessageGroupId: 'g' })
    const { ReceiptHandle } = await receiveOne(QueueUrl)
    const poll = receive(QueueUrl, { WaitTimeSeconds: 10 })
    await polling(QueueUrl)
    await sqs().deleteMessage({ QueueUrl, ReceiptHandle })
    expect(bodies(await poll)).toEqual(['b'])
  })

  rule('API_ReceiveMessage', 'an aborted long poll swallows no message', async () => {
    const QueueUrl = await makeQueue()
    const abort = new AbortController()
    const poll = sqs().receiveMessage({ QueueUrl, WaitTimeSeconds: 20 }, { abortSignal: abort.signal })
    await polling(QueueUrl)
    abort.abort()
    await expect(poll).rejects.toThrow()
    // Until the server has seen that the connection is gone.
    for (let n = 0; n < 200 && waitingAt(QueueUrl) > 0; n += 1) await new Promise((resolve) => setTimeout(resolve, 5))
    await send(QueueUrl, 'mine')
    expect(bodies(await receive(QueueUrl))).toEqual(['mine'])
  })

  rule('Short and long polling', 'each of many long polls gets a message', async () => {
    const QueueUrl = await makeQueue()
    const polls = Array.from({ length: 5 }, () => receive(QueueUrl, { WaitTimeSeconds: 20 }))
    await polling(QueueUrl, 5)
    await send(QueueUrl, 'a', 'b', 'c', 'd', 'e')
    expect((await Promise.all(polls)).flatMap(bodies).sort()).toEqual(['a', 'b', 'c', 'd', 'e'])
  })
})
