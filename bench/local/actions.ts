import type { Connection } from './connection.ts'

/** One connection, or two that belong together. */
export type Lane = readonly [Connection, ...Connection[]]

/** What is measured, over and over on every lane. */
export interface Action {
  readonly name: string
  /** Of one step. */
  readonly requests: number
  /** Connections of a lane. */
  readonly width: 1 | 2
  /** Once, on queues that are empty. @returns the step; false from it: there is nothing left to do it with */
  prepare(first: Connection, lanes: readonly Lane[]): Promise<(lane: Lane) => Promise<boolean>>
}

interface Message {
  readonly ReceiptHandle: string
}

const ten = Array.from({ length: 10 }, (_, index) => index)
const text = 'x'.repeat(200)
const batch = (QueueUrl: string) =>
  JSON.stringify({ QueueUrl, Entries: ten.map((index) => ({ Id: `${index}`, MessageBody: text })) })

/** In this order: what is sent first is received later. */
export const actions: readonly Action[] = [
  simple('SendMessage', 'bench', (QueueUrl) => ({ QueueUrl, MessageBody: text })),
  {
    name: 'SendMessageBatch of 10',
    requests: 1,
    width: 1,
    async prepare(first) {
      const body = batch(await createQueue(first, 'bench'))
      return async ([connection]) => done(await connection.ask('SendMessageBatch', body))
    },
  },
  {
    name: 'ReceiveMessage and DeleteMessage',
    requests: 2,
    width: 1,
    async prepare(first) {
      const QueueUrl = await createQueue(first, 'bench')
      return async ([connection]) => {
        const [message] = await receive(connection, QueueUrl, 1)
        if (message === undefined) return false
        const { ReceiptHandle } = message
        return done(await connection.ask('DeleteMessage', JSON.stringify({ QueueUrl, ReceiptHandle })))
      }
    },
  },
  {
    name: 'the same, batches of 10',
    requests: 2,
    width: 1,
    async prepare(first) {
      const QueueUrl = await createQueue(first, 'bench')
      return async ([connection]) => {
        const messages = await receive(connection, QueueUrl, 10)
        return messages.length > 0 && deleteAll(connection, QueueUrl, messages)
      }
    },
  },
  {
    name: 'send, receive, delete 10',
    requests: 3,
    width: 1,
    async prepare(first) {
      const QueueUrl = await createQueue(first, 'bench-cycle')
      const body = batch(QueueUrl)
      return async ([connection]) => {
        await connection.ask('SendMessageBatch', body)
        const messages = await receive(connection, QueueUrl, 10)
        return messages.length === 0 || deleteAll(connection, QueueUrl, messages)
      }
    },
  },
  simple('ReceiveMessage, empty', 'bench-idle', (QueueUrl) => ({ QueueUrl })),
  {
    name: 'long poll, woken by a send',
    requests: 2,
    width: 2,
    async prepare(first) {
      const QueueUrl = await createQueue(first, 'bench-poll')
      const poll = JSON.stringify({ QueueUrl, WaitTimeSeconds: 2 })
      const send = JSON.stringify({ QueueUrl, MessageBody: 'x' })
      return async ([one, other = one]) => {
        const polled = one.ask('ReceiveMessage', poll)
        return done(await Promise.all([polled, other.ask('SendMessage', send)]))
      }
    },
  },
  {
    name: 'ChangeMessageVisibility',
    requests: 1,
    width: 1,
    async prepare(first, lanes) {
      const QueueUrl = await createQueue(first, 'bench-visibility')
      const bodies = new Map<Connection, string>()
      for (const [connection] of lanes) {
        await connection.ask('SendMessage', JSON.stringify({ QueueUrl, MessageBody: 'x' }))
        const [message] = await receive(connection, QueueUrl, 1)
        bodies.set(connection, JSON.stringify({ QueueUrl, ...message, VisibilityTimeout: 600 }))
      }
      return async ([connection]) => done(await connection.ask('ChangeMessageVisibility', bodies.get(connection) ?? ''))
    },
  },
  simple('GetQueueAttributes', 'bench', (QueueUrl) => ({ QueueUrl, AttributeNames: ['All'] })),
]

/** The same request each time. */
function simple(name: string, queue: string, request: (QueueUrl: string) => object): Action {
  const [action = name] = name.split(',')
  return {
    name,
    requests: 1,
    width: 1,
    async prepare(first) {
      const body = JSON.stringify(request(await createQueue(first, queue)))
      return async ([connection]) => done(await connection.ask(action, body))
    },
  }
}

/** @returns the URL of the queue, which is made unless it is there */
export async function createQueue(connection: Connection, QueueName: string): Promise<string> {
  const { QueueUrl } = JSON.parse(await connection.ask('CreateQueue', JSON.stringify({ QueueName })))
  return QueueUrl as string
}

async function receive(connection: Connection, QueueUrl: string, MaxNumberOfMessages: number): Promise<Message[]> {
  const answer = await connection.ask('ReceiveMessage', JSON.stringify({ QueueUrl, MaxNumberOfMessages }))
  const { Messages = [] } = JSON.parse(answer) as { Messages?: Message[] | null }
  return (Messages ?? []).map(({ ReceiptHandle }) => ({ ReceiptHandle }))
}

async function deleteAll(connection: Connection, QueueUrl: string, messages: readonly Message[]): Promise<boolean> {
  const Entries = messages.map(({ ReceiptHandle }, index) => ({ Id: `${index}`, ReceiptHandle }))
  return done(await connection.ask('DeleteMessageBatch', JSON.stringify({ QueueUrl, Entries })))
}

function done(_answer: unknown): true {
  return true
}
