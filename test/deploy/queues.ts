import { setTimeout as pause } from 'node:timers/promises'
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListMessageMoveTasksCommand,
  type Message,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs'
import { app } from './app/tasks.ts'

/** What the test does to queues behind Celeriac's back, through the environment's endpoint. */
const sqs = new SQSClient({})

export interface DeadLetter {
  readonly body: string
  readonly id?: string
  readonly generation?: number
  readonly dead?: { readonly reason?: string }
}

/** The dead letters of a queue. They stay where they are. */
export async function deadLetters(queue: string): Promise<DeadLetter[]> {
  return (await readDead(queue, 0)).map(({ Body = '' }) => ({ ...parse(Body), body: Body }))
}

export async function sendRaw(queue: string, body: string): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl: await urlOf(`${app.prefix}-${queue}`), MessageBody: body }))
}

/** What the console's button does: SQS moves all dead letters back to where they came from. */
export async function redriveAsTheConsole(queue: string): Promise<void> {
  const SourceArn = await arnOf(`${app.prefix}-${queue}-dead`)
  const DestinationArn = await arnOf(`${app.prefix}-${queue}`)
  await sqs.send(new StartMessageMoveTaskCommand({ SourceArn, DestinationArn }))
  for (;;) {
    const { Results = [] } = await sqs.send(new ListMessageMoveTasksCommand({ SourceArn }))
    if (Results[0]?.Status === 'COMPLETED') return
    if (Results[0]?.Status === 'FAILED') throw new Error(`move task: ${Results[0].FailureReason}`)
    await pause(200)
  }
}

/** The same, message by message. */
export async function redriveByHand(queue: string): Promise<void> {
  const QueueUrl = await urlOf(`${app.prefix}-${queue}-dead`)
  for (const { Body = '', ReceiptHandle } of await readDead(queue, 30)) {
    await sendRaw(queue, Body)
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
  }
}

export async function queueExists(name: string): Promise<boolean> {
  try {
    await urlOf(name)
    return true
  } catch (error) {
    if (error instanceof QueueDoesNotExist) return false
    throw error
  }
}

/**
 * Up to a hundred dead letters. Short polls: engines lose what a long poll was waiting for when its client gives up (gaps.ts).
 *
 * @param hiddenSeconds how long they are hidden from the next reader; with 0 they may come twice, and are given once
 */
async function readDead(queue: string, hiddenSeconds: number): Promise<Message[]> {
  const QueueUrl = await urlOf(`${app.prefix}-${queue}-dead`)
  const found = new Map<string, Message>()
  for (let empty = 0; empty < 2 && found.size < 100; ) {
    const request = { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0, VisibilityTimeout: hiddenSeconds }
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(request))
    const before = found.size
    for (const message of Messages) found.set(message.MessageId ?? '', message)
    empty = found.size === before ? empty + 1 : 0
  }
  return [...found.values()]
}

async function urlOf(QueueName: string): Promise<string> {
  return (await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl ?? ''
}

async function arnOf(name: string): Promise<string> {
  const QueueUrl = await urlOf(name)
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }))
  return Attributes?.QueueArn ?? ''
}

function parse(body: string): Partial<DeadLetter> {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
