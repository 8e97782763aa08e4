import { startSqsServer } from '../../localstack/sqs/server/index.ts'
import { createClients } from '../../shared/aws/clients.ts'
import { createSqsQueues } from '../../shared/aws/queues.ts'
import { readEnvironment } from '../../shared/core/environment.ts'
import { createQueues } from '../../shared/memory/queue-setup.ts'
import { VirtualClock } from '../../shared/memory/virtual-clock.ts'
import { systemClock } from '../../shared/system/clock.ts'
import { systemRandom } from '../../shared/system/random.ts'
import { contractApp, queuesContract } from './queues-suite.ts'

/** The SDK over the wire to our server; the server's time is ours. */
async function open(base: 'known' | 'asked') {
  const time = new VirtualClock(Date.now())
  const server = await startSqsServer({
    clock: { now: () => time.now(), setTimer: (delayMs, fire) => time.timer(delayMs, fire) },
  })
  const app = contractApp()
  createQueues(server.model, app)
  const clients = createClients({
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  })
  const environment = readEnvironment(app.prefix, {
    ...(base === 'known' && { CELERIAC_QUEUE_BASE_URL: `${server.endpoint}/000000000000` }),
  })
  return {
    queues: createSqsQueues({ sqs: clients.sqs(), environment, clock: systemClock, random: systemRandom }),
    // What is on its way over the wire arrives before time goes on.
    pass: async (ms: number) => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      await time.advance(ms)
    },
    stop: async () => {
      clients.close()
      await server.stop()
    },
  }
}

queuesContract('SDK to our server, queue URLs asked', () => open('asked'))
queuesContract('SDK to our server, queue URLs made of the base', () => open('known'))
