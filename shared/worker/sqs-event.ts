import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { DefinitionError } from '../core/errors.ts'
import { routeOf } from '../core/names.ts'
import type { Delivery } from '../ports/index.ts'

/**
 * Groups the deliveries of an event by queue.
 *
 * @throws {DefinitionError} the queue is not this app's: the event source mapping points at the wrong function
 */
export function deliveriesOf(event: SQSEvent, prefix: string): ReadonlyMap<string, readonly Delivery[]> {
  const byQueue = new Map<string, Delivery[]>()
  for (const record of event.Records) {
    const queue = routeOf(prefix, record.eventSourceARN)
    if (queue === undefined) {
      throw new DefinitionError(
        `worker: expected messages of queues named '${prefix}-…', received one of ${record.eventSourceARN}. Check CELERIAC_PREFIX and the event source mapping.`,
      )
    }
    const deliveries = byQueue.get(queue)
    if (deliveries === undefined) byQueue.set(queue, [deliveryOf(record)])
    else deliveries.push(deliveryOf(record))
  }
  return byQueue
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html: all attribute values are texts. */
function deliveryOf(record: SQSRecord): Delivery {
  const { attributes } = record
  const sentAt = Number(attributes.SentTimestamp)
  const texts: Record<string, string> = {}
  for (const [name, { stringValue }] of Object.entries(record.messageAttributes)) {
    if (stringValue !== undefined) texts[name] = stringValue
  }
  return {
    messageId: record.messageId,
    receipt: record.receiptHandle,
    body: record.body,
    receiveCount: Number(attributes.ApproximateReceiveCount),
    sentAt,
    firstReceivedAt: Number(attributes.ApproximateFirstReceiveTimestamp) || sentAt,
    attributes: texts,
  }
}

/**
 * The partial batch response. Ids come only from the event, because an id that is not in the batch makes Lambda retry the whole batch.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function responseOf(failed: readonly string[]): SQSBatchResponse {
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
}
