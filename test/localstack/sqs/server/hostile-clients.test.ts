import { Agent, request } from 'node:http'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type SqsServer, startSqsServer } from '../../../../localstack/sqs/server/index.ts'
import { call, closed, raw, socketTo } from './raw.ts'

let server: SqsServer
let url: string

beforeAll(async () => {
  server = await startSqsServer()
  url = server.model.createQueue({ QueueName: 'q' }).QueueUrl
})
afterAll(() => server.stop())

const alive = async () => expect((await call(server.endpoint, 'ListQueues', {})).status).toBe(200)
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** A request written out, for those who do not send it as they should. */
const written = (action: string, body: string): string =>
  `POST / HTTP/1.1\r\nhost: x\r\nx-amz-target: AmazonSQS.${action}\r\ncontent-length: ${body.length}\r\n\r\n${body}`

describe('what a server must survive', () => {
  test('bytes that are no HTTP', async () => {
    const socket = await socketTo(server.endpoint)
    socket.on('error', () => {})
    socket.write(Buffer.from([0, 1, 2, 255, 254, 13, 10, 13, 10]))
    await closed(socket)
    await alive()
  })

  test('a request that breaks off in the middle, and leaves nothing behind', async () => {
    const socket = await socketTo(server.endpoint)
    const text = written('SendMessage', JSON.stringify({ QueueUrl: url, MessageBody: 'half' }))
    socket.write(text.slice(0, -10))
    await pause(20)
    socket.destroy()
    await closed(socket)
    await alive()
    expect(server.model.inspect.messages('q')).toEqual([])
  })

  test('a request that comes a byte at a time', async () => {
    const socket = await socketTo(server.endpoint)
    const answer = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())))
    for (const byte of written('SendMessage', JSON.stringify({ QueueUrl: url, MessageBody: 'slow' }))) {
      socket.write(byte)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await answer).toMatch(/^HTTP\/1\.1 200/)
    socket.destroy()
    expect(server.model.inspect.messages('q').map((message) => message.body)).toEqual(['slow'])
  })

  test('a body that is announced too long is refused before it is sent', async () => {
    const answer = await new Promise<number>((resolve, reject) => {
      const sent = request(server.endpoint, {
        method: 'POST',
        headers: { 'x-amz-target': 'AmazonSQS.SendMessage', 'content-length': 100_000_000 },
        agent: false,
      })
      sent.on('response', (response) => {
        resolve(response.statusCode ?? 0)
        sent.destroy()
      })
      sent.on('error', reject)
      sent.flushHeaders()
    })
    expect(answer).toBe(413)
    await alive()
  })

  test('a body that turns out too long is refused', async () => {
    const answer = await new Promise<number>((resolve) => {
      const sent = request(server.endpoint, {
        method: 'POST',
        headers: { 'x-amz-target': 'AmazonSQS.SendMessage', 'transfer-encoding': 'chunked' },
        agent: false,
      })
      sent.on('response', (response) => resolve(response.statusCode ?? 0))
      sent.on('error', () => resolve(-1))
      const chunk = Buffer.alloc(1 << 20, 120)
      const pump = (left: number): void => {
        if (left === 0 || sent.destroyed) sent.end()
        else sent.write(chunk, () => pump(left - 1))
      }
      pump(40)
    })
    expect(answer).toBe(413)
    await alive()
  })

  test('a batch of 10 MiB is read, and refused by the rule for batches', async () => {
    const Entries = Array.from({ length: 10 }, (_, n) => ({ Id: `${n}`, MessageBody: 'x'.repeat(1 << 20) }))
    const answer = await call(server.endpoint, 'SendMessageBatch', { QueueUrl: url, Entries })
    expect(answer.headers['x-amzn-query-error']).toBe('AWS.SimpleQueueService.BatchRequestTooLong;Sender')
  })

  test('two thousand connections at once, half of them in long polls', async () => {
    const QueueUrl = server.model.createQueue({ QueueName: 'polled' }).QueueUrl
    const agent = new Agent({ keepAlive: true, maxSockets: 2_000 })
    const post = (action: string, input: object): Promise<string> =>
      new Promise((resolve, reject) => {
        const headers = { 'x-amz-target': `AmazonSQS.${action}` }
        const sent = request(server.endpoint, { method: 'POST', agent, headers }, (response) => {
          let text = ''
          response.setEncoding('utf8')
          response.on('data', (part: string) => {
            text += part
          })
          response.on('end', () => resolve(text))
        })
        sent.on('error', reject)
        sent.end(JSON.stringify(input))
      })
    const thousand = Array.from({ length: 1_000 }, (_, n) => n)
    const polls = thousand.map(() => post('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 }))
    while (server.model.inspect.waiting('polled') < 1_000) await pause(5)
    await Promise.all(thousand.map((n) => post('SendMessage', { QueueUrl, MessageBody: `m${n}` })))
    const bodies = (await Promise.all(polls)).map((text) => JSON.parse(text).Messages[0].Body as string)
    expect(new Set(bodies).size).toBe(1_000)
    agent.destroy()
  })

  test('an aborted long poll takes nothing', async () => {
    const QueueUrl = server.model.createQueue({ QueueName: 'aborted' }).QueueUrl
    const socket = await socketTo(server.endpoint)
    socket.write(written('ReceiveMessage', JSON.stringify({ QueueUrl, WaitTimeSeconds: 20 })))
    while (server.model.inspect.waiting('aborted') < 1) await pause(2)
    socket.destroy()
    while (server.model.inspect.waiting('aborted') > 0) await pause(2)
    server.model.sendMessage({ QueueUrl, MessageBody: 'mine' })
    expect(server.model.inspect.messages('aborted')).toMatchObject([{ state: 'visible', receiveCount: 0 }])
  })

  test('an answer that nobody takes off the wire goes back, uncounted', async () => {
    const QueueUrl = server.model.createQueue({ QueueName: 'unread' }).QueueUrl
    // More than the buffers between two sockets hold, so that the answer cannot leave.
    for (let n = 0; n < 10; n += 1) server.model.sendMessage({ QueueUrl, MessageBody: '"'.repeat(1 << 20) })
    const socket = await socketTo(server.endpoint)
    socket.pause()
    socket.write(written('ReceiveMessage', JSON.stringify({ QueueUrl, MaxNumberOfMessages: 10 })))
    while (server.model.inspect.counts('unread').inFlight === 0) await pause(2)
    socket.destroy()
    while (server.model.inspect.counts('unread').inFlight > 0) await pause(2)
    expect(server.model.inspect.messages('unread').every((message) => message.receiveCount === 0)).toBe(true)
  })

  test('any body for any action is answered, never with a server error', async () => {
    const actions = [
      'SendMessage',
      'ReceiveMessage',
      'CreateQueue',
      'SetQueueAttributes',
      'SendMessageBatch',
      'TagQueue',
    ]
    const check = async (action: string, text: string, json: unknown): Promise<void> => {
      for (const body of [text, JSON.stringify(json), JSON.stringify({ QueueUrl: url, ...(json as object) })]) {
        const answer = await raw(server.endpoint, { headers: { 'x-amz-target': `AmazonSQS.${action}` }, body })
        expect(answer.status).toBeLessThan(500)
      }
    }
    const anything = fc.asyncProperty(
      fc.constantFrom(...actions),
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.jsonValue(),
      check,
    )
    await fc.assert(anything, { numRuns: 200 })
  })
})
