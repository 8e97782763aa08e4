/**
 * The shapes of the SQS API, as the AWS SDK for JavaScript (`@aws-sdk/client-sqs`) names and types them, without
 * importing it: what the model takes and returns is what the SDK sends and gives.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
 */

/** A user's message attribute. `DataType` is `String`, `Number` or `Binary`, with an optional `.label`. */
export interface MessageAttributeValue {
  DataType?: string | undefined
  StringValue?: string | undefined
  BinaryValue?: Uint8Array | undefined
  StringListValues?: string[] | undefined
  BinaryListValues?: Uint8Array[] | undefined
}

export type MessageAttributes = Record<string, MessageAttributeValue>
export type StringMap = Record<string, string>

interface OnQueue {
  QueueUrl?: string | undefined
}

export interface CreateQueueRequest {
  QueueName?: string | undefined
  Attributes?: Partial<StringMap> | undefined
  /** The API spells this member in lower case. */
  tags?: StringMap | undefined
}

export interface GetQueueUrlRequest {
  QueueName?: string | undefined
  QueueOwnerAWSAccountId?: string | undefined
}

export interface QueueUrlResult {
  QueueUrl: string
}

export type QueueRequest = OnQueue

export interface GetQueueAttributesRequest extends OnQueue {
  AttributeNames?: string[] | undefined
}

export interface SetQueueAttributesRequest extends OnQueue {
  Attributes?: Partial<StringMap> | undefined
}

export interface ListQueuesRequest {
  QueueNamePrefix?: string | undefined
  NextToken?: string | undefined
  MaxResults?: number | undefined
}

export interface ListQueuesResult {
  /** Absent when there is none. */
  QueueUrls?: string[]
  NextToken?: string
}

export interface ListDeadLetterSourceQueuesRequest extends OnQueue {
  NextToken?: string | undefined
  MaxResults?: number | undefined
}

export interface ListDeadLetterSourceQueuesResult {
  /** The API spells this member in lower case. */
  queueUrls: string[]
  NextToken?: string
}

export interface TagQueueRequest extends OnQueue {
  Tags?: StringMap | undefined
}

export interface UntagQueueRequest extends OnQueue {
  TagKeys?: string[] | undefined
}

export interface AddPermissionRequest extends OnQueue {
  Label?: string | undefined
  AWSAccountIds?: string[] | undefined
  Actions?: string[] | undefined
}

export interface RemovePermissionRequest extends OnQueue {
  Label?: string | undefined
}

/** What is sent, alone or as an entry of a batch. */
export interface OutgoingMessage {
  MessageBody?: string | undefined
  /** 0 to 900; standard queues only (0 is accepted on FIFO queues and means the queue's own delay). */
  DelaySeconds?: number | undefined
  MessageAttributes?: MessageAttributes | undefined
  /** Only `AWSTraceHeader`, of type `String`. */
  MessageSystemAttributes?: MessageAttributes | undefined
  MessageDeduplicationId?: string | undefined
  /** FIFO: the ordered group. Standard: the tenant of a fair queue. */
  MessageGroupId?: string | undefined
}

export interface SendMessageRequest extends OnQueue, OutgoingMessage {}

export interface SendMessageResult {
  MessageId: string
  MD5OfMessageBody: string
  MD5OfMessageAttributes?: string
  MD5OfMessageSystemAttributes?: string
  /** FIFO queues only: 20 digits, rising. */
  SequenceNumber?: string
}

export interface SendMessageBatchEntry extends OutgoingMessage {
  Id?: string | undefined
}

export interface SendMessageBatchRequest extends OnQueue {
  Entries?: SendMessageBatchEntry[] | undefined
}

export interface BatchResultErrorEntry {
  Id: string
  SenderFault: boolean
  Code: string
  Message: string
}

/** An entry is in exactly one of the lists; a list without entries is absent. */
export interface BatchResult<Done> {
  Successful?: Done[]
  Failed?: BatchResultErrorEntry[]
}

export type SendMessageBatchResult = BatchResult<SendMessageResult & { Id: string }>

export interface ReceiveMessageRequest extends OnQueue {
  /** @deprecated by SQS in favour of `MessageSystemAttributeNames`; both are honoured. */
  AttributeNames?: string[] | undefined
  MessageSystemAttributeNames?: string[] | undefined
  MessageAttributeNames?: string[] | undefined
  /** 1 to 10. @default 1 */
  MaxNumberOfMessages?: number | undefined
  /** Seconds, 0 to 43,200. @default the queue's */
  VisibilityTimeout?: number | undefined
  /** Seconds, 0 to 20. @default the queue's `ReceiveMessageWaitTimeSeconds` */
  WaitTimeSeconds?: number | undefined
  /** FIFO queues only. */
  ReceiveRequestAttemptId?: string | undefined
}

export interface ReceivedMessage {
  MessageId: string
  ReceiptHandle: string
  MD5OfBody: string
  Body: string
  Attributes?: StringMap
  MD5OfMessageAttributes?: string
  MessageAttributes?: MessageAttributes
}

export interface ReceiveMessageResult {
  /** Absent when there is none. */
  Messages?: ReceivedMessage[]
}

export interface DeleteMessageRequest extends OnQueue {
  ReceiptHandle?: string | undefined
}

export interface DeleteMessageBatchRequest extends OnQueue {
  Entries?: { Id?: string | undefined; ReceiptHandle?: string | undefined }[] | undefined
}

export interface ChangeMessageVisibilityRequest extends OnQueue {
  ReceiptHandle?: string | undefined
  /** Seconds from now, 0 to 43,200, and at most 43,200 s after the receive. */
  VisibilityTimeout?: number | undefined
}

export interface ChangeMessageVisibilityBatchRequest extends OnQueue {
  Entries?:
    | { Id?: string | undefined; ReceiptHandle?: string | undefined; VisibilityTimeout?: number | undefined }[]
    | undefined
}

export type IdBatchResult = BatchResult<{ Id: string }>

export interface StartMessageMoveTaskRequest {
  SourceArn?: string | undefined
  /** @default each message's own source queue */
  DestinationArn?: string | undefined
  /** 1 to 500. @default as fast as it goes */
  MaxNumberOfMessagesPerSecond?: number | undefined
}

export interface StartMessageMoveTaskResult {
  TaskHandle: string
}

export interface ListMessageMoveTasksRequest {
  SourceArn?: string | undefined
  /** 1 to 10. @default 1 */
  MaxResults?: number | undefined
}

export type MoveTaskStatus = 'RUNNING' | 'COMPLETED' | 'CANCELLING' | 'CANCELLED' | 'FAILED'

export interface MessageMoveTask {
  /** Only while RUNNING. */
  TaskHandle?: string
  Status: MoveTaskStatus
  SourceArn: string
  DestinationArn?: string
  MaxNumberOfMessagesPerSecond?: number
  ApproximateNumberOfMessagesMoved: number
  ApproximateNumberOfMessagesToMove: number
  FailureReason?: string
  /** Milliseconds since the Unix epoch. */
  StartedTimestamp: number
}

export interface ListMessageMoveTasksResult {
  Results: MessageMoveTask[]
}

export interface CancelMessageMoveTaskRequest {
  TaskHandle?: string | undefined
}

export interface CancelMessageMoveTaskResult {
  ApproximateNumberOfMessagesMoved: number
}
