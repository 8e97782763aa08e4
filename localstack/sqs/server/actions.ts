import type { ReceiveMessageResult, SendMessageBatchRequest, SendMessageRequest, SqsModel } from '../model/index.ts'
import {
  attributes,
  entries,
  integer,
  type Shape,
  string,
  stringMap,
  strings,
  structure,
  writeAttributes,
} from './shapes.ts'
import { traced, tracedBatch } from './trace-header.ts'

/** One action that answers at once: the shape of its input, and the model's method. */
export interface Action {
  read: (input: unknown) => unknown
  /**
   * The shape guarantees the types of what is there; the model checks what is missing.
   *
   * @param trace the X-Ray header of the request, if it came with one
   */
  run: (model: SqsModel, input: never, trace?: string) => unknown
}

const action = (shape: Shape, run: Action['run']): Action => {
  const read = structure(shape)
  return { read: (input) => read(input, 'the request'), run }
}

const QueueUrl = string
const outgoing: Shape = {
  MessageBody: string,
  DelaySeconds: integer,
  MessageAttributes: attributes,
  MessageSystemAttributes: attributes,
  MessageDeduplicationId: string,
  MessageGroupId: string,
}
const receipt: Shape = { Id: string, ReceiptHandle: string }

/** Every action except ReceiveMessage, by its name in `X-Amz-Target`. */
export const ACTIONS: ReadonlyMap<string, Action> = new Map(
  Object.entries({
    CreateQueue: action({ QueueName: string, Attributes: stringMap, tags: stringMap }, (model, input) =>
      model.createQueue(input),
    ),
    DeleteQueue: action({ QueueUrl }, (model, input) => model.deleteQueue(input)),
    GetQueueUrl: action({ QueueName: string, QueueOwnerAWSAccountId: string }, (model, input) =>
      model.getQueueUrl(input),
    ),
    ListQueues: action({ QueueNamePrefix: string, NextToken: string, MaxResults: integer }, (model, input) =>
      model.listQueues(input),
    ),
    ListDeadLetterSourceQueues: action({ QueueUrl, NextToken: string, MaxResults: integer }, (model, input) =>
      model.listDeadLetterSourceQueues(input),
    ),
    GetQueueAttributes: action({ QueueUrl, AttributeNames: strings }, (model, input) =>
      model.getQueueAttributes(input),
    ),
    SetQueueAttributes: action({ QueueUrl, Attributes: stringMap }, (model, input) => model.setQueueAttributes(input)),
    TagQueue: action({ QueueUrl, Tags: stringMap }, (model, input) => model.tagQueue(input)),
    UntagQueue: action({ QueueUrl, TagKeys: strings }, (model, input) => model.untagQueue(input)),
    ListQueueTags: action({ QueueUrl }, (model, input) => model.listQueueTags(input)),
    AddPermission: action({ QueueUrl, Label: string, AWSAccountIds: strings, Actions: strings }, (model, input) =>
      model.addPermission(input),
    ),
    RemovePermission: action({ QueueUrl, Label: string }, (model, input) => model.removePermission(input)),
    PurgeQueue: action({ QueueUrl }, (model, input) => model.purgeQueue(input)),
    SendMessage: action({ QueueUrl, ...outgoing }, (model, input: SendMessageRequest, trace) =>
      model.sendMessage(traced(input, trace)),
    ),
    SendMessageBatch: action(
      { QueueUrl, Entries: entries({ Id: string, ...outgoing }) },
      (model, input: SendMessageBatchRequest, trace) => model.sendMessageBatch(tracedBatch(input, trace)),
    ),
    DeleteMessage: action({ QueueUrl, ReceiptHandle: string }, (model, input) => model.deleteMessage(input)),
    DeleteMessageBatch: action({ QueueUrl, Entries: entries(receipt) }, (model, input) =>
      model.deleteMessageBatch(input),
    ),
    ChangeMessageVisibility: action({ QueueUrl, ReceiptHandle: string, VisibilityTimeout: integer }, (model, input) =>
      model.changeMessageVisibility(input),
    ),
    ChangeMessageVisibilityBatch: action(
      { QueueUrl, Entries: entries({ ...receipt, VisibilityTimeout: integer }) },
      (model, input) => model.changeMessageVisibilityBatch(input),
    ),
    StartMessageMoveTask: action(
      { SourceArn: string, DestinationArn: string, MaxNumberOfMessagesPerSecond: integer },
      (model, input) => model.startMessageMoveTask(input),
    ),
    ListMessageMoveTasks: action({ SourceArn: string, MaxResults: integer }, (model, input) =>
      model.listMessageMoveTasks(input),
    ),
    CancelMessageMoveTask: action({ TaskHandle: string }, (model, input) => model.cancelMessageMoveTask(input)),
  }),
)

const readReceive = structure({
  QueueUrl,
  AttributeNames: strings,
  MessageSystemAttributeNames: strings,
  MessageAttributeNames: strings,
  MaxNumberOfMessages: integer,
  VisibilityTimeout: integer,
  WaitTimeSeconds: integer,
  ReceiveRequestAttemptId: string,
})

/** The input of ReceiveMessage, the only action that may wait. */
export const receiveInput = (input: unknown): never => readReceive(input, 'the request') as never

export function receiveOutput({ Messages }: ReceiveMessageResult): unknown {
  if (Messages === undefined) return {}
  return {
    Messages: Messages.map((message) =>
      message.MessageAttributes === undefined
        ? message
        : { ...message, MessageAttributes: writeAttributes(message.MessageAttributes) },
    ),
  }
}
