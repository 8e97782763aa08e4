import { type Local, startLocal } from 'celeriac/local'
import { EventSource, handlerInvoker, SqsWire } from '../../localstack/event-source/index.ts'
import { createClients } from '../../shared/aws/clients.ts'
import { ensureTable } from '../../shared/aws/table.ts'
import { app, concurrency, nothing } from './app.ts'
import { ByHand } from './by-hand.ts'
import { type Contestant, inputOf } from './contestant.ts'

/** Chunks of ten on their way at a time: `delayMany()`'s own. */
const chunksInFlight = 4

/** Celeriac on the embedded default, the worker in this process: what its own code costs, without that of child processes. */
export async function startCeleriac(): Promise<{ readonly contestant: Contestant; readonly local: Local }> {
  const local = await startLocal(app, { concurrency })
  const contestant: Contestant = {
    name: 'Celeriac',
    async enqueueMany(count) {
      const { failed } = await nothing.delayMany(inputs(count))
      if (failed[0] !== undefined) throw failed[0].error
    },
    async enqueueOne() {
      await nothing.delay(inputOf())
    },
    close: () => local.stop(),
  }
  return { contestant, local }
}

/** Made when they are taken, so that latency begins with the enqueue. */
function* inputs(count: number) {
  for (let index = 0; index < count; index++) yield inputOf()
}

/** The same servers, the same poller, the same batches; its own queue and table. */
export async function startByHand({ endpoints, environment }: Local): Promise<Contestant> {
  const region = environment.AWS_REGION ?? 'us-east-1'
  const clients = createClients({
    endpoint: endpoints,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
  const wire = new SqsWire(endpoints.sqs)
  await ensureTable(clients.dynamodb(), 'by-hand')
  const queueUrl = await wire.ensureQueue('by-hand', { VisibilityTimeout: '90' })
  const byHand = new ByHand({ sqs: clients.sqs(), dynamodb: clients.dynamodb() }, queueUrl, 'by-hand')
  const facts = {
    name: 'by-hand',
    arn: `arn:aws:lambda:${region}:000000000000:function:by-hand`,
    timeoutMs: 60_000,
    memoryMb: 512,
  }
  const source = new EventSource({
    queueUrl,
    queueArn: `arn:aws:sqs:${region}:000000000000:by-hand`,
    region,
    batchSize: 10,
    batchWindowMs: 0,
    concurrency,
    wire,
    invoker: handlerInvoker(byHand.handler, facts),
    onProblem: (problem) => console.error(problem),
  })
  source.start()
  return {
    name: 'by hand, the same SDK calls',
    async enqueueMany(count) {
      let left = count
      const lane = async () => {
        while (left > 0) {
          const chunk = Math.min(10, left)
          left -= chunk
          await byHand.enqueue(chunk)
        }
      }
      await Promise.all(Array.from({ length: chunksInFlight }, lane))
    },
    enqueueOne: () => byHand.enqueue(1),
    async close() {
      await source.drain()
      wire.close()
      clients.close()
    },
  }
}
