import type { SQSEvent, SQSMessageAttributes, SQSRecord, SQSRecordAttributes } from 'aws-lambda'
import type { WireMessage } from './sqs-wire.ts'

/** Where the records of an event come from. */
export interface RecordSource {
  readonly queueArn: string
  readonly region: string
}

/**
 * The event of a batch, as Lambda makes it. All attribute values are texts.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
export function sqsEvent(messages: readonly WireMessage[], source: RecordSource): SQSEvent {
  return { Records: messages.map((message) => sqsRecord(message, source)) }
}

export function sqsRecord(message: WireMessage, { queueArn, region }: RecordSource): SQSRecord {
  const messageAttributes: SQSMessageAttributes = {}
  for (const [name, { DataType, StringValue, BinaryValue }] of Object.entries(message.MessageAttributes ?? {})) {
    messageAttributes[name] = {
      ...(StringValue !== undefined && { stringValue: StringValue }),
      ...(BinaryValue !== undefined && { binaryValue: BinaryValue }),
      stringListValues: [],
      binaryListValues: [],
      dataType: DataType,
    }
  }
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    // SQS always gives the four that the type demands; the others are there when the message has them.
    attributes: { ...message.Attributes } as unknown as SQSRecordAttributes,
    messageAttributes,
    md5OfBody: message.MD5OfBody,
    ...(message.MD5OfMessageAttributes !== undefined && { md5OfMessageAttributes: message.MD5OfMessageAttributes }),
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: region,
  }
}
