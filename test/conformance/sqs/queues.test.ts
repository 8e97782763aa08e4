import { describe, expect } from 'vitest'
import {
  arnOf,
  attribute,
  makeFifo,
  makeQueue,
  pass,
  polling,
  receive,
  receiveOne,
  redriveTo,
  refused,
  rule,
  send,
  sqs,
  uniqueName,
} from './target.ts'

describe('queue names and creation', () => {
  rule('API_CreateQueue', 'a queue URL ends with account and name', async () => {
    const QueueName = uniqueName()
    const { QueueUrl } = await sqs().createQueue({ QueueName })
    expect(QueueUrl).toMatch(new RegExp(`^https?://.+/\\d{12}/${QueueName}$`))
  })

  rule('API_CreateQueue QueueName', 'a name has up to 80 characters', async () => {
    await sqs().createQueue({ QueueName: uniqueName().padEnd(80, 'x') })
    await refused(sqs().createQueue({ QueueName: uniqueName().padEnd(81, 'x') }), 'InvalidParameterValue', /1 to 80/)
  })

  rule('API_CreateQueue QueueName', 'a name has alphanumerics, hyphens and underscores only', async () => {
    for (const QueueName of ['with space', 'with.dot', 'with/slash', 'ünïcode', '']) {
      await refused(sqs().createQueue({ QueueName }), 'InvalidParameterValue')
    }
  })

  rule('API_CreateQueue QueueName', 'names are case-sensitive', async () => {
    const QueueName = uniqueName('-x')
    const lower = await sqs().createQueue({ QueueName })
    const upper = await sqs().createQueue({ QueueName: QueueName.toUpperCase() })
    expect(lower.QueueUrl).not.toBe(upper.QueueUrl)
  })

  rule('API_CreateQueue QueueName', 'a FIFO queue must end with .fifo', async () => {
    await refused(
      sqs().createQueue({ QueueName: uniqueName(), Attributes: { FifoQueue: 'true' } }),
      'InvalidParameterValue',
      /\.fifo/,
    )
  })

  rule('API_CreateQueue QueueName', 'only a FIFO queue may end with .fifo', async () => {
    await refused(sqs().createQueue({ QueueName: uniqueName('.fifo') }), 'InvalidParameterValue')
  })

  rule('Queue quotas', 'the suffix .fifo counts towards the 80 characters', async () => {
    const QueueName = `${uniqueName().padEnd(76, 'x')}.fifo`
    await refused(sqs().createQueue({ QueueName, Attributes: { FifoQueue: 'true' } }), 'InvalidParameterValue')
  })

  rule('API_CreateQueue', 'creating an existing queue with the same attributes answers its URL', async () => {
    const input = { QueueName: uniqueName(), Attributes: { DelaySeconds: '1' } }
    const first = await sqs().createQueue(input)
    expect(await sqs().createQueue(input)).toMatchObject({ QueueUrl: first.QueueUrl })
    expect(await sqs().createQueue({ QueueName: input.QueueName })).toMatchObject({ QueueUrl: first.QueueUrl })
  })

  rule('API_CreateQueue, QueueNameExists', 'creating it with a differing attribute is refused', async () => {
    const QueueName = uniqueName()
    await sqs().createQueue({ QueueName, Attributes: { DelaySeconds: '1' } })
    const other = sqs().createQueue({ QueueName, Attributes: { DelaySeconds: '2' } })
    // The modelled name: older clients see the query code QueueAlreadyExists.
    await refused(other, 'QueueNameExists', /DelaySeconds/)
  })

  rule(
    'API_CreateQueue, QueueDeletedRecently',
    'a deleted name is blocked for 60 seconds',
    async () => {
      const QueueName = uniqueName()
      const { QueueUrl } = await sqs().createQueue({ QueueName })
      await sqs().deleteQueue({ QueueUrl })
      await refused(sqs().createQueue({ QueueName }), 'QueueDeletedRecently')
      await pass(61)
      await sqs().createQueue({ QueueName })
    },
    { waits: 61 },
  )

  rule('API_CreateQueue Attributes', 'an attribute that does not exist is refused', async () => {
    const Attributes = { NoSuchThing: '1' } as Record<string, string>
    await refused(sqs().createQueue({ QueueName: uniqueName(), Attributes }), 'InvalidAttributeName')
  })
})

describe('finding queues', () => {
  rule('API_GetQueueUrl', 'the URL of a name', async () => {
    const QueueName = uniqueName()
    const { QueueUrl } = await sqs().createQueue({ QueueName })
    expect(await sqs().getQueueUrl({ QueueName })).toMatchObject({ QueueUrl })
  })

  rule('API_GetQueueUrl, QueueDoesNotExist', 'the URL of an unknown name is refused', async () => {
    await refused(sqs().getQueueUrl({ QueueName: uniqueName() }), 'QueueDoesNotExist')
  })

  rule(
    'API_DeleteQueue',
    'a deleted queue exists no more',
    async () => {
      const QueueUrl = await makeQueue()
      await sqs().deleteQueue({ QueueUrl })
      await refused(sqs().sendMessage({ QueueUrl, MessageBody: 'x' }), 'QueueDoesNotExist')
      await refused(sqs().deleteQueue({ QueueUrl }), 'QueueDoesNotExist')
    },
    { ownClockOnly: true },
  )

  rule(
    'API_DeleteQueue',
    'deleting a queue ends the long polls on it',
    async () => {
      const QueueUrl = await makeQueue()
      const poll = receive(QueueUrl, { WaitTimeSeconds: 20 })
      await polling(QueueUrl)
      await sqs().deleteQueue({ QueueUrl })
      expect(await poll).toEqual([])
    },
    { ownClockOnly: true },
  )

  rule('API_ListQueues QueueNamePrefix', 'lists the queues with a prefix', async () => {
    const prefix = uniqueName('-p')
    const urls: (string | undefined)[] = []
    for (const end of ['a', 'b']) urls.push((await sqs().createQueue({ QueueName: `${prefix}-${end}` })).QueueUrl)
    expect((await sqs().listQueues({ QueueNamePrefix: prefix })).QueueUrls).toEqual(urls)
    expect((await sqs().listQueues({ QueueNamePrefix: prefix.toUpperCase() })).QueueUrls ?? []).toEqual([])
  })

  rule('API_ListQueues MaxResults, NextToken', 'lists in pages, with a token while there are more', async () => {
    const prefix = uniqueName('-p')
    for (let n = 0; n < 5; n += 1) await sqs().createQueue({ QueueName: `${prefix}-${n}` })
    const seen: string[] = []
    let NextToken: string | undefined
    const sizes: number[] = []
    do {
      const page = await sqs().listQueues({ QueueNamePrefix: prefix, MaxResults: 2, NextToken })
      sizes.push(page.QueueUrls?.length ?? 0)
      seen.push(...(page.QueueUrls ?? []))
      NextToken = page.NextToken
    } while (NextToken !== undefined)
    expect(sizes).toEqual([2, 2, 1])
    expect(new Set(seen).size).toBe(5)
  })

  rule('API_ListQueues NextToken', 'gives no token unless MaxResults was set', async () => {
    await makeQueue()
    await makeQueue()
    expect((await sqs().listQueues({})).NextToken).toBeUndefined()
  })

  rule('API_ListQueues MaxResults', 'takes 1 to 1,000 results a page', async () => {
    await refused(sqs().listQueues({ MaxResults: 0 }), 'InvalidParameterValue')
    await refused(sqs().listQueues({ MaxResults: 1001 }), 'InvalidParameterValue')
  })

  rule('API_ListDeadLetterSourceQueues', 'lists the queues that send their dead letters here, in pages', async () => {
    const dead = await makeQueue()
    const sources = [await makeQueue(), await makeQueue(), await makeQueue()]
    for (const source of sources) await redriveTo(source, dead)
    const first = await sqs().listDeadLetterSourceQueues({ QueueUrl: dead, MaxResults: 2 })
    expect(first.queueUrls).toHaveLength(2)
    const rest = await sqs().listDeadLetterSourceQueues({ QueueUrl: dead, MaxResults: 2, NextToken: first.NextToken })
    expect(rest.NextToken).toBeUndefined()
    expect([...(first.queueUrls ?? []), ...(rest.queueUrls ?? [])].sort()).toEqual([...sources].sort())
    expect((await sqs().listDeadLetterSourceQueues({ QueueUrl: sources[0] })).queueUrls ?? []).toEqual([])
  })

  rule('QueueDoesNotExist', 'every action on an unknown queue is refused by that name, status 400', async () => {
    const QueueUrl = (await makeQueue()).replace(/[^/]+$/, 'no-such-queue')
    const attempts = [
      () => sqs().sendMessage({ QueueUrl, MessageBody: 'x' }),
      () => sqs().sendMessageBatch({ QueueUrl, Entries: [{ Id: '1', MessageBody: 'x' }] }),
      () => sqs().receiveMessage({ QueueUrl }),
      () => sqs().deleteMessage({ QueueUrl, ReceiptHandle: 'x' }),
      () => sqs().changeMessageVisibility({ QueueUrl, ReceiptHandle: 'x', VisibilityTimeout: 0 }),
      () => sqs().purgeQueue({ QueueUrl }),
      () => sqs().getQueueAttributes({ QueueUrl, AttributeNames: ['All'] }),
      () => sqs().setQueueAttributes({ QueueUrl, Attributes: { DelaySeconds: '1' } }),
      () => sqs().tagQueue({ QueueUrl, Tags: { a: 'b' } }),
      () => sqs().listQueueTags({ QueueUrl }),
      () => sqs().listDeadLetterSourceQueues({ QueueUrl }),
    ]
    for (const attempt of attempts) await refused(attempt(), 'QueueDoesNotExist')
  })
})

describe('tags', () => {
  rule('API_TagQueue', 'tags are added, overwritten, listed and removed', async () => {
    const QueueUrl = await makeQueue()
    expect((await sqs().listQueueTags({ QueueUrl })).Tags ?? {}).toEqual({})
    await sqs().tagQueue({ QueueUrl, Tags: { team: 'a', env: 'test' } })
    await sqs().tagQueue({ QueueUrl, Tags: { team: 'b', empty: '' } })
    expect((await sqs().listQueueTags({ QueueUrl })).Tags).toEqual({ team: 'b', env: 'test', empty: '' })
    await sqs().untagQueue({ QueueUrl, TagKeys: ['env', 'unknown'] })
    expect((await sqs().listQueueTags({ QueueUrl })).Tags).toEqual({ team: 'b', empty: '' })
  })

  rule('API_CreateQueue tags', 'a queue can be created with tags', async () => {
    const { QueueUrl } = await sqs().createQueue({ QueueName: uniqueName(), tags: { team: 'a' } })
    expect((await sqs().listQueueTags({ QueueUrl })).Tags).toEqual({ team: 'a' })
  })

  rule('Queue quotas, tags', 'a queue has at most 50 tags', async () => {
    const QueueUrl = await makeQueue()
    const Tags = Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`tag${n}`, 'x']))
    await refused(sqs().tagQueue({ QueueUrl, Tags }), 'InvalidParameterValue')
  })
})

describe('permissions', () => {
  const allow = { AWSAccountIds: ['111122223333'], Actions: ['SendMessage'] }

  rule('API_AddPermission', 'writes a statement into the policy, and RemovePermission takes it out', async () => {
    const QueueUrl = await makeQueue()
    await sqs().addPermission({ QueueUrl, Label: 'friends', ...allow })
    const policy = JSON.parse((await attribute(QueueUrl, 'Policy')) ?? '{}')
    expect(policy.Statement).toMatchObject([
      { Sid: 'friends', Effect: 'Allow', Action: 'SQS:SendMessage', Resource: await arnOf(QueueUrl) },
    ])
    await sqs().removePermission({ QueueUrl, Label: 'friends' })
    expect(await attribute(QueueUrl, 'Policy')).toBeUndefined()
  })

  rule('API_AddPermission Label', 'a label is there once', async () => {
    const QueueUrl = await makeQueue()
    await sqs().addPermission({ QueueUrl, Label: 'friends', ...allow })
    await refused(sqs().addPermission({ QueueUrl, Label: 'friends', ...allow }), 'InvalidParameterValue')
    await refused(sqs().removePermission({ QueueUrl, Label: 'strangers' }), 'InvalidParameterValue')
  })

  rule(
    'Policy quotas',
    'a statement has at most seven actions',
    async () => {
      const QueueUrl = await makeQueue()
      const Actions = [
        'SendMessage',
        'ReceiveMessage',
        'DeleteMessage',
        'ChangeMessageVisibility',
        'GetQueueAttributes',
        'GetQueueUrl',
        'ListDeadLetterSourceQueues',
        'PurgeQueue',
      ]
      await refused(sqs().addPermission({ QueueUrl, Label: 'all', ...allow, Actions }), 'OverLimit')
    },
    { ownClockOnly: true },
  )
})

describe('purging', () => {
  rule(
    'API_PurgeQueue',
    'deletes all messages, in-flight and delayed ones too',
    async () => {
      const QueueUrl = await makeQueue()
      await send(QueueUrl, 'a', 'b')
      await receive(QueueUrl)
      await sqs().sendMessage({ QueueUrl, MessageBody: 'later', DelaySeconds: 60 })
      await sqs().purgeQueue({ QueueUrl })
      await pass(61)
      expect(await receive(QueueUrl)).toEqual([])
      expect(await attribute(QueueUrl, 'ApproximateNumberOfMessagesNotVisible')).toBe('0')
      expect(await attribute(QueueUrl, 'ApproximateNumberOfMessagesDelayed')).toBe('0')
    },
    { waits: 61 },
  )

  rule(
    'LocalStack, validated on AWS: test_purge_queue_clears_fifo_deduplication_cache',
    'a FIFO queue forgets what it took',
    async () => {
      const QueueUrl = await makeFifo()
      const message = { QueueUrl, MessageGroupId: 'g', MessageDeduplicationId: 'd' }
      await sqs().sendMessage({ ...message, MessageBody: 'before' })
      await sqs().purgeQueue({ QueueUrl })
      await sqs().sendMessage({ ...message, MessageBody: 'after' })
      expect((await receiveOne(QueueUrl)).Body).toBe('after')
    },
    { ownClockOnly: true },
  )

  rule(
    'API_PurgeQueue, PurgeQueueInProgress',
    'is allowed once every 60 seconds',
    async () => {
      const QueueUrl = await makeQueue()
      await sqs().purgeQueue({ QueueUrl })
      await refused(sqs().purgeQueue({ QueueUrl }), 'PurgeQueueInProgress')
      await pass(61)
      await sqs().purgeQueue({ QueueUrl })
    },
    { waits: 61 },
  )
})
