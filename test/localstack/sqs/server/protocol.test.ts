import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type SqsServer, startSqsServer } from '../../../../localstack/sqs/server/index.ts'
import { call, raw } from './raw.ts'

let server: SqsServer
let url: string

beforeAll(async () => {
  server = await startSqsServer()
  url = server.model.createQueue({ QueueName: 'q' }).QueueUrl
})
afterAll(() => server.stop())

const errorOf = (body: string) => JSON.parse(body) as { __type: string; message: string }

describe('AWS JSON 1.0', () => {
  test('an answer is JSON 1.0 with a request id', async () => {
    const answer = await call(server.endpoint, 'SendMessage', { QueueUrl: url, MessageBody: 'x' })
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe('application/x-amz-json-1.0')
    expect(answer.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/)
    expect(JSON.parse(answer.body)).toMatchObject({ MD5OfMessageBody: '9dd4e461268c8034f5c8564e155c67a6' })
  })

  test('an action without a result answers an empty object', async () => {
    expect((await call(server.endpoint, 'TagQueue', { QueueUrl: url, Tags: { a: 'b' } })).body).toBe('{}')
  })

  test.each([
    [
      'GetQueueUrl',
      { QueueName: 'none' },
      400,
      'com.amazonaws.sqs#QueueDoesNotExist',
      'AWS.SimpleQueueService.NonExistentQueue;Sender',
    ],
    [
      'SendMessage',
      { QueueUrl: '/000000000000/q' },
      400,
      'com.amazon.coral.service#MissingRequiredParameterException',
      'MissingParameter;Sender',
    ],
    [
      'SendMessage',
      { QueueUrl: '/000000000000/q', MessageBody: 'x', DelaySeconds: 901 },
      400,
      'com.amazon.coral.service#InvalidParameterValueException',
      'InvalidParameterValue;Sender',
    ],
    [
      'SendMessage',
      { QueueUrl: '/000000000000/q', MessageBody: 'a\u0000' },
      400,
      'com.amazonaws.sqs#InvalidMessageContents',
      'InvalidMessageContents;Sender',
    ],
    [
      'SendMessage',
      { QueueUrl: 'non/sense', MessageBody: 'x' },
      404,
      'com.amazonaws.sqs#InvalidAddress',
      'InvalidAddress;Sender',
    ],
    [
      'DeleteMessage',
      { QueueUrl: '/000000000000/q', ReceiptHandle: 'x' },
      404,
      'com.amazonaws.sqs#ReceiptHandleIsInvalid',
      'ReceiptHandleIsInvalid;Sender',
    ],
    [
      'CreateQueue',
      { QueueName: 'q', Attributes: { DelaySeconds: '5' } },
      400,
      'com.amazonaws.sqs#QueueNameExists',
      'QueueAlreadyExists;Sender',
    ],
    [
      'SendMessageBatch',
      { QueueUrl: '/000000000000/q', Entries: [] },
      400,
      'com.amazonaws.sqs#EmptyBatchRequest',
      'AWS.SimpleQueueService.EmptyBatchRequest;Sender',
    ],
    ['Dance', {}, 400, 'com.amazon.coral.service#UnknownOperationException', 'InvalidAction;Sender'],
  ])('%s %j is refused as SQS does', async (action, input, status, type, queryError) => {
    const answer = await call(server.endpoint, action, input)
    expect(answer.status).toBe(status)
    expect(errorOf(answer.body).__type).toBe(type)
    expect(errorOf(answer.body).message).not.toBe('')
    expect(answer.headers['x-amzn-query-error']).toBe(queryError)
  })

  test.each([
    'http://127.0.0.1:1/000000000000/q',
    'https://sqs.us-east-1.amazonaws.com/000000000000/q',
    'http://localhost:9324/some/path/000000000000/q',
    'http://sqs.us-east-1.localhost:4566/000000000000/q/',
    '/000000000000/q',
  ])('the queue URL %s means account and name, whatever the host', async (QueueUrl) => {
    expect((await call(server.endpoint, 'SendMessage', { QueueUrl, MessageBody: 'x' })).status).toBe(200)
  })

  test("another account's queue is not there", async () => {
    const answer = await call(server.endpoint, 'ListQueueTags', { QueueUrl: '/111111111111/q' })
    expect(errorOf(answer.body).__type).toBe('com.amazonaws.sqs#QueueDoesNotExist')
  })

  test.each([
    ['not JSON', '{"QueueUrl":'],
    ['an array', '[]'],
    ['a string', '"x"'],
    ['a number for a string', '{"QueueUrl":1}'],
    ['a string for a number', '{"QueueUrl":"/000000000000/q","MessageBody":"x","DelaySeconds":"1"}'],
    ['an object for a list', '{"QueueUrl":"/000000000000/q","Entries":{}}'],
    [
      'bytes that are not base64',
      '{"QueueUrl":"/000000000000/q","MessageBody":"x","MessageAttributes":{"a":{"DataType":"Binary","BinaryValue":"*"}}}',
    ],
  ])('a body that is %s is malformed', async (_what, body) => {
    const action = body.includes('Entries') ? 'SendMessageBatch' : 'SendMessage'
    const answer = await call(server.endpoint, action, body)
    expect(answer.status).toBe(400)
    expect(errorOf(answer.body).__type).toBe('com.amazon.coral.service#SerializationException')
  })

  test('null members are absent and unknown ones are ignored', async () => {
    const input = { QueueUrl: url, MessageBody: 'x', DelaySeconds: null, Future: { a: 1 } }
    expect((await call(server.endpoint, 'SendMessage', input)).status).toBe(200)
  })

  test('an attribute named __proto__ is an attribute', async () => {
    const QueueUrl = server.model.createQueue({ QueueName: 'proto' }).QueueUrl
    const MessageAttributes = '{"__proto__":{"DataType":"String","StringValue":"x"}}'
    await call(
      server.endpoint,
      'SendMessage',
      `{"QueueUrl":"${QueueUrl}","MessageBody":"x","MessageAttributes":${MessageAttributes}}`,
    )
    const answer = await call(server.endpoint, 'ReceiveMessage', { QueueUrl, MessageAttributeNames: ['All'] })
    expect(answer.body).toContain('"__proto__":{"StringValue":"x"')
    expect(({} as Record<string, unknown>).DataType).toBeUndefined()
  })

  const header = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1'
  const own = 'Root=1-67891233-abcdef012345678912345678'
  test.each([
    ['becomes the trace header of a message', header, undefined, header],
    ['leaves a message its own', header, { AWSTraceHeader: { DataType: 'String', StringValue: own } }, own],
    ['is left out when it is none', 'nonsense', undefined, undefined],
  ])('an X-Amzn-Trace-Id header %s', async (title, trace, given, expected) => {
    const { QueueUrl } = server.model.createQueue({ QueueName: title.replaceAll(' ', '-') })
    const message = { MessageBody: 'x', MessageSystemAttributes: given }
    const headers = { 'x-amzn-trace-id': trace }
    await call(server.endpoint, 'SendMessage', { QueueUrl, ...message }, headers)
    await call(server.endpoint, 'SendMessageBatch', { QueueUrl, Entries: [{ Id: '0', ...message }] }, headers)
    const headersOf = server.model.inspect.messages(QueueUrl).map(({ traceHeader }) => traceHeader)
    expect(headersOf).toEqual([expected, expected])
  })
})

describe('other protocols', () => {
  test('the Query protocol gets an error that its clients can read', async () => {
    const answer = await raw(server.endpoint, {
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: 'Action=ListQueues&Version=2012-11-05',
    })
    expect(answer.status).toBe(400)
    expect(answer.headers['content-type']).toBe('text/xml')
    expect(answer.body).toMatch(/<Code>InvalidAction<\/Code><Message>.*AWS JSON 1\.0.*<\/Message>/)
  })

  test('so does the Query protocol over GET', async () => {
    const answer = await raw(server.endpoint, { method: 'GET', path: '/?Action=ListQueues' })
    expect([answer.status, answer.headers['content-type']]).toEqual([400, 'text/xml'])
  })

  test('GET / says that the server runs; other paths are not there', async () => {
    expect((await raw(server.endpoint, { method: 'GET' })).body).toBe('{"service":"sqs","status":"running"}')
    expect((await raw(server.endpoint, { method: 'GET', path: '/x' })).status).toBe(404)
  })

  test('a target of another service is refused', async () => {
    const answer = await raw(server.endpoint, {
      headers: { 'x-amz-target': 'DynamoDB_20120810.ListTables' },
      body: '{}',
    })
    expect(answer.status).toBe(400)
    expect(errorOf(answer.body).message).toMatch(/AmazonSQS\.<Action>/)
  })
})
