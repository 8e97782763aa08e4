import type { SqsClock } from './clock.ts'
import type { SqsRecord } from './record.ts'
import type * as api from './types.ts'

/** Options of a model. All are optional: `createSqsModel()` works. */
export interface SqsModelOptions {
  /** @default the machine's clock */
  clock?: SqsClock
  /** Creates message ids, queue ids and task ids. Must never repeat. @default random UUIDs */
  ids?: () => string
  /** A number in [0, 1). Only `shortPollMissRate` uses it. @default Math.random */
  random?: () => number
  /** Twelve digits. @default '000000000000' */
  accountId?: string
  /** @default 'us-east-1' */
  region?: string
  /** Queue URLs are `<baseUrl>/<accountId>/<name>`. @default 'http://127.0.0.1:9324' */
  baseUrl?: string
  /** The `SenderId` of every message. @default 'AIDALOCALCELERIAC' */
  senderId?: string
  /**
   * Share of short polls that find nothing although messages wait. SQS behaves like this because a short poll asks
   * only a subset of its servers. Long polls ask all servers and never miss. @default 0
   */
  shortPollMissRate?: number
  /**
   * Include MD5 sums in answers, for SDKs to check. Code in the same process does not need them: `false` leaves them
   * empty. @default true
   */
  checksums?: boolean
  /** Called with every change, in order, before the action returns. The durable log uses it. */
  onRecord?: (record: SqsRecord) => void
}

/** One message in a queue, for tests. Times are milliseconds since the Unix epoch. */
export interface InspectedMessage {
  messageId: string
  body: string
  state: 'visible' | 'delayed' | 'inFlight'
  receiveCount: number
  sentAt: number
  /** When a delayed or in-flight message becomes visible; undefined when it is visible now. */
  visibleAt: number | undefined
  groupId: string | undefined
  deduplicationId: string | undefined
  sequenceNumber: string | undefined
  messageAttributes: api.MessageAttributes | undefined
  traceHeader: string | undefined
  deadLetterSourceArn: string | undefined
}

export interface QueueCounts {
  visible: number
  delayed: number
  inFlight: number
}

/** Reads the model without changing it: nothing here counts as a receive. Takes a queue's name, URL or ARN. */
export interface SqsInspector {
  queues(): string[]
  counts(queue: string): QueueCounts
  /** All messages of a queue in the order of arrival, invisible ones included. */
  messages(queue: string): InspectedMessage[]
  /** Number of long polls that wait on the queue now. */
  waiting(queue: string): number
  /** When the next delayed or in-flight message of any queue becomes visible; undefined when none will. */
  nextChangeAt(): number | undefined
}

export interface SqsSnapshot {
  version: 1
  records: SqsRecord[]
}

export interface ReceiveOptions {
  /** Ends a long poll. The poll rejects with the signal's reason and takes no message. */
  signal?: AbortSignal
}

/**
 * SQS as a pure model: one account, one region. Methods are the API's actions; they take and return the SDK's plain
 * objects and throw `SqsError`. All but `receiveMessage` answer at once; a long poll waits on the model's clock.
 *
 * @example
 * const sqs = createSqsModel({ clock })
 * const { QueueUrl } = sqs.createQueue({ QueueName: 'emails' })
 * sqs.sendMessage({ QueueUrl, MessageBody: 'hello' })
 * const { Messages } = await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 20 })
 */
export interface SqsModel {
  createQueue(input: api.CreateQueueRequest): api.QueueUrlResult
  deleteQueue(input: api.QueueRequest): void
  getQueueUrl(input: api.GetQueueUrlRequest): api.QueueUrlResult
  listQueues(input?: api.ListQueuesRequest): api.ListQueuesResult
  listDeadLetterSourceQueues(input: api.ListDeadLetterSourceQueuesRequest): api.ListDeadLetterSourceQueuesResult
  getQueueAttributes(input: api.GetQueueAttributesRequest): { Attributes?: api.StringMap }
  setQueueAttributes(input: api.SetQueueAttributesRequest): void
  tagQueue(input: api.TagQueueRequest): void
  untagQueue(input: api.UntagQueueRequest): void
  listQueueTags(input: api.QueueRequest): { Tags?: api.StringMap }
  addPermission(input: api.AddPermissionRequest): void
  removePermission(input: api.RemovePermissionRequest): void
  purgeQueue(input: api.QueueRequest): void

  sendMessage(input: api.SendMessageRequest): api.SendMessageResult
  sendMessageBatch(input: api.SendMessageBatchRequest): api.SendMessageBatchResult
  /** Short or long poll, by `WaitTimeSeconds` or the queue's default. */
  receiveMessage(input: api.ReceiveMessageRequest, options?: ReceiveOptions): Promise<api.ReceiveMessageResult>
  /** Receives the messages that are available now and ignores the wait time. */
  receiveMessageNow(input: api.ReceiveMessageRequest): api.ReceiveMessageResult
  /**
   * A poll without promises. Calls `done` once, immediately or later. The returned function cancels the poll: then
   * `done` is never called and no message is taken. Throws immediately when SQS would refuse the request.
   */
  poll(input: api.ReceiveMessageRequest, done: (result: api.ReceiveMessageResult) => void): () => void
  /**
   * Returns messages when their answer never reached the caller. They are visible at once, and the receive does not
   * count.
   */
  unreceive(queueUrl: string, result: api.ReceiveMessageResult): void
  deleteMessage(input: api.DeleteMessageRequest): void
  deleteMessageBatch(input: api.DeleteMessageBatchRequest): api.IdBatchResult
  changeMessageVisibility(input: api.ChangeMessageVisibilityRequest): void
  changeMessageVisibilityBatch(input: api.ChangeMessageVisibilityBatchRequest): api.IdBatchResult

  startMessageMoveTask(input: api.StartMessageMoveTaskRequest): api.StartMessageMoveTaskResult
  listMessageMoveTasks(input: api.ListMessageMoveTasksRequest): api.ListMessageMoveTasksResult
  cancelMessageMoveTask(input: api.CancelMessageMoveTaskRequest): api.CancelMessageMoveTaskResult

  readonly inspect: SqsInspector
  /** The whole state as plain JSON data. */
  snapshot(): SqsSnapshot
  /** Puts a snapshot into an empty model. */
  restore(snapshot: SqsSnapshot): void
  /** The same records one by one, to write them to a file. The model may change during the iteration. */
  records(): Generator<SqsRecord>
  /** Loads stored records into an empty model. */
  replay(records: Iterable<SqsRecord>): void
  /** Answers every waiting long poll with nothing and stops every timer. The model cannot be used afterwards. */
  close(): void
  /** Changes the prefix of queue URLs, e.g. once the server's port is known. */
  setBaseUrl(baseUrl: string): void
}
