import { randomBytes } from 'node:crypto'
import { type Message, SQS } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SqsServer, startSqsServer } from '../../../localstack/sqs/server/index.ts'
import { ManualClock } from '../../support/manual-clock.ts'

/**
 * What the rules are tried on: our own server on a clock that the rules turn, or any endpoint given by
 * CELERIAC_SQS_ENDPOINT, where they wait for real. Credentials for a real account come from the usual AWS variables.
 */
const foreign = process.env.CELERIAC_SQS_ENDPOINT
const clock = new ManualClock()
let server: SqsServer | undefined
let client: SQS | undefined
const made: string[] = []

export const sqs = (): SQS => {
  if (client === undefined) throw new Error('no client yet: use sqs() inside a rule')
  return client
}

beforeAll(async () => {
  if (foreign === undefined) server = await startSqsServer({ clock })
  client = new SQS({
    endpoint: server?.endpoint ?? foreign ?? '',
    region: process.env.AWS_REGION ?? 'us-east-1',
    credentials: {
      accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? 'test',
      secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? 'test',
    },
    maxAttempts: 1,
  })
})

afterAll(async () => {
  if (foreign !== undefined)
    for (const QueueUrl of made)
      await sqs()
        .deleteQueue({ QueueUrl })
        .catch(() => {})
  client?.destroy()
  await server?.stop()
})

interface RuleOptions {
  /** Needs a clock that can be turned: hours, or the inside of the server. */
  ownClockOnly?: boolean
  /** How long the rule waits on a foreign endpoint, in seconds. */
  waits?: number
}

/** One rule of SQS with the page that states it. Longer waits than a minute and a half run on our own clock only. */
export function rule(source: string, title: string, check: () => Promise<void>, options: RuleOptions = {}): void {
  const { ownClockOnly = false, waits = 0 } = options
  const skip = foreign !== undefined && (ownClockOnly || waits > 90)
  test.skipIf(skip)(`${title} [${source}]`, check, foreign === undefined ? 10_000 : 30_000 + waits * 2_000)
}

/** Lets time pass: for real on a foreign endpoint. */
export async function pass(seconds: number): Promise<void> {
  if (foreign === undefined) clock.advance(seconds * 1000)
  else await new Promise((resolve) => setTimeout(resolve, seconds * 1000 + 200))
}

/** Waits until so many long polls of the queue have arrived at the server. */
export async function polling(queueUrl: string, count = 1): Promise<void> {
  if (server === undefined) return pass(0.5)
  for (const deadline = Date.now() + 5_000; server.model.inspect.waiting(queueUrl) < count; ) {
    if (Date.now() > deadline) throw new Error(`${count} long polls of ${queueUrl} were expected`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Puts that many messages in flight, inside our own server: through the SDK it would take a minute. */
export function fillInFlight(QueueUrl: string, count: number): void {
  const model = server?.model
  const Entries = Array.from({ length: 10 }, (_, n) => ({ Id: `${n}`, MessageBody: 'x' }))
  for (let n = 0; n < count / 10; n += 1) {
    model?.sendMessageBatch({ QueueUrl, Entries })
    model?.receiveMessageNow({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 43_200 })
  }
}

/** Long polls that wait at our own server. */
export const waitingAt = (queueUrl: string): number => server?.model.inspect.waiting(queueUrl) ?? 0

export const uniqueName = (suffix = ''): string => `rule-${randomBytes(6).toString('hex')}${suffix}`

export async function makeQueue(Attributes: Record<string, string> = {}): Promise<string> {
  const { QueueUrl = '' } = await sqs().createQueue({ QueueName: uniqueName(), Attributes })
  made.push(QueueUrl)
  return QueueUrl
}

export async function makeFifo(Attributes: Record<string, string> = {}): Promise<string> {
  const { QueueUrl = '' } = await sqs().createQueue({
    QueueName: uniqueName('.fifo'),
    Attributes: { FifoQueue: 'true', ...Attributes },
  })
  made.push(QueueUrl)
  return QueueUrl
}

export async function attribute(QueueUrl: string, name: string): Promise<string | undefined> {
  const { Attributes } = await sqs().getQueueAttributes({ QueueUrl, AttributeNames: ['All'] })
  return (Attributes as Record<string, string> | undefined)?.[name]
}

export async function arnOf(QueueUrl: string): Promise<string> {
  return (await attribute(QueueUrl, 'QueueArn')) ?? ''
}

export async function redriveTo(QueueUrl: string, deadLetterUrl: string, maxReceiveCount = 1): Promise<void> {
  const deadLetterTargetArn = await arnOf(deadLetterUrl)
  await sqs().setQueueAttributes({
    QueueUrl,
    Attributes: { RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount }) },
  })
}

export const send = (QueueUrl: string, ...bodies: string[]): Promise<string[]> =>
  inOrder(bodies, async (MessageBody) => (await sqs().sendMessage({ QueueUrl, MessageBody })).MessageId ?? '')

export const sendTo = (QueueUrl: string, group: string, ...bodies: string[]): Promise<string[]> =>
  inOrder(bodies, async (MessageBody) => {
    const sent = await sqs().sendMessage({
      QueueUrl,
      MessageBody,
      MessageGroupId: group,
      ...(QueueUrl.endsWith('.fifo') ? { MessageDeduplicationId: uniqueName() } : {}),
    })
    return sent.MessageId ?? ''
  })

async function inOrder<In, Out>(items: In[], act: (item: In) => Promise<Out>): Promise<Out[]> {
  const results: Out[] = []
  for (const item of items) results.push(await act(item))
  return results
}

type Receive = Parameters<SQS['receiveMessage']>[0]

/** Receives what is there; on a foreign endpoint asks again for a while, as short polls may miss. */
export async function receive(QueueUrl: string, input: Partial<Receive> = {}): Promise<Message[]> {
  const ask = async () => (await sqs().receiveMessage({ QueueUrl, ...input })).Messages ?? []
  let messages = await ask()
  for (let again = 0; foreign !== undefined && messages.length === 0 && again < 3; again += 1) {
    messages = await ask()
  }
  return messages
}

export async function receiveOne(QueueUrl: string, input: Partial<Receive> = {}): Promise<Message> {
  const [message] = await receive(QueueUrl, input)
  if (message === undefined) throw new Error(`a message was expected in ${QueueUrl}, and there was none`)
  return message
}

export const bodies = (messages: Message[]): (string | undefined)[] => messages.map((message) => message.Body)

interface Refusal {
  name: string
  message: string
  $metadata: { httpStatusCode?: number }
}

/** The error a request is refused with. */
export async function refusal(request: Promise<unknown>): Promise<Refusal> {
  try {
    await request
  } catch (error) {
    return error as Refusal
  }
  throw new Error('the request was expected to be refused, and it was not')
}

/** Expects a refusal by name. */
export async function refused(request: Promise<unknown>, name: string, message?: RegExp): Promise<void> {
  const error = await refusal(request)
  expect(error.name).toBe(name)
  // Texts are not part of the contract: they are compared on our own server only.
  if (message !== undefined && foreign === undefined) expect(error.message).toMatch(message)
}
