import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { Environment } from '../core/environment.ts'
import { UnknownQueueError } from '../core/errors.ts'
import type { Clock, Delivery, OutgoingMessage, Queues, Random, SendAnswer } from '../ports/index.ts'
import { type BatchAnswer, type EntryAnswer, inBatches } from './batches.ts'
import { rememberDoubt } from './doubt.ts'
import { messageBytes } from './pack.ts'
import { QueueUrls } from './queue-urls.ts'

export interface SqsQueuesOptions {
  /** The SDK's own retries (throttling, 5xx, network) stay as the client has them. */
  readonly sqs: SQSClient
  readonly environment: Environment
  readonly clock: Clock
  readonly random: Random
}

/** SQS answers these in tens of milliseconds; the client's own limit leaves room for a long poll. */
const quick = { requestTimeout: 6_000 } as const

/** The queues port on SQS. */
export function createSqsQueues({ sqs, environment, clock, random }: SqsQueuesOptions): Queues {
  rememberDoubt(sqs)
  const urls = new QueueUrls(sqs, environment)

  function batches<Entry>(
    queue: string,
    dead: boolean,
    entries: readonly Entry[],
    request: (url: string, entries: readonly Entry[]) => Promise<BatchAnswer>,
    bytesOf?: (entry: Entry) => number,
  ): Promise<readonly EntryAnswer[]> {
    return inBatches(
      entries,
      {
        request: async (batch) => request(await urls.of(queue, dead), batch),
        refusal(error) {
          const explained = urls.explain(error, queue, dead)
          return explained instanceof UnknownQueueError ? explained : undefined
        },
        ...(bytesOf && { bytesOf }),
      },
      { clock, random },
    )
  }

  async function sendTo(queue: string, dead: boolean, messages: readonly OutgoingMessage[]) {
    const send = (QueueUrl: string, batch: readonly OutgoingMessage[]) =>
      sqs.send(
        new SendMessageBatchCommand({
          QueueUrl,
          Entries: batch.map(({ body, delaySeconds, attributes }, index) => ({
            Id: String(index),
            MessageBody: body,
            ...(delaySeconds !== undefined && { DelaySeconds: delaySeconds }),
            ...(attributes && {
              MessageAttributes: Object.fromEntries(
                Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
              ),
            }),
          })),
        }),
        quick,
      )
    const answers = await batches(queue, dead, messages, send, messageBytes)
    return answers.map(
      (answer): SendAnswer =>
        answer.status === 'done'
          ? { status: 'sent', messageId: answer.messageId ?? '' }
          : { status: 'failed', maybeSent: answer.maybeDone, error: answer.error },
    )
  }

  async function countsOf(queue: string, dead: boolean): Promise<Readonly<Record<string, string>>> {
    try {
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl: await urls.of(queue, dead),
          AttributeNames: [
            'ApproximateNumberOfMessages',
            'ApproximateNumberOfMessagesNotVisible',
            'ApproximateNumberOfMessagesDelayed',
          ],
        }),
        quick,
      )
      return Attributes
    } catch (error) {
      throw urls.explain(error, queue, dead)
    }
  }

  return {
    send: (queue, messages) => sendTo(queue, false, messages),
    sendDead: (queue, messages) => sendTo(queue, true, messages),

    async hide(queue, requests, options) {
      const answers = await batches(queue, options?.dead ?? false, requests, (QueueUrl, batch) =>
        sqs.send(
          new ChangeMessageVisibilityBatchCommand({
            QueueUrl,
            Entries: batch.map(({ receipt, delaySeconds }, index) => ({
              Id: String(index),
              ReceiptHandle: receipt,
              VisibilityTimeout: delaySeconds,
            })),
          }),
          quick,
        ),
      )
      return answers.map((answer) => answer.status === 'done')
    },

    async acknowledge(queue, receipts, options) {
      const answers = await batches(queue, options?.dead ?? false, receipts, (QueueUrl, batch) =>
        sqs.send(
          new DeleteMessageBatchCommand({
            QueueUrl,
            Entries: batch.map((receipt, index) => ({ Id: String(index), ReceiptHandle: receipt })),
          }),
          quick,
        ),
      )
      return answers.map((answer) => answer.status === 'done')
    },

    async receive(queue, { max, waitSeconds, hideSeconds, signal, dead }) {
      if (signal?.aborted) return []
      try {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({
            QueueUrl: await urls.of(queue, dead),
            MaxNumberOfMessages: max,
            WaitTimeSeconds: waitSeconds,
            ...(hideSeconds !== undefined && { VisibilityTimeout: hideSeconds }),
            MessageSystemAttributeNames: [
              'ApproximateReceiveCount',
              'SentTimestamp',
              'ApproximateFirstReceiveTimestamp',
            ],
            MessageAttributeNames: ['All'],
          }),
          { ...(signal && { abortSignal: signal }) },
        )
        return Messages.map(deliveryOf)
      } catch (error) {
        if (signal?.aborted) return []
        throw urls.explain(error, queue, dead)
      }
    },

    async depth(queue) {
      const [live, dead] = await Promise.all([countsOf(queue, false), countsOf(queue, true)])
      return {
        waiting: Number(live.ApproximateNumberOfMessages),
        inFlight: Number(live.ApproximateNumberOfMessagesNotVisible),
        delayed: Number(live.ApproximateNumberOfMessagesDelayed),
        dead: Number(dead.ApproximateNumberOfMessages),
      }
    },
  }
}

function deliveryOf(message: Message): Delivery {
  const system = message.Attributes ?? {}
  const attributes: Record<string, string> = {}
  for (const [name, value] of Object.entries(message.MessageAttributes ?? {})) {
    if (value.StringValue !== undefined) attributes[name] = value.StringValue
  }
  return {
    messageId: message.MessageId ?? '',
    receipt: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    receiveCount: Number(system.ApproximateReceiveCount),
    sentAt: Number(system.SentTimestamp),
    firstReceivedAt: Number(system.ApproximateFirstReceiveTimestamp),
    attributes,
  }
}
