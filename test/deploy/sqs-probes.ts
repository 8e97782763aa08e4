import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ListDeadLetterSourceQueuesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs'
import { errorOf, type Probe, type ProbePlace, unless } from './probe.ts'

const api = (operation: string) =>
  `https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_${operation}.html`
const guide = (page: string) =>
  `https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/${page}.html`

export const sqsProbes: readonly Probe[] = [
  {
    id: 'sqs-batch-delay',
    aws: 'A bad DelaySeconds fails its own entry of SendMessageBatch; the other entries are sent.',
    source: api('SendMessageBatch'),
    async run({ sqs, queue }) {
      const QueueUrl = await queue('batch-delay')
      const Entries = [
        { Id: 'good', MessageBody: 'x' },
        { Id: 'bad', MessageBody: 'x', DelaySeconds: 901 },
      ]
      try {
        const { Successful = [], Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
        return unless('good sent, bad failed', `${ids(Successful)} sent, ${ids(Failed)} failed`)
      } catch (error) {
        return `the whole batch fails: ${error instanceof Error ? error.name : error}`
      }
    },
  },
  {
    id: 'sqs-delete-twice',
    aws: 'Deleting a message that is deleted already succeeds.',
    source: api('DeleteMessage'),
    async run({ sqs, queue }) {
      const QueueUrl = await queue('delete-twice')
      const { ReceiptHandle } = await sendAndReceive(sqs, QueueUrl)
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
      return unless('accepted', await errorOf(sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))))
    },
  },
  {
    id: 'sqs-eleven-attributes',
    aws: 'A message has at most 10 attributes; more are InvalidParameterValue.',
    source: guide('sqs-message-metadata'),
    async run({ sqs, queue }) {
      const QueueUrl = await queue('attributes')
      const attributes = Array.from({ length: 11 }, (_, i) => [`a${i}`, { DataType: 'String', StringValue: 'x' }])
      const send = new SendMessageCommand({
        QueueUrl,
        MessageBody: 'x',
        MessageAttributes: Object.fromEntries(attributes),
      })
      return unless('InvalidParameterValue', await errorOf(sqs.send(send)))
    },
  },
  {
    id: 'sqs-group-on-standard',
    aws: 'A standard queue takes a MessageGroupId (fair queues) and gives it back.',
    source: guide('sqs-fair-queues'),
    async run({ sqs, queue }) {
      const QueueUrl = await queue('fair')
      const sent = await errorOf(
        sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x', MessageGroupId: 'tenant-1' })),
      )
      if (sent !== 'accepted') return sent
      const { Attributes } = await receive(sqs, QueueUrl)
      return unless('tenant-1', Attributes?.MessageGroupId ?? 'no MessageGroupId among the attributes')
    },
  },
  {
    id: 'sqs-trace-header',
    aws: 'AWSTraceHeader comes back among the system attributes.',
    source: api('SendMessage'),
    async run({ sqs, queue }) {
      const QueueUrl = await queue('trace')
      const StringValue = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1'
      const MessageSystemAttributes = { AWSTraceHeader: { DataType: 'String', StringValue } }
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x', MessageSystemAttributes }))
      const { Attributes } = await receive(sqs, QueueUrl)
      return unless(StringValue, Attributes?.AWSTraceHeader ?? 'no AWSTraceHeader')
    },
  },
  {
    id: 'sqs-characters',
    aws: 'A body with characters outside XML 1.0, such as U+0000, is InvalidMessageContents.',
    source: api('SendMessage'),
    async run({ sqs, queue }) {
      const QueueUrl = await queue('characters')
      const send = new SendMessageCommand({ QueueUrl, MessageBody: 'a\u0000b' })
      return unless('InvalidMessageContents', await errorOf(sqs.send(send)))
    },
  },
  {
    id: 'sqs-batch-characters',
    aws: 'In a batch such a body fails its own entry, as the sender’s fault.',
    source: api('BatchResultErrorEntry'),
    async run({ sqs, queue }) {
      const QueueUrl = await queue('batch-characters')
      const Entries = [
        { Id: 'good', MessageBody: 'x' },
        { Id: 'bad', MessageBody: 'a\u0000b' },
      ]
      const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
      return unless(
        'bad InvalidMessageContents SenderFault true',
        Failed.map(({ Id, Code, SenderFault }) => `${Id} ${Code} SenderFault ${SenderFault}`).join(', '),
      )
    },
  },
  {
    id: 'sqs-one-mebibyte',
    aws: 'A message of 1 MiB is accepted.',
    source: guide('quotas-messages'),
    async run({ sqs, queue }) {
      const QueueUrl = await queue('mebibyte')
      return unless(
        'accepted',
        await errorOf(sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x'.repeat(1_048_576) }))),
      )
    },
  },
  {
    id: 'sqs-batch-size',
    aws: 'A batch above 1 MiB in sum is BatchRequestTooLong.',
    source: api('SendMessageBatch'),
    async run({ sqs, queue }) {
      const QueueUrl = await queue('too-long')
      const Entries = ['a', 'b'].map((Id) => ({ Id, MessageBody: 'x'.repeat(600_000) }))
      return unless('BatchRequestTooLong', await errorOf(sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))))
    },
  },
  {
    id: 'sqs-aborted-poll',
    aws: 'A long poll whose client has gone away takes no message with it.',
    source: guide('sqs-short-and-long-polling'),
    async run({ sqs, queue }) {
      const QueueUrl = await queue('aborted')
      const poll = new AbortController()
      const polling = errorOf(
        sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 10 }), { abortSignal: poll.signal }),
      )
      await pause(300)
      poll.abort()
      await polling
      await pause(300)
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }))
      await pause(500)
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }))
      return Messages.length === 1 ? undefined : 'the message is hidden for its visibility timeout'
    },
  },
  {
    id: 'sqs-redrive-to-missing',
    aws: 'A redrive policy that names a queue that does not exist is refused.',
    source: api('SetQueueAttributes'),
    async run({ queue }) {
      const RedrivePolicy = JSON.stringify({
        deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:celeriac-probe-nobody',
        maxReceiveCount: 3,
      })
      const seen = await errorOf(queue('redrive', { RedrivePolicy }))
      return seen === 'accepted' ? seen : undefined
    },
  },
  {
    id: 'sqs-native-redrive',
    aws: 'A message received more often than maxReceiveCount moves to the dead-letter queue.',
    source: guide('sqs-dead-letter-queues'),
    async run(place) {
      const { dead } = await deadLettered(place, 'native')
      return (await count(place, dead)) === 1 ? undefined : 'it stays'
    },
  },
  {
    id: 'sqs-dead-letter-sources',
    aws: 'ListDeadLetterSourceQueues names the queues whose redrive policy points here.',
    source: api('ListDeadLetterSourceQueues'),
    async run(place) {
      const { dead, source } = await deadLettered(place, 'sources')
      try {
        const listed = await place.sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead }))
        return unless(source, listed.queueUrls?.join(', ') || 'no queue')
      } catch (error) {
        return error instanceof Error ? error.name : String(error)
      }
    },
  },
  {
    id: 'sqs-move-task',
    aws: 'StartMessageMoveTask moves dead letters back to the queue that they came from.',
    source: api('StartMessageMoveTask'),
    async run(place) {
      const { dead, deadArn, source } = await deadLettered(place, 'move')
      const seen = await errorOf(place.sqs.send(new StartMessageMoveTaskCommand({ SourceArn: deadArn })))
      if (seen !== 'accepted') return seen
      for (let i = 0; i < 50 && (await count(place, source)) === 0; i += 1) await pause(100)
      return unless('0 dead, 1 back', `${await count(place, dead)} dead, ${await count(place, source)} back`)
    },
  },
]

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const ids = (entries: readonly { readonly Id?: string | undefined }[]) => entries.map(({ Id }) => Id).join(', ') || '-'

async function receive(sqs: ProbePlace['sqs'], QueueUrl: string): Promise<Message> {
  const request = { QueueUrl, WaitTimeSeconds: 2, MessageSystemAttributeNames: ['All' as const] }
  const { Messages } = await sqs.send(new ReceiveMessageCommand(request))
  const [message] = Messages ?? []
  if (!message) throw new Error('no message came')
  return message
}

async function sendAndReceive(sqs: ProbePlace['sqs'], QueueUrl: string): Promise<Message> {
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }))
  return receive(sqs, QueueUrl)
}

async function attribute({ sqs }: ProbePlace, QueueUrl: string, name: 'QueueArn' | 'ApproximateNumberOfMessages') {
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [name] }))
  return Attributes?.[name] ?? ''
}

const count = async (place: ProbePlace, url: string) =>
  Number(await attribute(place, url, 'ApproximateNumberOfMessages'))

/** A queue and its dead-letter queue, with one message that was received once too often. */
async function deadLettered(place: ProbePlace, name: string) {
  const dead = await place.queue(`${name}-dead`)
  const deadArn = await attribute(place, dead, 'QueueArn')
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadArn, maxReceiveCount: 1 })
  const source = await place.queue(name, { VisibilityTimeout: '0', RedrivePolicy })
  await sendAndReceive(place.sqs, source)
  await place.sqs.send(new ReceiveMessageCommand({ QueueUrl: source, WaitTimeSeconds: 1 }))
  return { dead, deadArn, source }
}
