import { createSqsModel } from '../../localstack/sqs/model/index.ts'
import { createQueues } from '../../shared/memory/queue-setup.ts'
import { createMemoryQueues } from '../../shared/memory/queues.ts'
import { VirtualClock } from '../../shared/memory/virtual-clock.ts'
import { contractApp, queuesContract } from './queues-suite.ts'

queuesContract('memory', async () => {
  const clock = new VirtualClock()
  const model = createSqsModel({
    clock: { now: () => clock.now(), setTimer: (delayMs, fire) => clock.timer(delayMs, fire) },
  })
  const app = contractApp()
  createQueues(model, app)
  return {
    queues: createMemoryQueues({ model, prefix: app.prefix }),
    pass: (ms) => clock.advance(ms),
    stop: async () => model.close(),
  }
})
