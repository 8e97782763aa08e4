import { describe, expect } from 'vitest'
import {
  arnOf,
  attribute,
  bodies,
  makeFifo,
  makeQueue,
  pass,
  receive,
  receiveOne,
  redriveTo,
  refused,
  rule,
  send,
  sendTo,
  sqs,
} from './target.ts'

const policy = (deadLetterTargetArn: string, maxReceiveCount: unknown = 1) => ({
  RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount }),
})
const set = (QueueUrl: string, Attributes: Record<string, string>) => sqs().setQueueAttributes({ QueueUrl, Attributes })
const all = { MessageSystemAttributeNames: ['All' as const] }

describe('redrive policy', () => {
  rule('API_SetQueueAttributes RedrivePolicy', 'is given back, and an empty value removes it', async () => {
    const [QueueUrl, dead] = [await makeQueue(), await makeQueue()]
    const deadLetterTargetArn = await arnOf(dead)
    await set(QueueUrl, policy(deadLetterTargetArn, 5))
    const shown = JSON.parse((await attribute(QueueUrl, 'RedrivePolicy')) ?? '')
    expect(shown).toEqual({ deadLetterTargetArn, maxReceiveCount: 5 })
    await set(QueueUrl, { RedrivePolicy: '' })
    expect(await attribute(QueueUrl, 'RedrivePolicy')).toBeUndefined()
  })

  rule('API_SetQueueAttributes RedrivePolicy', 'the dead-letter queue must exist', async () => {
    const QueueUrl = await makeQueue()
    const arn = (await arnOf(QueueUrl)).replace(/[^:]+$/, 'no-such-queue')
    await refused(set(QueueUrl, policy(arn)), 'InvalidParameterValue', /does not exist/)
    await refused(set(QueueUrl, policy('dummy')), 'InvalidParameterValue', /deadLetterTargetArn/)
  })

  rule('API_SetQueueAttributes RedrivePolicy', 'maxReceiveCount is 1 to 1,000', async () => {
    const [QueueUrl, dead] = [await makeQueue(), await makeQueue()]
    const arn = await arnOf(dead)
    for (const count of [1, 1000, '10']) await set(QueueUrl, policy(arn, count))
    for (const count of [0, 1001, -1, 'many', 1.5]) {
      await refused(set(QueueUrl, policy(arn, count)), 'InvalidParameterValue', /maxReceiveCount/)
    }
  })

  rule('API_CreateQueue RedrivePolicy', 'both queues must be of the same type', async () => {
    await refused(set(await makeQueue(), policy(await arnOf(await makeFifo()))), 'InvalidParameterValue')
    await refused(set(await makeFifo(), policy(await arnOf(await makeQueue()))), 'InvalidParameterValue')
  })

  rule('API_SetQueueAttributes RedrivePolicy', 'a policy that is not JSON is refused', async () => {
    await refused(set(await makeQueue(), { RedrivePolicy: 'nonsense' }), 'InvalidParameterValue')
  })

  rule('API_CreateQueue RedriveAllowPolicy', 'denyAll and byQueue keep sources away', async () => {
    const [source, friend, dead] = [await makeQueue(), await makeQueue(), await makeQueue()]
    const arn = await arnOf(dead)
    await set(dead, { RedriveAllowPolicy: JSON.stringify({ redrivePermission: 'denyAll' }) })
    await refused(set(source, policy(arn)), 'InvalidParameterValue')
    const sourceQueueArns = [await arnOf(friend)]
    await set(dead, { RedriveAllowPolicy: JSON.stringify({ redrivePermission: 'byQueue', sourceQueueArns }) })
    await set(friend, policy(arn))
    await refused(set(source, policy(arn)), 'InvalidParameterValue')
    await set(dead, { RedriveAllowPolicy: JSON.stringify({ redrivePermission: 'allowAll' }) })
    await set(source, policy(arn))
  })

  rule('API_CreateQueue RedriveAllowPolicy', 'byQueue names 1 to 10 sources, the others none', async () => {
    const QueueUrl = await makeQueue()
    const arn = await arnOf(QueueUrl)
    const arns = (count: number) => Array.from({ length: count }, (_, n) => `${arn}${n}`)
    for (const bad of [
      { redrivePermission: 'byQueue' },
      { redrivePermission: 'byQueue', sourceQueueArns: arns(11) },
      { redrivePermission: 'allowAll', sourceQueueArns: arns(1) },
      { redrivePermission: 'sometimes' },
    ]) {
      await refused(set(QueueUrl, { RedriveAllowPolicy: JSON.stringify(bad) }), 'InvalidParameterValue')
    }
    const good = JSON.stringify({ redrivePermission: 'byQueue', sourceQueueArns: arns(10) })
    await set(QueueUrl, { RedriveAllowPolicy: good })
    expect(JSON.parse((await attribute(QueueUrl, 'RedriveAllowPolicy')) ?? '')).toEqual(JSON.parse(good))
  })
})

describe('dead letters', () => {
  rule(
    'API_CreateQueue RedrivePolicy',
    'a message moves when its receives would exceed maxReceiveCount',
    async () => {
      const [QueueUrl, dead] = [await makeQueue({ VisibilityTimeout: '1' }), await makeQueue()]
      await redriveTo(QueueUrl, dead, 2)
      await send(QueueUrl, 'poison')
      for (let n = 0; n < 2; n += 1) {
        expect(bodies(await receive(QueueUrl))).toEqual(['poison'])
        expect(await attribute(dead, 'ApproximateNumberOfMessages')).toBe('0')
        await pass(2)
      }
      expect(await receive(QueueUrl)).toEqual([])
      expect(bodies(await receive(dead))).toEqual(['poison'])
    },
    { waits: 4 },
  )

  rule(
    'API_ReceiveMessage, DeadLetterQueueSourceArn',
    'it keeps id, attributes and count, and tells its source',
    async () => {
      const [QueueUrl, dead] = [await makeQueue({ VisibilityTimeout: '1' }), await makeQueue()]
      await redriveTo(QueueUrl, dead)
      const { MessageId } = await sqs().sendMessage({
        QueueUrl,
        MessageBody: 'poison',
        MessageAttributes: { a: { DataType: 'String', StringValue: 'b' } },
      })
      const first = await receiveOne(QueueUrl, all)
      await pass(2)
      await receive(QueueUrl)
      const message = await receiveOne(dead, { ...all, MessageAttributeNames: ['All'] })
      expect(message.MessageId).toBe(MessageId)
      expect(message.MessageAttributes).toMatchObject({ a: { StringValue: 'b' } })
      expect(message.Attributes).toMatchObject({
        ApproximateReceiveCount: '2',
        DeadLetterQueueSourceArn: await arnOf(QueueUrl),
        SentTimestamp: first.Attributes?.SentTimestamp,
      })
    },
    { waits: 2 },
  )

  rule(
    'Dead-letter queues, retention',
    'a standard message keeps its first send time, so its retention goes on',
    async () => {
      const QueueUrl = await makeQueue({ VisibilityTimeout: '1', MessageRetentionPeriod: '3600' })
      const dead = await makeQueue({ MessageRetentionPeriod: '600' })
      await redriveTo(QueueUrl, dead)
      await send(QueueUrl, 'poison')
      await pass(500)
      await receiveOne(QueueUrl)
      await pass(2)
      await receive(QueueUrl)
      expect(await attribute(dead, 'ApproximateNumberOfMessages')).toBe('1')
      await pass(100)
      expect(await receive(dead)).toEqual([])
    },
    { ownClockOnly: true },
  )

  rule(
    'Dead-letter queues, retention',
    'on a FIFO queue the retention starts anew',
    async () => {
      const QueueUrl = await makeFifo({ VisibilityTimeout: '1' })
      const dead = await makeFifo({ MessageRetentionPeriod: '600' })
      await redriveTo(QueueUrl, dead)
      await sendTo(QueueUrl, 'g', 'poison')
      await pass(500)
      await receiveOne(QueueUrl)
      await pass(2)
      await receive(QueueUrl)
      await pass(500)
      expect(bodies(await receive(dead))).toEqual(['poison'])
    },
    { ownClockOnly: true },
  )

  rule(
    'API_CreateQueue RedrivePolicy, FIFO',
    'the message id becomes the deduplication id, the group stays',
    async () => {
      const [QueueUrl, dead] = [await makeFifo({ VisibilityTimeout: '1' }), await makeFifo()]
      await redriveTo(QueueUrl, dead)
      const [MessageId] = await sendTo(QueueUrl, 'g', 'poison')
      await receiveOne(QueueUrl)
      await pass(2)
      await receive(QueueUrl)
      const { Attributes } = await receiveOne(dead, all)
      expect(Attributes).toMatchObject({ MessageDeduplicationId: MessageId, MessageGroupId: 'g' })
    },
    { waits: 2 },
  )

  rule(
    'FIFO and dead-letter queues',
    'a dead letter lets the rest of its group go on',
    async () => {
      const [QueueUrl, dead] = [await makeFifo({ VisibilityTimeout: '1' }), await makeFifo()]
      await redriveTo(QueueUrl, dead)
      await sendTo(QueueUrl, 'g', 'poison', 'good')
      expect(bodies(await receive(QueueUrl))).toEqual(['poison'])
      await pass(2)
      expect(bodies(await receive(QueueUrl))).toEqual(['good'])
      expect(bodies(await receive(dead))).toEqual(['poison'])
    },
    { waits: 2 },
  )
})

describe('message move tasks', () => {
  /** A dead-letter queue with messages that came there from a source. */
  async function deadLetters(...texts: string[]): Promise<{ source: string; dead: string }> {
    const [source, dead] = [await makeQueue({ VisibilityTimeout: '0' }), await makeQueue()]
    await redriveTo(source, dead)
    await send(source, ...texts)
    await receive(source, { MaxNumberOfMessages: 10 })
    await pass(1)
    await receive(source, { MaxNumberOfMessages: 10 })
    return { source, dead }
  }
  const start = (SourceArn: string, more: object = {}) => sqs().startMessageMoveTask({ SourceArn, ...more })

  rule(
    'API_StartMessageMoveTask',
    'without a destination messages go back where they came from',
    async () => {
      const { source, dead } = await deadLetters('a', 'b')
      const SourceArn = await arnOf(dead)
      const { TaskHandle } = await start(SourceArn)
      expect(TaskHandle).toBeTruthy()
      await pass(2)
      expect(bodies(await receive(source, { MaxNumberOfMessages: 10 })).sort()).toEqual(['a', 'b'])
      expect((await sqs().listMessageMoveTasks({ SourceArn })).Results).toMatchObject([
        {
          Status: 'COMPLETED',
          SourceArn,
          ApproximateNumberOfMessagesMoved: 2,
          ApproximateNumberOfMessagesToMove: 2,
          StartedTimestamp: expect.any(Number),
        },
      ])
    },
    { waits: 5 },
  )

  rule(
    'Dead-letter queue redrive',
    'a moved message is a new one: new id, new send time, received never',
    async () => {
      const { source, dead } = await deadLetters('a')
      const before = await receiveOne(dead, { ...all, VisibilityTimeout: 0 })
      await pass(2)
      await start(await arnOf(dead))
      await pass(2)
      const after = await receiveOne(source, all)
      expect(after.MessageId).not.toBe(before.MessageId)
      expect(Number(after.Attributes?.SentTimestamp)).toBeGreaterThan(Number(before.Attributes?.SentTimestamp))
      expect(after.Attributes).not.toHaveProperty('DeadLetterQueueSourceArn')
    },
    { waits: 5 },
  )

  rule(
    'API_StartMessageMoveTask DestinationArn',
    'with a destination they go there',
    async () => {
      const { source, dead } = await deadLetters('a')
      const other = await makeQueue()
      await start(await arnOf(dead), { DestinationArn: await arnOf(other) })
      await pass(2)
      expect(bodies(await receive(other))).toEqual(['a'])
      expect(await receive(source)).toEqual([])
    },
    { waits: 5 },
  )

  rule(
    'API_StartMessageMoveTask MaxNumberOfMessagesPerSecond',
    'moves at that rate',
    async () => {
      const { dead } = await deadLetters('a', 'b', 'c', 'd', 'e')
      const SourceArn = await arnOf(dead)
      const DestinationArn = await arnOf(await makeQueue())
      const { TaskHandle } = await start(SourceArn, { DestinationArn, MaxNumberOfMessagesPerSecond: 1 })
      await pass(3)
      const { Results } = await sqs().listMessageMoveTasks({ SourceArn })
      expect(Results).toMatchObject([
        { Status: 'RUNNING', TaskHandle, MaxNumberOfMessagesPerSecond: 1, DestinationArn },
      ])
      expect(Results?.[0]?.ApproximateNumberOfMessagesMoved).toBe(3)
      await pass(3)
      expect((await sqs().listMessageMoveTasks({ SourceArn })).Results?.[0]?.Status).toBe('COMPLETED')
    },
    { ownClockOnly: true },
  )

  rule('API_StartMessageMoveTask', 'one task per source at a time', async () => {
    const { dead } = await deadLetters('a', 'b')
    const SourceArn = await arnOf(dead)
    await start(SourceArn, { MaxNumberOfMessagesPerSecond: 1 })
    await refused(start(SourceArn), 'InvalidParameterValue', /already a task running/)
  })

  rule(
    'API_CancelMessageMoveTask',
    'stops a running task and keeps what was moved',
    async () => {
      const { source, dead } = await deadLetters('a', 'b', 'c')
      const SourceArn = await arnOf(dead)
      const { TaskHandle } = await start(SourceArn, { MaxNumberOfMessagesPerSecond: 1 })
      await pass(1)
      expect(await sqs().cancelMessageMoveTask({ TaskHandle })).toMatchObject({ ApproximateNumberOfMessagesMoved: 1 })
      await pass(5)
      const { Results } = await sqs().listMessageMoveTasks({ SourceArn })
      expect(Results).toMatchObject([{ Status: 'CANCELLED', ApproximateNumberOfMessagesMoved: 1 }])
      expect(Results?.[0]).not.toHaveProperty('TaskHandle')
      expect(await attribute(dead, 'ApproximateNumberOfMessages')).toBe('2')
      expect(await attribute(source, 'ApproximateNumberOfMessages')).toBe('1')
      await refusal404(sqs().cancelMessageMoveTask({ TaskHandle: handleFor(SourceArn) }))
    },
    { ownClockOnly: true },
  )

  const handleFor = (sourceArn: string) =>
    Buffer.from(JSON.stringify({ taskId: '00000000-0000-4000-8000-000000000000', sourceArn })).toString('base64')
  const refusal404 = (attempt: Promise<unknown>) => refused(attempt, 'ResourceNotFoundException', /Task does not exist/)

  rule(
    'API_CancelMessageMoveTask',
    'only a running task can be cancelled; a handle must be one',
    async () => {
      const { dead } = await deadLetters('a')
      const { TaskHandle } = await start(await arnOf(dead))
      await pass(2)
      await expect(sqs().cancelMessageMoveTask({ TaskHandle })).rejects.toThrow()
      await refused(sqs().cancelMessageMoveTask({ TaskHandle: 'nonsense' }), 'InvalidParameterValue')
    },
    { waits: 5 },
  )

  rule('API_StartMessageMoveTask SourceArn', 'the source must exist and be a dead-letter queue', async () => {
    const QueueUrl = await makeQueue()
    const arn = await arnOf(QueueUrl)
    await refused(start(arn), 'InvalidParameterValue', /Dead Letter Queue/)
    await refused(start(`${arn}-none`), 'ResourceNotFoundException')
  })

  rule('API_StartMessageMoveTask DestinationArn', 'the destination must exist and be another queue', async () => {
    const { dead } = await deadLetters('a')
    const SourceArn = await arnOf(dead)
    await refused(start(SourceArn, { DestinationArn: `${SourceArn}-none` }), 'ResourceNotFoundException')
    await refused(start(SourceArn, { DestinationArn: SourceArn }), 'InvalidParameterValue')
  })

  rule('API_StartMessageMoveTask MaxNumberOfMessagesPerSecond', 'is at most 500', async () => {
    const { dead } = await deadLetters('a')
    const SourceArn = await arnOf(dead)
    for (const MaxNumberOfMessagesPerSecond of [0, 501]) {
      await refused(start(SourceArn, { MaxNumberOfMessagesPerSecond }), 'InvalidParameterValue')
    }
  })

  rule(
    'API_ListMessageMoveTasks',
    'lists the latest, 1 unless up to 10 are asked for',
    async () => {
      const { dead } = await deadLetters('a')
      const SourceArn = await arnOf(dead)
      for (let n = 0; n < 3; n += 1) {
        await start(SourceArn)
        await pass(1)
      }
      expect((await sqs().listMessageMoveTasks({ SourceArn })).Results).toHaveLength(1)
      const { Results = [] } = await sqs().listMessageMoveTasks({ SourceArn, MaxResults: 10 })
      expect(Results.map((task) => task.ApproximateNumberOfMessagesMoved)).toEqual([0, 0, 1])
      await refused(sqs().listMessageMoveTasks({ SourceArn, MaxResults: 11 }), 'InvalidParameterValue')
      await refused(sqs().listMessageMoveTasks({ SourceArn: `${SourceArn}-none` }), 'ResourceNotFoundException')
    },
    { ownClockOnly: true },
  )

  rule(
    'API_ListMessageMoveTasks FailureReason',
    'a task fails when its destination is deleted',
    async () => {
      const { dead } = await deadLetters('a', 'b', 'c')
      const SourceArn = await arnOf(dead)
      const other = await makeQueue()
      await start(SourceArn, { DestinationArn: await arnOf(other), MaxNumberOfMessagesPerSecond: 1 })
      await pass(1)
      await sqs().deleteQueue({ QueueUrl: other })
      await pass(2)
      expect((await sqs().listMessageMoveTasks({ SourceArn })).Results).toMatchObject([
        { Status: 'FAILED', FailureReason: 'AWS.SimpleQueueService.NonExistentQueue' },
      ])
    },
    { ownClockOnly: true },
  )

  rule(
    'API_StartMessageMoveTask DestinationArn',
    'a message put there by hand has no way back',
    async () => {
      const { dead } = await deadLetters()
      await send(dead, 'by hand')
      const SourceArn = await arnOf(dead)
      await start(SourceArn)
      await pass(2)
      expect((await sqs().listMessageMoveTasks({ SourceArn })).Results?.[0]?.Status).toBe('FAILED')
      expect(await attribute(dead, 'ApproximateNumberOfMessages')).toBe('1')
    },
    { ownClockOnly: true },
  )
})
