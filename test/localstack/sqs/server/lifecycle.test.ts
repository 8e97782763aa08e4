import { describe, expect, test } from 'vitest'
import { startSqsServer } from '../../../../localstack/sqs/server/index.ts'
import { call, socketTo } from './raw.ts'

describe('starting and stopping', () => {
  test('port 0 takes a free port, and the endpoint names it', async () => {
    const server = await startSqsServer()
    expect(server.port).toBeGreaterThan(0)
    expect(server.endpoint).toBe(`http://127.0.0.1:${server.port}`)
    expect(server.model.createQueue({ QueueName: 'q' }).QueueUrl).toBe(`${server.endpoint}/000000000000/q`)
    await server.stop()
  })

  test('a port that is taken gives one clear error', async () => {
    const first = await startSqsServer()
    const expected = `port ${first.port} on 127.0.0.1 is taken`
    await expect(startSqsServer({ port: first.port })).rejects.toThrow(expected)
    await first.stop()
  })

  test('stopping answers long polls with nothing, closes idle connections, and frees the port', async () => {
    const server = await startSqsServer()
    const QueueUrl = server.model.createQueue({ QueueName: 'q' }).QueueUrl
    const poll = call(server.endpoint, 'ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 })
    const idle = await socketTo(server.endpoint)
    idle.on('error', () => {})
    while (server.model.inspect.waiting('q') < 1) await new Promise((resolve) => setTimeout(resolve, 2))
    const begun = Date.now()
    await server.stop()
    expect(Date.now() - begun).toBeLessThan(3_000)
    expect(await poll).toMatchObject({ status: 200, body: '{}' })
    await expect(socketTo(server.endpoint)).rejects.toThrow(/ECONNREFUSED/)
    const again = await startSqsServer({ port: server.port })
    await again.stop()
  })

  test('stopping twice is no error', async () => {
    const server = await startSqsServer()
    await server.stop()
    await server.stop()
  })

  test('account and region show in URLs and ARNs', async () => {
    const server = await startSqsServer({ accountId: '123456789012', region: 'eu-west-1' })
    const { QueueUrl } = server.model.createQueue({ QueueName: 'q' })
    expect(QueueUrl).toContain('/123456789012/q')
    const { Attributes } = server.model.getQueueAttributes({ QueueUrl, AttributeNames: ['QueueArn'] })
    expect(Attributes).toEqual({ QueueArn: 'arn:aws:sqs:eu-west-1:123456789012:q' })
    await server.stop()
  })
})
