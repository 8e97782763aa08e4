import { isTraceHeader, type OutgoingMessage, type SendMessageBatchRequest } from '../model/index.ts'

/** The X-Ray header of a request, if it is one. */
export function traceHeaderIn(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' && isTraceHeader(header) ? header : undefined
}

/**
 * A message as SQS takes it when its request came with an X-Ray header: that is its `AWSTraceHeader`, unless it has one of its own. The SDK sends
 * the header by itself within Lambda, which recognises functions that call themselves by it.
 *
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-x-ray.html
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
 */
export function traced<Message extends OutgoingMessage>(message: Message, header: string | undefined): Message {
  if (header === undefined || message.MessageSystemAttributes !== undefined) return message
  return { ...message, MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: header } } }
}

/** The same for each message of a batch. */
export function tracedBatch(batch: SendMessageBatchRequest, header: string | undefined): SendMessageBatchRequest {
  if (header === undefined || batch.Entries === undefined) return batch
  return { ...batch, Entries: batch.Entries.map((entry) => traced(entry, header)) }
}
