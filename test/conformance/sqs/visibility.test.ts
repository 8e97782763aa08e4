import { describe, expect } from 'vitest'
import {
  bodies,
  makeFifo,
  makeQueue,
  pass,
  receive,
  receiveOne,
  refusal,
  refused,
  rule,
  send,
  sendTo,
  sqs,
} from './target.ts'

const change = (QueueUrl: string, ReceiptHandle: string | undefined, VisibilityTimeout: number) =>
  sqs().changeMessageVisibility({ QueueUrl, ReceiptHandle, VisibilityTimeout })
const remove = (QueueUrl: string, ReceiptHandle: string | undefined) => sqs().deleteMessage({ QueueUrl, ReceiptHandle })

describe('visibility timeout', () => {
  rule(
    'Visibility timeout',
    'a received message is hidden for the timeout of the queue',
    async () => {
      const QueueUrl = await makeQueue({ VisibilityTimeout: '3' })
      await send(QueueUrl, 'x')
      await receiveOne(QueueUrl)
      await pass(2)
      expect(await receive(QueueUrl)).toEqual([])
      await pass(1)
      expect(bodies(await receive(QueueUrl))).toEqual(['x'])
    },
    { waits: 3 },
  )

  rule(
    'API_ReceiveMessage VisibilityTimeout',
    'a receive can bring its own',
    async () => {
      const QueueUrl = await makeQueue()
      await send(QueueUrl, 'x')
      await receiveOne(QueueUrl, { VisibilityTimeout: 2 })
      await pass(2)
      expect(bodies(await receive(QueueUrl, { VisibilityTimeout: 0 }))).toEqual(['x'])
      expect(bodies(await receive(QueueUrl))).toEqual(['x'])
    },
    { waits: 2 },
  )

  rule(
    'API_ChangeMessageVisibility',
    'the new timeout counts from the change',
    async () => {
      const QueueUrl = await makeQueue({ VisibilityTimeout: '10' })
      await send(QueueUrl, 'x')
      const { ReceiptHandle } = await receiveOne(QueueUrl)
      await pass(5)
      await change(QueueUrl, ReceiptHandle, 10)
      await pass(9)
      expect(await receive(QueueUrl)).toEqual([])
      await pass(1)
      expect(bodies(await receive(QueueUrl))).toEqual(['x'])
    },
    { waits: 15 },
  )

  rule('API_ChangeMessageVisibility', '0 makes the message visible at once', async () => {
    const QueueUrl = await makeQueue()
    await send(QueueUrl, 'x')
    await change(QueueUrl, (await receiveOne(QueueUrl)).ReceiptHandle, 0)
    expect(bodies(await receive(QueueUrl))).toEqual(['x'])
  })

  rule(
    'API_ChangeMessageVisibility',
    'the changed timeout is not kept for the next receive',
    async () => {
      const QueueUrl = await makeQueue({ VisibilityTimeout: '2' })
      await send(QueueUrl, 'x')
      await change(QueueUrl, (await receiveOne(QueueUrl)).ReceiptHandle, 4)
      await pass(4)
      await receiveOne(QueueUrl)
      await pass(2)
      expect(bodies(await receive(QueueUrl))).toEqual(['x'])
    },
    { waits: 6 },
  )

  rule('API_ChangeMessageVisibility VisibilityTimeout', 'it is 0 to 43,200 seconds', async () => {
    const QueueUrl = await makeQueue()
    await send(QueueUrl, 'x')
    const { ReceiptHandle } = await receiveOne(QueueUrl)
    for (const seconds of [-1, 43_201]) {
      await refused(change(QueueUrl, ReceiptHandle, seconds), 'InvalidParameterValue')
    }
  })

  rule(
    'API_ChangeMessageVisibility',
    'twelve hours are counted from the receive, however often it is changed',
    async () => {
      const QueueUrl = await makeQueue()
      await send(QueueUrl, 'x')
      const { ReceiptHandle } = await receiveOne(QueueUrl)
      await pass(10)
      await refused(change(QueueUrl, ReceiptHandle, 43_200), 'InvalidParameterValue', /beyond the limit/)
      await change(QueueUrl, ReceiptHandle, 43_180)
    },
    { waits: 10 },
  )

  rule(
    'API_ChangeMessageVisibility',
    'a receive starts the twelve hours anew',
    async () => {
      const QueueUrl = await makeQueue({ VisibilityTimeout: '43200' })
      await send(QueueUrl, 'x')
      await receiveOne(QueueUrl)
      await pass(43_200)
      const { ReceiptHandle } = await receiveOne(QueueUrl)
      await pass(3_600)
      await change(QueueUrl, ReceiptHandle, 39_000)
    },
    { ownClockOnly: true },
  )

  rule(
    'LocalStack, validated on AWS: test_change_message_visibility_after_visibility_timeout_expiration',
    'the last handle still hides the message after its timeout',
    async () => {
      const QueueUrl = await makeQueue({ VisibilityTimeout: '1' })
      await send(QueueUrl, 'x')
      const { ReceiptHandle } = await receiveOne(QueueUrl)
      await pass(2)
      await change(QueueUrl, ReceiptHandle, 2)
      expect(await receive(QueueUrl)).toEqual([])
      await pass(3)
      const again = await receiveOne(QueueUrl, { MessageSystemAttributeNames: ['ApproximateReceiveCount'] })
      expect(again.Attributes).toEqual({ ApproximateReceiveCount: '2' })
    },
    { ownClockOnly: true },
  )

  rule(
    'LocalStack, validated on AWS: test_terminate_visibility_timeout_after_receive',
    'an older handle ends the newer receive',
    async () => {
      const QueueUrl = await makeQueue()
      await send(QueueUrl, 'x')
      const old = await receiveOne(QueueUrl, { VisibilityTimeout: 0 })
      await receiveOne(QueueUrl)
      await change(QueueUrl, old.ReceiptHandle, 0)
      await receiveOne(QueueUrl)
    },
  )

  rule('API_ChangeMessageVisibility', 'a deleted message is refused', async () => {
    const QueueUrl = await makeQueue()
    await send(QueueUrl, 'x')
    const { ReceiptHandle } = await receiveOne(QueueUrl)
    await remove(QueueUrl, ReceiptHandle)
    await refused(change(QueueUrl, ReceiptHandle, 10), 'InvalidParameterValue', /does not exist/)
  })

  rule('ReceiptHandleIsInvalid', 'a handle that never was one is refused with 404', async () => {
    const QueueUrl = await makeQueue()
    for (const attempt of [() => change(QueueUrl, 'not-a-handle', 1), () => remove(QueueUrl, 'not-a-handle')]) {
      const error = await refusal(attempt())
      expect([error.name, error.$metadata.httpStatusCode]).toEqual(['ReceiptHandleIsInvalid', 404])
    }
  })

  rule('API_ChangeMessageVisibilityBatch', 'answers each entry by its id', async () => {
    const QueueUrl = await makeQueue()
    await send(QueueUrl, 'a', 'b')
    const [a, b] = [await receiveOne(QueueUrl), await receiveOne(QueueUrl)]
    const { Successful, Failed } = await sqs().changeMessageVisibilityBatch({
      QueueUrl,
      Entries: [
        { Id: 'good', ReceiptHandle: a.ReceiptHandle, VisibilityTimeout: 0 },
        { Id: 'long', ReceiptHandle: b.ReceiptHandle, VisibilityTimeout: 50_000 },
        { Id: 'bad', ReceiptHandle: 'not-a-handle', VisibilityTimeout: 0 },
      ],
    })
    expect(Successful).toEqual([{ Id: 'good' }])
    expect(Failed?.map(({ Id, Code, SenderFault }) => [Id, Code, SenderFault])).toEqual([
      ['long', 'InvalidParameterValue', true],
      ['bad', 'ReceiptHandleIsInvalid', true],
    ])
    expect(bodies(await receive(QueueUrl))).toEqual([a.Body])
  })
})

describe('deleting', () => {
  rule(
    'API_DeleteMessage',
    'a deleted message never comes back',
    async () => {
      const QueueUrl = await makeQueue({ VisibilityTimeout: '1' })
      await send(QueueUrl, 'x')
      await remove(QueueUrl, (await receiveOne(QueueUrl)).ReceiptHandle)
      await pass(2)
      expect(await receive(QueueUrl)).toEqual([])
    },
    { waits: 2 },
  )

  rule('API_DeleteMessage', 'deleting twice succeeds', async () => {
    const QueueUrl = await makeQueue()
    await send(QueueUrl, 'x')
    const { ReceiptHandle } = await receiveOne(QueueUrl)
    await remove(QueueUrl, ReceiptHandle)
    await remove(QueueUrl, ReceiptHandle)
  })

  rule(
    'API_DeleteMessage',
    'the last handle deletes even after the visibility timeout',
    async () => {
      const QueueUrl = await makeQueue({ VisibilityTimeout: '1' })
      await send(QueueUrl, 'x')
      const { ReceiptHandle } = await receiveOne(QueueUrl)
      await pass(2)
      await remove(QueueUrl, ReceiptHandle)
      expect(await receive(QueueUrl)).toEqual([])
    },
    { waits: 2 },
  )

  rule('API_DeleteMessage', 'an old handle succeeds and does not delete', async () => {
    const QueueUrl = await makeQueue()
    await send(QueueUrl, 'x')
    const old = await receiveOne(QueueUrl, { VisibilityTimeout: 0 })
    const recent = await receiveOne(QueueUrl)
    await remove(QueueUrl, old.ReceiptHandle)
    await change(QueueUrl, recent.ReceiptHandle, 0)
    expect(bodies(await receive(QueueUrl))).toEqual(['x'])
  })

  rule(
    'API_DeleteMessage',
    'a handle of another queue is refused',
    async () => {
      const QueueUrl = await makeQueue()
      await send(QueueUrl, 'x')
      const { ReceiptHandle } = await receiveOne(QueueUrl)
      await refusal(remove(await makeQueue(), ReceiptHandle))
    },
    { ownClockOnly: true },
  )

  rule('API_DeleteMessageBatch', 'answers each entry by its id', async () => {
    const QueueUrl = await makeQueue()
    await send(QueueUrl, 'a')
    const { ReceiptHandle } = await receiveOne(QueueUrl)
    const { Successful, Failed } = await sqs().deleteMessageBatch({
      QueueUrl,
      Entries: [
        { Id: 'good', ReceiptHandle },
        { Id: 'bad', ReceiptHandle: 'not-a-handle' },
      ],
    })
    expect(Successful).toEqual([{ Id: 'good' }])
    expect(Failed).toMatchObject([{ Id: 'bad', Code: 'ReceiptHandleIsInvalid', SenderFault: true }])
  })

  rule('API_DeleteMessageBatch', 'the rules for entries are those of sending', async () => {
    const QueueUrl = await makeQueue()
    const entries = (...ids: string[]) => ids.map((Id) => ({ Id, ReceiptHandle: 'x' }))
    const attempt = (...ids: string[]) => sqs().deleteMessageBatch({ QueueUrl, Entries: entries(...ids) })
    await refused(attempt('a', 'a'), 'BatchEntryIdsNotDistinct')
    await refused(attempt('a b'), 'InvalidBatchEntryId')
    await refused(attempt(...Array.from({ length: 11 }, (_, n) => `${n}`)), 'TooManyEntriesInBatchRequest')
  })

  rule(
    'API_ReceiveMessage ReceiveRequestAttemptId',
    'on a FIFO queue an expired handle is refused',
    async () => {
      const QueueUrl = await makeFifo({ VisibilityTimeout: '1' })
      await sendTo(QueueUrl, 'g', 'x')
      const { ReceiptHandle } = await receiveOne(QueueUrl)
      await pass(2)
      await refused(remove(QueueUrl, ReceiptHandle), 'InvalidParameterValue', /expired/)
      expect(bodies(await receive(QueueUrl))).toEqual(['x'])
    },
    { waits: 2 },
  )
})
