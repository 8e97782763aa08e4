import type { SqsClock } from './clock.ts'
import type { SqsRecord } from './record.ts'
import type * as api from './types.ts'

/** What a model is made of. Everything has a default except nothing: `createSqsModel()` works. */
export interface SqsModelOptions {
  /** @default the machine's clock */
  clock?: SqsClock
  /** Gives message ids, queue and task identities; must never repeat. @default random UUIDs */
  ids?: () => string
  /** A number in [0, 1). Only `shortPollMissRate` uses it. @default Math.random */
  random?: () => number
  /** Twelve digits. @default '000000000000' */
  accountId?: string
  /** @default 'us-east-1' */
  region?: string
  /** Queue URLs are `<baseUrl>/<accountId>/<name>`. @default 'http://127.0.0.1:9324' */
  baseUrl?: string
  /** What `SenderId` says of every message. @default 'AIDALOCALCELERIAC' */
  senderId?: string
  /**
   * How often a short poll finds nothing although messages wait, as SQS does by asking a subset of its servers.
   * Long polls ask all of them and never miss. @default 0
   */
  shortPollMissRate?: number
  /** MD5 sums in answers, for SDKs to compare with their own. Without a wire nobody does: `false` leaves them empty. @default true */
  checksums?: boolean
  /** Called with every change, in order, before the action that made it returns. The durable log hangs here. */
  onRecord?: (record: SqsRecord) => void
}

/** One message as it lies in a queue, for tests. Times are milliseconds since the Unix epoch. */
export interface InspectedMessage {
  messageId: string
  body: string
  state: 'visible' | 'delayed' | 'inFlight'
  receiveCount: number
  sentAt: number
  /** When a delayed or in-flight message becomes visible; undefined when it is. */
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

/** Looks without touching: nothing here counts as a receive. A queue is named by name, URL or ARN. */
export interface SqsInspector {
  queues(): string[]
  counts(queue: string): QueueCounts
  /** All messages of a queue in the order of arrival, invisible ones included. */
  messages(queue: string): InspectedMessage[]
  /** Long polls that wait on the queue now. */
  waiting(queue: string): number
  /** When the next delayed or in-flight message of any queue becomes visible; undefined when none will. */
  nextChangeAt(): number | undefined
}

export interface SqsSnapshot {
  version: 1
  records: SqsRecord[]
}

export interface ReceiveOptions {
  /** Ends a long poll; it rejects with the signal's reason, having taken no message. */
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
  /** What is there now, whatever the wait time says. */
  receiveMessageNow(input: api.ReceiveMessageRequest): api.ReceiveMessageResult
  /**
   * A poll without promises: `done` is called once, at once or later; the function returned ends the poll, after
   * which `done` is never called and no message is taken. Throws at once for what SQS refuses.
   */
  poll(input: api.ReceiveMessageRequest, done: (result: api.ReceiveMessageResult) => void): () => void
  /** Gives back messages whose answer never reached the caller: visible at once, the receive not counted. */
  unreceive(queueUrl: string, result: api.ReceiveMessageResult): void
  deleteMessage(input: api.DeleteMessageRequest): void
  deleteMessageBatch(input: api.DeleteMessageBatchRequest): api.IdBatchResult
  changeMessageVisibility(input: api.ChangeMessageVisibilityRequest): void
  changeMessageVisibilityBatch(input: api.ChangeMessageVisibilityBatchRequest): api.IdBatchResult

  startMessageMoveTask(input: api.StartMessageMoveTaskRequest): api.StartMessageMoveTaskResult
  listMessageMoveTasks(input: api.ListMessageMoveTasksRequest): api.ListMessageMoveTasksResult
  cancelMessageMoveTask(input: api.CancelMessageMoveTaskRequest): api.CancelMessageMoveTaskResult

  readonly inspect: SqsInspector
  /** Everything there is, as plain JSON data. */
  snapshot(): SqsSnapshot
  /** Puts a snapshot into an empty model. */
  restore(snapshot: SqsSnapshot): void
  /** The same records one by one, to write them somewhere; the model may change meanwhile. */
  records(): Generator<SqsRecord>
  /** Records read from somewhere, into an empty model. */
  replay(records: Iterable<SqsRecord>): void
  /** Answers every waiting long poll with nothing and stops every timer; the model can be used no more. */
  close(): void
  /** Changes the prefix of queue URLs, e.g. once the server's port is known. */
  setBaseUrl(baseUrl: string): void
}
