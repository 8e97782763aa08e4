import { afterEach, expect, it } from 'vitest'
import { type SqsServer, startSqsServer } from '../../../../localstack/sqs/server/index.ts'
import { call } from './raw.ts'

let server: SqsServer
afterEach(() => server.stop())

async function ask(action: string, input: object, host?: string): Promise<Record<string, unknown>> {
  const { body } = await call(server.endpoint, action, input, host === undefined ? {} : { host })
  return JSON.parse(body) as Record<string, unknown>
}

it('queue URLs have the host by which the client came', async () => {
  server = await startSqsServer({ host: '0.0.0.0' })
  expect(server.endpoint).toBe(`http://127.0.0.1:${server.port}`)
  const url = (host: string, name: string) => `http://${host}/000000000000/${name}`
  expect(await ask('CreateQueue', { QueueName: 'jobs' }, 'sqs:9324')).toEqual({ QueueUrl: url('sqs:9324', 'jobs') })
  expect(await ask('CreateQueue', { QueueName: 'jobs' }, '[::1]:80')).toEqual({ QueueUrl: url('[::1]:80', 'jobs') })
  expect(await ask('GetQueueUrl', { QueueName: 'jobs' }, 'localhost:1')).toEqual({
    QueueUrl: url('localhost:1', 'jobs'),
  })
  expect(await ask('ListQueues', {}, 'box.lan')).toEqual({ QueueUrls: [url('box.lan', 'jobs')] })
  const dead = { deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:jobs', maxReceiveCount: 1 }
  await ask('CreateQueue', { QueueName: 'source', Attributes: { RedrivePolicy: JSON.stringify(dead) } })
  expect(await ask('ListDeadLetterSourceQueues', { QueueUrl: url('any', 'jobs') }, 'box.lan')).toEqual({
    queueUrls: [url('box.lan', 'source')],
  })
})

it('a host that is none does not get into a URL', async () => {
  server = await startSqsServer()
  const answer = await ask('CreateQueue', { QueueName: 'jobs' }, 'evil"/@x')
  expect(answer.QueueUrl).toBe(`${server.endpoint}/000000000000/jobs`)
})

it('a URL that was given out can be used', async () => {
  server = await startSqsServer({ host: '0.0.0.0' })
  const { QueueUrl } = await ask('CreateQueue', { QueueName: 'jobs' }, 'sqs:9324')
  expect(await ask('SendMessage', { QueueUrl, MessageBody: 'x' })).toHaveProperty('MessageId')
})
