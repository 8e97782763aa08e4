import { createHash } from 'node:crypto'
import type { MessageAttributeValue } from '@aws-sdk/client-sqs'
import { describe, expect } from 'vitest'
import { makeQueue, receiveOne, refused, rule, sqs } from './target.ts'

const text = (StringValue: string): MessageAttributeValue => ({ DataType: 'String', StringValue })

/** The digest as the Developer Guide describes it, written down again, apart from the code under test. */
function digest(attributes: Record<string, MessageAttributeValue>): string {
  const hash = createHash('md5')
  const sized = (bytes: Uint8Array) => {
    const size = Buffer.alloc(4)
    size.writeUInt32BE(bytes.length)
    hash.update(size).update(bytes)
  }
  for (const [name, value] of Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1))) {
    sized(Buffer.from(name))
    sized(Buffer.from(value.DataType ?? ''))
    hash.update(Buffer.from([value.BinaryValue === undefined ? 1 : 2]))
    sized(value.BinaryValue ?? Buffer.from(value.StringValue ?? ''))
  }
  return hash.digest('hex')
}

const sendWith = async (MessageAttributes: Record<string, MessageAttributeValue>, QueueUrl?: string) =>
  sqs().sendMessage({ QueueUrl: QueueUrl ?? (await makeQueue()), MessageBody: 'x', MessageAttributes })

describe('message attributes', () => {
  rule(
    'Message metadata, MD5 of message attributes',
    'strings, numbers and bytes come back with their MD5',
    async () => {
      const QueueUrl = await makeQueue()
      const MessageAttributes = {
        name: text('Ada'),
        count: { DataType: 'Number', StringValue: '42.5' },
        'labelled.x': { DataType: 'Number.int', StringValue: '7' },
        bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 1, 254, 255]) },
      }
      const sent = await sendWith(MessageAttributes, QueueUrl)
      expect(sent.MD5OfMessageAttributes).toBe(digest(MessageAttributes))
      const message = await receiveOne(QueueUrl, { MessageAttributeNames: ['All'] })
      expect(message.MessageAttributes?.name).toMatchObject(text('Ada'))
      expect(message.MessageAttributes?.count).toMatchObject({ DataType: 'Number', StringValue: '42.5' })
      expect(message.MessageAttributes?.['labelled.x']).toMatchObject({ DataType: 'Number.int', StringValue: '7' })
      expect([...(message.MessageAttributes?.bytes?.BinaryValue ?? [])]).toEqual([0, 1, 254, 255])
      expect(message.MD5OfMessageAttributes).toBe(digest(MessageAttributes))
    },
  )

  rule('Message quotas', 'a message has at most ten', async () => {
    const some = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`a${n}`, text('x')]))
    await sendWith(some(10))
    await refused(sendWith(some(11)), 'InvalidParameterValue')
  })

  rule('Message metadata, Name', 'a name has 1 to 256 alphanumerics, _ - and periods', async () => {
    await sendWith({ ['A-z_0.x'.padEnd(256, '9')]: text('x') })
    for (const name of [
      'with space',
      'a!',
      'a"',
      'a§',
      'a(',
      'a?',
      'x'.repeat(257),
      '.first',
      'last.',
      'two..periods',
    ]) {
      await refused(sendWith({ [name]: text('x') }), 'InvalidParameterValue')
    }
  })

  rule(
    'LocalStack, validated on AWS: test_send_message_with_invalid_string_attributes',
    'letters are of any script',
    async () => {
      await sendWith({ 'attr.1øßä': text('x') })
    },
  )

  rule('Message metadata, Name', 'a name does not start with AWS. or Amazon. in any case', async () => {
    for (const name of ['AWS.x', 'aws.x', 'Amazon.x', 'aMaZoN.x']) {
      await refused(sendWith({ [name]: text('x') }), 'InvalidParameterValue')
    }
  })

  rule('API_MessageAttributeValue DataType', 'a type is String, Number or Binary, with a label or none', async () => {
    await sendWith({ a: { DataType: 'String.mine', StringValue: 'x' } })
    for (const DataType of ['', 'Text', 'string', 'Strings', 'Float.Number']) {
      await refused(sendWith({ a: { DataType, StringValue: 'x' } }), 'InvalidParameterValue')
    }
  })

  rule('API_MessageAttributeValue', 'a value must not be empty', async () => {
    await refused(sendWith({ a: text('') }), 'InvalidParameterValue', /non-empty value/)
    await refused(sendWith({ a: { DataType: 'String' } }), 'InvalidParameterValue')
    await refused(sendWith({ a: { DataType: 'Binary', BinaryValue: new Uint8Array() } }), 'InvalidParameterValue')
  })

  rule('Message metadata, Number', 'a Number must be one', async () => {
    for (const StringValue of ['1', '-2.5', '1e10', '0']) await sendWith({ n: { DataType: 'Number', StringValue } })
    for (const StringValue of ['one', '0x10', '1e', '1e127', 'NaN']) {
      await refused(sendWith({ n: { DataType: 'Number', StringValue } }), 'InvalidParameterValue')
    }
  })

  rule('API_MessageAttributeValue', 'a string value has the same restrictions on characters as a body', async () => {
    const QueueUrl = await makeQueue()
    await refused(sendWith({ a: text('x\u0000') }, QueueUrl), 'InvalidMessageContents')
  })

  const stored = {
    General: text('Kenobi'),
    Hello: text('There'),
    'Help.Me': text('Me'),
  }
  const filters: [filter: string[] | undefined, names: string[]][] = [
    [undefined, []],
    [[], []],
    [['All'], ['General', 'Hello', 'Help.Me']],
    [['.*'], ['General', 'Hello', 'Help.Me']],
    [
      ['Hello', 'General'],
      ['General', 'Hello'],
    ],
    [['Hello', 'Missing'], ['Hello']],
    [['Hel.*'], ['Hello', 'Help.Me']],
    [['hello'], []],
  ]
  for (const [filter, names] of filters) {
    rule('API_ReceiveMessage MessageAttributeNames', `${JSON.stringify(filter)} gives [${names}]`, async () => {
      const QueueUrl = await makeQueue()
      await sendWith(stored, QueueUrl)
      const message = await receiveOne(QueueUrl, filter === undefined ? {} : { MessageAttributeNames: filter })
      const given = message.MessageAttributes ?? {}
      expect(Object.keys(given).sort()).toEqual(names)
      // The digest is of what was given, not of all there is.
      expect(message.MD5OfMessageAttributes).toBe(names.length === 0 ? undefined : digest(given))
    })
  }
})

describe('system attributes', () => {
  const trace = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1'

  rule('API_ReceiveMessage MessageSystemAttributeNames', 'All gives what a standard message has', async () => {
    const QueueUrl = await makeQueue()
    const before = Date.now()
    await sqs().sendMessage({ QueueUrl, MessageBody: 'x' })
    const { Attributes } = await receiveOne(QueueUrl, { MessageSystemAttributeNames: ['All'] })
    expect(Object.keys(Attributes ?? {}).sort()).toEqual([
      'ApproximateFirstReceiveTimestamp',
      'ApproximateReceiveCount',
      'SenderId',
      'SentTimestamp',
    ])
    expect(Attributes?.ApproximateReceiveCount).toBe('1')
    expect(Attributes?.SentTimestamp).toMatch(/^\d{13}$/)
    expect(before).toBeGreaterThan(0)
  })

  rule(
    'API_ReceiveMessage AttributeNames',
    'the older parameter works as well; without any there are none',
    async () => {
      const QueueUrl = await makeQueue({ VisibilityTimeout: '0' })
      await sqs().sendMessage({ QueueUrl, MessageBody: 'x' })
      expect((await receiveOne(QueueUrl)).Attributes).toBeUndefined()
      const one = await receiveOne(QueueUrl, { AttributeNames: ['SentTimestamp'] as never })
      expect(Object.keys(one.Attributes ?? {})).toEqual(['SentTimestamp'])
      const both = await receiveOne(QueueUrl, { MessageSystemAttributeNames: ['SenderId', 'SequenceNumber'] })
      expect(Object.keys(both.Attributes ?? {})).toEqual(['SenderId'])
    },
  )

  rule('API_SendMessage MessageSystemAttributes', 'AWSTraceHeader travels with the message', async () => {
    const QueueUrl = await makeQueue()
    const AWSTraceHeader = { DataType: 'String', StringValue: trace }
    const sent = await sqs().sendMessage({ QueueUrl, MessageBody: 'x', MessageSystemAttributes: { AWSTraceHeader } })
    expect(sent.MD5OfMessageSystemAttributes).toBe(digest({ AWSTraceHeader }))
    const { Attributes } = await receiveOne(QueueUrl, { MessageSystemAttributeNames: ['AWSTraceHeader'] })
    expect(Attributes).toEqual({ AWSTraceHeader: trace })
  })

  rule('API_SendMessage MessageSystemAttributes', 'AWSTraceHeader is the only one and must be a String', async () => {
    const QueueUrl = await makeQueue()
    const attempt = (MessageSystemAttributes: Record<string, MessageAttributeValue>) =>
      sqs().sendMessage({ QueueUrl, MessageBody: 'x', MessageSystemAttributes: MessageSystemAttributes as never })
    await refused(attempt({ SenderId: text('me') }), 'InvalidParameterValue')
    await refused(
      attempt({ AWSTraceHeader: { DataType: 'Binary', BinaryValue: Buffer.from(trace) } }),
      'InvalidParameterValue',
    )
  })
})
