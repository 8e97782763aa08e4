import { Logger } from '@aws-lambda-powertools/logger'
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import type { Context, SQSEvent } from 'aws-lambda'
import { createApp } from 'celeriac'
import { createWorker } from 'celeriac/worker'
import { describe, expect, it } from 'vitest'
import { createMemoryWorld } from '../../shared/testing/memory-world.ts'

describe('middlewares around the Lambda handler', () => {
  it('composes Powertools and own ones, outside the batch', async () => {
    const app = createApp({ name: 'shop', queues: { emails: {} } })
    const order: string[] = []
    const logger = new Logger({ serviceName: 'shop', logLevel: 'SILENT' })
    app.task('greet', {}, (name: string) => {
      order.push('task')
      return `Hello ${name}`
    })
    const world = createMemoryWorld(app.definition)
    const handler = createWorker(app, {
      ports: world.ports,
      middlewares: [
        injectLambdaContext(logger, { logEvent: false }),
        { before: () => void order.push('before'), after: () => void order.push('after') },
      ],
    })
    const event = {
      Records: [
        {
          messageId: 'one',
          receiptHandle: 'receipt',
          body: JSON.stringify({ celeriac: 1, id: 'foreign', task: 'greet', input: 'Ada' }),
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: String(world.clock.now()),
            SenderId: 'me',
            ApproximateFirstReceiveTimestamp: '',
          },
          messageAttributes: {},
          md5OfBody: '',
          eventSource: 'aws:sqs',
          eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:shop-emails',
          awsRegion: 'us-east-1',
        },
      ],
    } satisfies SQSEvent
    const context = { awsRequestId: 'request', getRemainingTimeInMillis: () => 60_000 } as Context
    expect(await world.clock.runUntilSettled(handler(event, context))).toEqual({ batchItemFailures: [] })
    expect(order).toEqual(['before', 'task', 'after'])
    const [record] = await world.ports.records.read(['foreign'], { consistent: true })
    expect(record).toMatchObject({ state: 'SUCCESS', result: '"Hello Ada"' })
  })
})
