import { describe, expect } from 'vitest'
import { arnOf, attribute, makeFifo, makeQueue, pass, receive, refused, rule, send, sqs, uniqueName } from './target.ts'

const set = (QueueUrl: string, Attributes: Record<string, string>) => sqs().setQueueAttributes({ QueueUrl, Attributes })

describe('queue attributes', () => {
  rule('API_CreateQueue Attributes', 'a standard queue has the documented defaults', async () => {
    const QueueUrl = await makeQueue()
    const { Attributes } = await sqs().getQueueAttributes({ QueueUrl, AttributeNames: ['All'] })
    expect(Attributes).toMatchObject({
      DelaySeconds: '0',
      MaximumMessageSize: '1048576',
      MessageRetentionPeriod: '345600',
      ReceiveMessageWaitTimeSeconds: '0',
      VisibilityTimeout: '30',
      SqsManagedSseEnabled: 'true',
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesDelayed: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
    })
    expect(Attributes).not.toHaveProperty('FifoQueue')
    expect(Attributes).not.toHaveProperty('RedrivePolicy')
  })

  rule('API_CreateQueue Attributes', 'a FIFO queue has the documented defaults', async () => {
    const QueueUrl = await makeFifo()
    const { Attributes } = await sqs().getQueueAttributes({ QueueUrl, AttributeNames: ['All'] })
    expect(Attributes).toMatchObject({
      FifoQueue: 'true',
      ContentBasedDeduplication: 'false',
      DeduplicationScope: 'queue',
      FifoThroughputLimit: 'perQueue',
    })
  })

  const limits: [string, number, number][] = [
    ['DelaySeconds', 0, 900],
    ['MaximumMessageSize', 1_024, 1_048_576],
    ['MessageRetentionPeriod', 60, 1_209_600],
    ['ReceiveMessageWaitTimeSeconds', 0, 20],
    ['VisibilityTimeout', 0, 43_200],
  ]
  for (const [name, low, high] of limits) {
    rule(`API_SetQueueAttributes ${name}`, `${name} is an integer from ${low} to ${high}`, async () => {
      const QueueUrl = await makeQueue()
      for (const value of [low, high]) {
        await set(QueueUrl, { [name]: String(value) })
        expect(await attribute(QueueUrl, name)).toBe(String(value))
      }
      for (const value of [low - 1, high + 1, 'many', '1.5']) {
        await refused(set(QueueUrl, { [name]: String(value) }), 'InvalidAttributeValue', new RegExp(name))
        await refused(
          sqs().createQueue({ QueueName: uniqueName(), Attributes: { [name]: String(value) } }),
          'InvalidAttributeValue',
        )
      }
      expect(await attribute(QueueUrl, name)).toBe(String(high))
    })
  }

  rule('API_SetQueueAttributes KmsDataKeyReusePeriodSeconds', 'is an integer from 60 to 86,400', async () => {
    const QueueUrl = await makeQueue({ KmsMasterKeyId: 'alias/aws/sqs', KmsDataKeyReusePeriodSeconds: '60' })
    expect(await attribute(QueueUrl, 'KmsDataKeyReusePeriodSeconds')).toBe('60')
    expect(await attribute(QueueUrl, 'SqsManagedSseEnabled')).toBe('false')
    await refused(set(QueueUrl, { KmsDataKeyReusePeriodSeconds: '59' }), 'InvalidAttributeValue')
    await refused(set(QueueUrl, { KmsDataKeyReusePeriodSeconds: '86401' }), 'InvalidAttributeValue')
  })

  rule('API_SetQueueAttributes SqsManagedSseEnabled', 'only one kind of encryption at a time', async () => {
    const QueueUrl = await makeQueue({ KmsMasterKeyId: 'alias/aws/sqs' })
    await refused(set(QueueUrl, { SqsManagedSseEnabled: 'true' }), 'InvalidAttributeName')
  })

  rule('API_SetQueueAttributes', 'a change with one bad part changes nothing', async () => {
    const QueueUrl = await makeQueue()
    await refused(set(QueueUrl, { DelaySeconds: '5', VisibilityTimeout: '-1' }), 'InvalidAttributeValue')
    expect(await attribute(QueueUrl, 'DelaySeconds')).toBe('0')
  })

  rule('API_SetQueueAttributes, InvalidAttributeName', 'an unknown attribute is refused', async () => {
    const QueueUrl = await makeQueue()
    await refused(set(QueueUrl, { NoSuchThing: '1' }), 'InvalidAttributeName')
    await refused(
      sqs().getQueueAttributes({ QueueUrl, AttributeNames: ['NoSuchThing' as 'All'] }),
      'InvalidAttributeName',
    )
  })

  rule('API_GetQueueAttributes AttributeNames', 'gives what was asked for and nothing else', async () => {
    const QueueUrl = await makeQueue()
    const some = await sqs().getQueueAttributes({ QueueUrl, AttributeNames: ['VisibilityTimeout', 'DelaySeconds'] })
    expect(some.Attributes).toEqual({ VisibilityTimeout: '30', DelaySeconds: '0' })
    expect((await sqs().getQueueAttributes({ QueueUrl })).Attributes ?? {}).toEqual({})
  })

  rule('API_GetQueueAttributes QueueArn', 'the ARN has region, account and name', async () => {
    const QueueUrl = await makeQueue()
    const [account, name] = QueueUrl.split('/').slice(-2)
    expect(await arnOf(QueueUrl)).toMatch(new RegExp(`^arn:aws:sqs:[a-z0-9-]+:${account}:${name}$`))
  })

  rule(
    'API_GetQueueAttributes CreatedTimestamp',
    'timestamps are epoch seconds; a change moves the second',
    async () => {
      const QueueUrl = await makeQueue()
      const created = Number(await attribute(QueueUrl, 'CreatedTimestamp'))
      expect(created).toBeGreaterThan(1_700_000_000)
      expect(created).toBeLessThan(4_000_000_000)
      await pass(2)
      await set(QueueUrl, { DelaySeconds: '1' })
      expect(Number(await attribute(QueueUrl, 'LastModifiedTimestamp'))).toBeGreaterThan(created)
      expect(Number(await attribute(QueueUrl, 'CreatedTimestamp'))).toBe(created)
    },
    { waits: 2 },
  )

  rule('API_GetQueueAttributes', 'the three counts tell visible, delayed and in-flight messages', async () => {
    const QueueUrl = await makeQueue()
    await send(QueueUrl, 'a', 'b', 'c')
    await sqs().sendMessage({ QueueUrl, MessageBody: 'later', DelaySeconds: 60 })
    await receive(QueueUrl)
    expect(await attribute(QueueUrl, 'ApproximateNumberOfMessages')).toBe('2')
    expect(await attribute(QueueUrl, 'ApproximateNumberOfMessagesDelayed')).toBe('1')
    expect(await attribute(QueueUrl, 'ApproximateNumberOfMessagesNotVisible')).toBe('1')
  })

  rule('API_SetQueueAttributes Policy', 'a policy is JSON and is given back as it was', async () => {
    const QueueUrl = await makeQueue()
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage', Resource: await arnOf(QueueUrl) }],
    })
    await set(QueueUrl, { Policy })
    expect(JSON.parse((await attribute(QueueUrl, 'Policy')) ?? '')).toEqual(JSON.parse(Policy))
    await refused(set(QueueUrl, { Policy: 'not JSON' }), 'InvalidAttributeValue')
    await set(QueueUrl, { Policy: '' })
    expect(await attribute(QueueUrl, 'Policy')).toBeUndefined()
  })

  for (const name of ['FifoQueue', 'ContentBasedDeduplication', 'DeduplicationScope', 'FifoThroughputLimit']) {
    const value = name === 'DeduplicationScope' ? 'queue' : name === 'FifoThroughputLimit' ? 'perQueue' : 'false'
    rule(`API_CreateQueue ${name}`, `a standard queue does not know ${name}`, async () => {
      await refused(
        sqs().createQueue({ QueueName: uniqueName(), Attributes: { [name]: value } }),
        'InvalidAttributeName',
      )
    })
  }

  rule('API_CreateQueue FifoQueue', 'the type of a queue cannot be changed', async () => {
    await refused(set(await makeQueue(), { FifoQueue: 'true' }), 'InvalidAttributeName')
    await refused(set(await makeFifo(), { FifoQueue: 'false' }), 'InvalidAttributeValue')
  })

  rule('API_CreateQueue FifoThroughputLimit', 'perMessageGroupId needs the scope messageGroup', async () => {
    const QueueUrl = await makeFifo()
    await refused(set(QueueUrl, { FifoThroughputLimit: 'perMessageGroupId' }), 'InvalidAttributeValue')
    await set(QueueUrl, { DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' })
    expect(await attribute(QueueUrl, 'FifoThroughputLimit')).toBe('perMessageGroupId')
  })

  rule('API_SetQueueAttributes DeduplicationScope', 'takes its two values only', async () => {
    const QueueUrl = await makeFifo()
    await refused(set(QueueUrl, { DeduplicationScope: 'galaxy' }), 'InvalidAttributeValue')
    await refused(set(QueueUrl, { FifoThroughputLimit: 'none' }), 'InvalidAttributeValue')
  })
})
