import { createHash } from 'node:crypto'
import { describe, expect } from 'vitest'
import {
  attribute,
  bodies,
  makeQueue,
  pass,
  receive,
  receiveOne,
  refusal,
  refused,
  rule,
  send,
  sqs,
  uniqueName,
} from './target.ts'

const MIB = 1_048_576
const md5 = (text: string) => createHash('md5').update(text).digest('hex')

describe('SendMessage', () => {
  rule('API_SendMessage', 'answers a message id and the MD5 of the body', async () => {
    const QueueUrl = await makeQueue()
    const MessageBody = 'grüße 🚀 \t\n'
    const sent = await sqs().sendMessage({ QueueUrl, MessageBody })
    expect(sent.MD5OfMessageBody).toBe(md5(MessageBody))
    expect(sent.SequenceNumber).toBeUndefined()
    const message = await receiveOne(QueueUrl)
    expect(message).toMatchObject({ MessageId: sent.MessageId, Body: MessageBody, MD5OfBody: md5(MessageBody) })
  })

  rule('API_SendMessage MessageBody', 'a body has at least one character', async () => {
    const QueueUrl = await makeQueue()
    await refused(sqs().sendMessage({ QueueUrl, MessageBody: '' }), 'MissingParameter')
  })

  rule('API_SendMessage MessageBody', 'a body of 1 MiB is taken, one byte more is not', async () => {
    const QueueUrl = await makeQueue()
    await sqs().sendMessage({ QueueUrl, MessageBody: 'x'.repeat(MIB) })
    await refused(
      sqs().sendMessage({ QueueUrl, MessageBody: 'x'.repeat(MIB + 1) }),
      'InvalidParameterValue',
      /shorter than 1048576 bytes/,
    )
  })

  rule('API_SendMessage MessageBody', 'size is counted in bytes of UTF-8', async () => {
    const QueueUrl = await makeQueue({ MaximumMessageSize: '1024' })
    await sqs().sendMessage({ QueueUrl, MessageBody: 'é'.repeat(512) })
    await refused(sqs().sendMessage({ QueueUrl, MessageBody: 'é'.repeat(513) }), 'InvalidParameterValue')
  })

  rule('API_MessageAttributeValue', 'attributes count towards the size: name, type and value', async () => {
    const QueueUrl = await makeQueue({ MaximumMessageSize: '1024' })
    const MessageAttributes = { ab: { DataType: 'String', StringValue: 'cd' } }
    const room = 1024 - 'ab'.length - 'String'.length - 'cd'.length
    await sqs().sendMessage({ QueueUrl, MessageBody: 'x'.repeat(room), MessageAttributes })
    await refused(
      sqs().sendMessage({ QueueUrl, MessageBody: 'x'.repeat(room + 1), MessageAttributes }),
      'InvalidParameterValue',
    )
  })

  rule('API_SendMessage MessageSystemAttributes', 'AWSTraceHeader does not count towards the size', async () => {
    const QueueUrl = await makeQueue({ MaximumMessageSize: '1024' })
    await sqs().sendMessage({
      QueueUrl,
      MessageBody: 'x'.repeat(1024),
      MessageSystemAttributes: {
        AWSTraceHeader: { DataType: 'String', StringValue: 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1' },
      },
    })
  })

  for (const [label, text] of [
    ['NUL', '\u0000'],
    ['U+0001', '\u0001'],
    ['U+000B', '\u000b'],
    ['U+001F', '\u001f'],
    ['U+FFFE', '\ufffe'],
    ['U+FFFF', '\uffff'],
  ] as const) {
    rule('API_SendMessage MessageBody, InvalidMessageContents', `a body with ${label} is refused`, async () => {
      const QueueUrl = await makeQueue()
      await refused(sqs().sendMessage({ QueueUrl, MessageBody: `a${text}b` }), 'InvalidMessageContents')
    })
  }

  rule('API_SendMessage MessageBody', 'every other character is taken and comes back', async () => {
    const QueueUrl = await makeQueue()
    const MessageBody = '\t\n\r \u007f\ud7ff\ue000\ufffd\u{10000}\u{10ffff}'
    await sqs().sendMessage({ QueueUrl, MessageBody })
    expect((await receiveOne(QueueUrl)).Body).toBe(MessageBody)
  })

  rule(
    'API_SendMessage DelaySeconds',
    'a delayed message appears after its delay',
    async () => {
      const QueueUrl = await makeQueue()
      await sqs().sendMessage({ QueueUrl, MessageBody: 'later', DelaySeconds: 3 })
      expect(await receive(QueueUrl)).toEqual([])
      await pass(2)
      expect(await receive(QueueUrl)).toEqual([])
      await pass(1)
      expect(bodies(await receive(QueueUrl))).toEqual(['later'])
    },
    { waits: 3 },
  )

  rule('API_SendMessage DelaySeconds', 'a delay is 0 to 900 seconds', async () => {
    const QueueUrl = await makeQueue()
    await sqs().sendMessage({ QueueUrl, MessageBody: 'x', DelaySeconds: 900 })
    for (const DelaySeconds of [-1, 901]) {
      await refused(sqs().sendMessage({ QueueUrl, MessageBody: 'x', DelaySeconds }), 'InvalidParameterValue')
    }
  })

  rule('API_SendMessage DelaySeconds', 'without one the delay of the queue holds; 0 overrides it', async () => {
    const QueueUrl = await makeQueue({ DelaySeconds: '60' })
    await sqs().sendMessage({ QueueUrl, MessageBody: 'queue' })
    await sqs().sendMessage({ QueueUrl, MessageBody: 'now', DelaySeconds: 0 })
    expect(bodies(await receive(QueueUrl, { MaxNumberOfMessages: 10 }))).toEqual(['now'])
  })

  rule(
    'Delay queues',
    'changing the delay of a standard queue is not retroactive',
    async () => {
      const QueueUrl = await makeQueue({ DelaySeconds: '60' })
      await send(QueueUrl, 'old')
      await sqs().setQueueAttributes({ QueueUrl, Attributes: { DelaySeconds: '0' } })
      await send(QueueUrl, 'new')
      expect(bodies(await receive(QueueUrl, { MaxNumberOfMessages: 10 }))).toEqual(['new'])
    },
    { ownClockOnly: true },
  )

  rule('API_SendMessage MessageDeduplicationId', 'is for FIFO queues only', async () => {
    const QueueUrl = await makeQueue()
    await refused(
      sqs().sendMessage({ QueueUrl, MessageBody: 'x', MessageDeduplicationId: 'd' }),
      'InvalidParameterValue',
    )
  })

  rule(
    'API_CreateQueue MessageRetentionPeriod',
    'a message older than the retention period is gone',
    async () => {
      const QueueUrl = await makeQueue({ MessageRetentionPeriod: '60' })
      await send(QueueUrl, 'old')
      await pass(59)
      await send(QueueUrl, 'young')
      await pass(2)
      expect(bodies(await receive(QueueUrl, { MaxNumberOfMessages: 10 }))).toEqual(['young'])
      expect(await attribute(QueueUrl, 'ApproximateNumberOfMessages')).toBe('0')
    },
    { ownClockOnly: true },
  )

  rule(
    'API_SetQueueAttributes MessageRetentionPeriod',
    'reducing it deletes messages that are older',
    async () => {
      const QueueUrl = await makeQueue()
      await send(QueueUrl, 'old')
      await pass(61)
      await sqs().setQueueAttributes({ QueueUrl, Attributes: { MessageRetentionPeriod: '60' } })
      expect(await receive(QueueUrl)).toEqual([])
    },
    { ownClockOnly: true },
  )
})

describe('SendMessageBatch', () => {
  const entry = (Id: string, more: object = {}) => ({ Id, MessageBody: `body ${Id}`, ...more })

  rule('API_SendMessageBatch', 'sends up to ten and answers each by its id', async () => {
    const QueueUrl = await makeQueue()
    const Entries = Array.from({ length: 10 }, (_, n) => entry(`e${n}`))
    const { Successful, Failed } = await sqs().sendMessageBatch({ QueueUrl, Entries })
    expect(Failed ?? []).toEqual([])
    expect(Successful?.map(({ Id }) => Id)).toEqual(Entries.map(({ Id }) => Id))
    expect(new Set(Successful?.map(({ MessageId }) => MessageId)).size).toBe(10)
    expect(Successful?.[3]?.MD5OfMessageBody).toBe(md5('body e3'))
  })

  rule('TooManyEntriesInBatchRequest', 'more than ten are refused', async () => {
    const QueueUrl = await makeQueue()
    const Entries = Array.from({ length: 11 }, (_, n) => entry(`e${n}`))
    await refused(sqs().sendMessageBatch({ QueueUrl, Entries }), 'TooManyEntriesInBatchRequest')
  })

  rule('EmptyBatchRequest', 'none are refused', async () => {
    const QueueUrl = await makeQueue()
    await refused(sqs().sendMessageBatch({ QueueUrl, Entries: [] }), 'EmptyBatchRequest')
    await refused(sqs().deleteMessageBatch({ QueueUrl, Entries: [] }), 'EmptyBatchRequest')
    await refused(sqs().changeMessageVisibilityBatch({ QueueUrl, Entries: [] }), 'EmptyBatchRequest')
  })

  rule(
    'LocalStack, validated on AWS: test_send_message_batch_with_oversized_contents_with_updated_maximum_message_size',
    'a list without entries is not in the answer',
    async () => {
      const QueueUrl = await makeQueue()
      const good = await sqs().sendMessageBatch({ QueueUrl, Entries: [entry('a')] })
      expect(Object.keys(good)).not.toContain('Failed')
      const bad = await sqs().sendMessageBatch({ QueueUrl, Entries: [entry('a', { MessageBody: '\u0000' })] })
      expect(bad.Failed).toHaveLength(1)
      expect(Object.keys(bad)).not.toContain('Successful')
    },
  )

  rule('LocalStack, validated on AWS: test_posting_to_queue_via_queue_name', 'a name will do for a URL', async () => {
    const QueueUrl = await makeQueue()
    await sqs().sendMessage({ QueueUrl: QueueUrl.slice(QueueUrl.lastIndexOf('/') + 1), MessageBody: 'x' })
    expect(bodies(await receive(QueueUrl))).toEqual(['x'])
  })

  rule('BatchEntryIdsNotDistinct', 'the same id twice is refused, and nothing is sent', async () => {
    const QueueUrl = await makeQueue()
    const Entries = [entry('same'), entry('other'), entry('same')]
    await refused(sqs().sendMessageBatch({ QueueUrl, Entries }), 'BatchEntryIdsNotDistinct')
    expect(await receive(QueueUrl)).toEqual([])
  })

  rule('InvalidBatchEntryId', 'an id has 1 to 80 alphanumerics, hyphens and underscores', async () => {
    const QueueUrl = await makeQueue()
    await sqs().sendMessageBatch({ QueueUrl, Entries: [entry('A-z_0'.padEnd(80, '9'))] })
    for (const Id of ['', 'with space', 'with.dot', 'x'.repeat(81)]) {
      await refused(sqs().sendMessageBatch({ QueueUrl, Entries: [entry(Id)] }), 'InvalidBatchEntryId')
    }
  })

  rule('API_SendMessageBatch, BatchRequestTooLong', 'all entries together have at most 1 MiB', async () => {
    const QueueUrl = await makeQueue()
    const half = 'x'.repeat(MIB / 2)
    const fits = await sqs().sendMessageBatch({
      QueueUrl,
      Entries: [entry('a', { MessageBody: half }), entry('b', { MessageBody: half })],
    })
    expect(fits.Successful).toHaveLength(2)
    await refused(
      sqs().sendMessageBatch({
        QueueUrl,
        Entries: [entry('a', { MessageBody: half }), entry('b', { MessageBody: `${half}x` })],
      }),
      'BatchRequestTooLong',
      /1048577 bytes/,
    )
  })

  rule('API_SendMessageBatch Failed', 'one bad entry fails by itself, status 200', async () => {
    const QueueUrl = await makeQueue()
    const { Successful, Failed } = await sqs().sendMessageBatch({
      QueueUrl,
      Entries: [
        entry('good'),
        entry('delay', { DelaySeconds: 901 }),
        entry('character', { MessageBody: 'a\u0000b' }),
        entry('empty', { MessageBody: '' }),
        entry('attribute', { MessageAttributes: { n: { DataType: 'Number', StringValue: 'one' } } }),
      ],
    })
    expect(Successful?.map(({ Id }) => Id)).toEqual(['good'])
    const codes = Object.fromEntries((Failed ?? []).map(({ Id, Code }) => [Id, Code]))
    expect(codes).toEqual({
      delay: 'InvalidParameterValue',
      character: 'InvalidMessageContents',
      empty: 'MissingParameter',
      attribute: 'InvalidParameterValue',
    })
    expect(Failed?.every(({ SenderFault, Message }) => SenderFault === true && Message !== '')).toBe(true)
  })

  rule('API_SendMessageBatch Failed', "an entry over the queue's own maximum fails by itself", async () => {
    const QueueUrl = await makeQueue({ MaximumMessageSize: '1024' })
    const { Successful, Failed } = await sqs().sendMessageBatch({
      QueueUrl,
      Entries: [entry('long', { MessageBody: 'x'.repeat(1025) }), entry('short')],
    })
    expect(Successful?.map(({ Id }) => Id)).toEqual(['short'])
    expect(Failed).toMatchObject([{ Id: 'long', Code: 'InvalidParameterValue', SenderFault: true }])
  })

  rule('API_SendMessageBatch DelaySeconds', 'each entry has its own delay', async () => {
    const QueueUrl = await makeQueue()
    await sqs().sendMessageBatch({ QueueUrl, Entries: [entry('later', { DelaySeconds: 60 }), entry('now')] })
    expect(bodies(await receive(QueueUrl, { MaxNumberOfMessages: 10 }))).toEqual(['body now'])
  })

  rule('API_SendMessage', 'a refusal has status 400 and a request id', async () => {
    const QueueUrl = await makeQueue()
    const error = await refusal(sqs().sendMessage({ QueueUrl, MessageBody: uniqueName(), DelaySeconds: 901 }))
    expect(error.$metadata).toMatchObject({ httpStatusCode: 400, requestId: expect.any(String) })
  })
})
