import { setTimeout as pause } from 'node:timers/promises'
import { CreateQueueCommand, DeleteQueueCommand } from '@aws-sdk/client-sqs'
import { createClients } from '../../shared/aws/clients.ts'
import { createSqsQueues } from '../../shared/aws/queues.ts'
import { readEnvironment } from '../../shared/core/environment.ts'
import { deadQueueName, queueName } from '../../shared/core/names.ts'
import { systemClock, systemRandom } from '../../shared/system/index.ts'
import { contractApp, type QueuesPlace, queuesContract } from '../contract/queues-suite.ts'
import { dynamoPlace } from '../contract/table-places.ts'
import { tableContract } from '../contract/table-suite.ts'

/** What Celeriac's parts may rely on of queues and table, on an engine: the suites that the memory ports pass. */
const endpoint = process.env.AWS_ENDPOINT_URL
if (endpoint === undefined) throw new Error('AWS_ENDPOINT_URL: expected the address of an engine, received none.')

queuesContract(endpoint, () => openBroker(endpoint))
tableContract(endpoint, () => dynamoPlace({ endpoint, stop: async () => {} }))

async function openBroker(address: string): Promise<QueuesPlace> {
  const app = contractApp(`contract-${Date.now()}`)
  const clients = createClients({ endpoint: address })
  const sqs = clients.sqs()
  const names = Object.keys(app.queues).flatMap((queue) => [
    queueName(app.prefix, queue),
    deadQueueName(app.prefix, queue),
  ])
  const urls: string[] = []
  for (const QueueName of names) {
    urls.push((await sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? '')
  }
  return {
    queues: createSqsQueues({
      sqs,
      environment: readEnvironment(app.prefix, {}),
      clock: systemClock,
      random: systemRandom,
    }),
    pass: (ms) => pause(ms),
    async stop() {
      for (const QueueUrl of urls) await sqs.send(new DeleteQueueCommand({ QueueUrl }))
      clients.close()
    },
  }
}
