import type { SQSRecord } from 'aws-lambda'
import { describe, expect, it } from 'vitest'
import { DefinitionError } from '../../shared/core/errors.ts'
import { deliveriesOf, responseOf } from '../../shared/worker/sqs-event.ts'

/** A whole record, as Lambda passes it. */
function record(messageId: string, queue: string, given: Partial<SQSRecord> = {}): SQSRecord {
  return {
    messageId,
    receiptHandle: `receipt of ${messageId}`,
    body: `body of ${messageId}`,
    attributes: {
      ApproximateReceiveCount: '3',
      SentTimestamp: '1767225600000',
      SenderId: 'sender',
      ApproximateFirstReceiveTimestamp: '1767225601000',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:eu-central-1:000000000000:${queue}`,
    awsRegion: 'eu-central-1',
    ...given,
  }
}

describe('an event of SQS', () => {
  it('is its deliveries, by queue and in their order', () => {
    const event = { Records: [record('1', 'shop-a'), record('2', 'shop-b-c'), record('3', 'shop-a')] }
    const byQueue = deliveriesOf(event, 'shop')
    expect([...byQueue].map(([queue, deliveries]) => [queue, deliveries.map(({ messageId }) => messageId)])).toEqual([
      ['a', ['1', '3']],
      ['b-c', ['2']],
    ])
    expect(byQueue.get('b-c')).toEqual([
      {
        messageId: '2',
        receipt: 'receipt of 2',
        body: 'body of 2',
        receiveCount: 3,
        sentAt: 1_767_225_600_000,
        firstReceivedAt: 1_767_225_601_000,
        attributes: {},
      },
    ])
  })

  it('has the attributes that are texts', () => {
    const messageAttributes = {
      reason: { stringValue: 'failure', dataType: 'String' as const },
      bytes: { binaryValue: 'AA==', dataType: 'Binary' as const },
    }
    const byQueue = deliveriesOf({ Records: [record('1', 'shop-a', { messageAttributes })] }, 'shop')
    expect(byQueue.get('a')?.[0]?.attributes).toEqual({ reason: 'failure' })
  })

  it('counts the first receive from the sending where SQS does not say', () => {
    const { attributes } = record('1', 'shop-a')
    const silent = { ...attributes, ApproximateFirstReceiveTimestamp: '' }
    const byQueue = deliveriesOf({ Records: [record('1', 'shop-a', { attributes: silent })] }, 'shop')
    expect(byQueue.get('a')?.[0]?.firstReceivedAt).toBe(1_767_225_600_000)
  })

  it('of another app is refused, with what to check', () => {
    const event = { Records: [record('1', 'shop-a'), record('2', 'other-a')] }
    expect(() => deliveriesOf(event, 'shop')).toThrow(DefinitionError)
    expect(() => deliveriesOf(event, 'shop')).toThrow(
      "worker: expected messages of queues named 'shop-…', received one of arn:aws:sqs:eu-central-1:000000000000:other-a. Check CELERIAC_PREFIX and the event source mapping.",
    )
  })

  it('is answered with what is to come again', () => {
    expect(responseOf([])).toEqual({ batchItemFailures: [] })
    expect(responseOf(['1', '2'])).toEqual({ batchItemFailures: [{ itemIdentifier: '1' }, { itemIdentifier: '2' }] })
  })
})
