import { SqsError, type SqsModel } from '../../localstack/sqs/model/index.ts'
import type { MessageAttributes, QueueRequest, ReceivedMessage } from '../../localstack/sqs/model/types.ts'
import { UnknownQueueError } from '../core/errors.ts'
import { deadQueueName, queueName } from '../core/names.ts'
import type { Delivery, OutgoingMessage, Queues, SendAnswer } from '../ports/index.ts'

export interface MemoryQueuesOptions {
  /** With the app's queues created in it: see createQueues(). */
  readonly model: SqsModel
  readonly prefix: string
}

/** The queues port on the model of SQS, without a wire between. Time is the model's clock. */
export function createMemoryQueues({ model, prefix }: MemoryQueuesOptions): Queues {
  // Of queues that were found once: as in the cloud, URLs are not asked for again.
  const urls = { live: new Map<string, string>(), dead: new Map<string, string>() }
  const urlOf = (queue: string, dead: boolean | undefined): string => {
    const known = dead ? urls.dead : urls.live
    const url = known.get(queue)
    if (url !== undefined) return url
    const QueueName = dead ? deadQueueName(prefix, queue) : queueName(prefix, queue)
    try {
      const { QueueUrl } = model.getQueueUrl({ QueueName })
      known.set(queue, QueueUrl)
      return QueueUrl
    } catch (error) {
      throw new UnknownQueueError(queue, QueueName, { cause: error })
    }
  }

  const send = (QueueUrl: string, message: OutgoingMessage): SendAnswer => {
    try {
      const sent = model.sendMessage({
        QueueUrl,
        MessageBody: message.body,
        DelaySeconds: message.delaySeconds,
        MessageAttributes: message.attributes && messageAttributes(message.attributes),
      })
      return { status: 'sent', messageId: sent.MessageId }
    } catch (error) {
      return { status: 'failed', maybeSent: false, error: error instanceof Error ? error : new Error(String(error)) }
    }
  }

  const count = (QueueUrl: QueueRequest['QueueUrl']): Readonly<Record<string, string>> =>
    model.getQueueAttributes({ QueueUrl, AttributeNames: ['All'] }).Attributes ?? {}

  return {
    async send(queue, messages) {
      const url = urlOf(queue, false)
      return messages.map((message) => send(url, message))
    },
    async sendDead(queue, messages) {
      const url = urlOf(queue, true)
      return messages.map((message) => send(url, message))
    },
    async hide(queue, requests, options) {
      const QueueUrl = urlOf(queue, options?.dead)
      return requests.map(({ receipt, delaySeconds }) =>
        accepted(() =>
          model.changeMessageVisibility({ QueueUrl, ReceiptHandle: receipt, VisibilityTimeout: delaySeconds }),
        ),
      )
    },
    async receive(queue, { max, waitSeconds, hideSeconds, signal, dead }) {
      const request = {
        QueueUrl: urlOf(queue, dead),
        MaxNumberOfMessages: max,
        WaitTimeSeconds: waitSeconds,
        ...(hideSeconds !== undefined && { VisibilityTimeout: hideSeconds }),
        MessageSystemAttributeNames: systemAttributes,
        MessageAttributeNames: allAttributes,
      }
      if (signal?.aborted) return []
      try {
        const { Messages } = await model.receiveMessage(request, { ...(signal && { signal }) })
        return (Messages ?? []).map(deliveryOf)
      } catch (error) {
        if (signal?.aborted) return []
        throw error
      }
    },
    async acknowledge(queue, receipts, options) {
      const QueueUrl = urlOf(queue, options?.dead)
      return receipts.map((ReceiptHandle) => accepted(() => model.deleteMessage({ QueueUrl, ReceiptHandle })))
    },
    async depth(queue) {
      const live = count(urlOf(queue, false))
      const dead = count(urlOf(queue, true))
      return {
        waiting: Number(live.ApproximateNumberOfMessages),
        inFlight: Number(live.ApproximateNumberOfMessagesNotVisible),
        delayed: Number(live.ApproximateNumberOfMessagesDelayed),
        dead: Number(dead.ApproximateNumberOfMessages),
      }
    },
  }
}

/** Those that a delivery is made of. */
const systemAttributes = ['ApproximateReceiveCount', 'SentTimestamp', 'ApproximateFirstReceiveTimestamp']
const allAttributes = ['All']

function messageAttributes(texts: Readonly<Record<string, string>>): MessageAttributes {
  const attributes: MessageAttributes = {}
  for (const name of Object.keys(texts)) attributes[name] = { DataType: 'String', StringValue: texts[name] }
  return attributes
}

function accepted(action: () => void): boolean {
  try {
    action()
    return true
  } catch (error) {
    if (error instanceof SqsError) return false
    throw error
  }
}

function deliveryOf(message: ReceivedMessage): Delivery {
  const system = message.Attributes ?? {}
  const attributes: Record<string, string> = {}
  for (const [name, value] of Object.entries(message.MessageAttributes ?? {})) {
    if (value.StringValue !== undefined) attributes[name] = value.StringValue
  }
  return {
    messageId: message.MessageId,
    receipt: message.ReceiptHandle,
    body: message.Body,
    receiveCount: Number(system.ApproximateReceiveCount),
    sentAt: Number(system.SentTimestamp),
    firstReceivedAt: Number(system.ApproximateFirstReceiveTimestamp),
    attributes,
  }
}
