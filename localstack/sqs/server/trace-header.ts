import { isTraceHeader, type OutgoingMessage, type SendMessageBatchRequest } from '../model/index.ts'

/** The X-Ray header of a request, if it is one. */
export function traceHeaderIn(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' && isTraceHeader(header) ? header : undefined
}

/**
 * Adds the X-Ray header of the request to a message as `AWSTraceHeader`, as SQS does, unless the message has system
 * attributes of its own. Within Lambda the SDK sends the header automatically; Lambda uses it to detect functions
 * that call themselves.
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
