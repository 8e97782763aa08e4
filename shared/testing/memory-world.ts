import { createSqsModel, type SqsModel } from '../../localstack/sqs/model/index.ts'
import type { AppDefinition } from '../core/app.ts'
import { type Decide, withFaults } from '../memory/faults.ts'
import { createQueues } from '../memory/queue-setup.ts'
import { createMemoryQueues } from '../memory/queues.ts'
import { type RecordingTelemetry, recordingTelemetry } from '../memory/recording-telemetry.ts'
import { seededRandom } from '../memory/seeded-random.ts'
import { createMemoryTable, type MemoryTable } from '../memory/table.ts'
import { VirtualClock } from '../memory/virtual-clock.ts'
import type { Ports } from '../ports/index.ts'
import { type BatchWorker, createBatchWorker } from '../worker/index.ts'
import { SimulatedProcess } from './simulated-process.ts'

export interface MemoryWorldOptions {
  /** Of everything random: ids, jitter. @default 1 */
  readonly seed?: number | string
  /** Epoch ms. @default 2026-01-01T00:00:00Z */
  readonly startAt?: number
  /** What goes wrong between the code and its ports, decided entry by entry. */
  readonly faults?: Decide
}

/** An app's queues and table in memory, a worker, and the mapping between them, on a clock that moves when it is told to. */
export interface MemoryWorld {
  readonly app: AppDefinition
  readonly clock: VirtualClock
  readonly model: SqsModel
  readonly ports: Ports
  /** What is in the table, seen past the ports. */
  readonly table: MemoryTable
  readonly telemetry: RecordingTelemetry
  /** Ends the process that works: nothing of its batch is settled any more, and its messages come again when their visibility ends. The next batch has a new one. */
  crash(): void
  /** Receives and works one batch of each queue. Resolves with the number of deliveries. Time passes as the work needs it. */
  workOnce(): Promise<number>
}

/** The process that works, until it ends. */
interface Environment {
  readonly process: SimulatedProcess
  readonly worker: BatchWorker
  readonly died: Promise<'died'>
}

export function createMemoryWorld(app: AppDefinition, options: MemoryWorldOptions = {}): MemoryWorld {
  const clock = new VirtualClock(options.startAt)
  const random = seededRandom(options.seed ?? 1)
  const telemetry = recordingTelemetry()
  const model = createSqsModel({
    clock: { now: () => clock.now(), setTimer: (delayMs, fire) => clock.timer(delayMs, fire) },
    ids: () => random.uuid(clock.now()),
    random: () => random.fraction(),
    checksums: false,
  })
  createQueues(model, app)
  const table = createMemoryTable({ clock })
  const plain: Ports = {
    ...table,
    queues: createMemoryQueues({ model, prefix: app.prefix }),
    clock,
    random,
    telemetry,
  }
  const ports = options.faults === undefined ? plain : withFaults(plain, options.faults)
  const start = (): Environment => {
    const process = new SimulatedProcess({ name: 'worker', ...ports })
    const died = new Promise<'died'>((resolve) => process.onDeath(() => resolve('died')))
    return { process, worker: createBatchWorker({ app, ports: process.ports }), died }
  }
  let environment: Environment | undefined

  const workQueue = async (queue: string): Promise<number> => {
    const { batchSize, timeoutMs } = app.queues[queue] ?? { batchSize: 10, timeoutMs: 60_000 }
    // The mapping itself is AWS's: faults are for the code under test.
    const deliveries = await plain.queues.receive(queue, { max: batchSize, waitSeconds: 0 })
    if (deliveries.length === 0) return 0
    environment ??= start()
    const working = environment.worker.work(queue, deliveries, {
      deadlineAt: clock.now() + timeoutMs,
      requestId: random.uuid(clock.now()),
    })
    const ended = await Promise.race([working, environment.died])
    if (ended === 'died') return deliveries.length
    const { failed } = ended
    const done = deliveries.filter((delivery) => !failed.includes(delivery.messageId))
    await plain.queues.acknowledge(
      queue,
      done.map((delivery) => delivery.receipt),
    )
    return deliveries.length
  }

  return {
    app,
    clock,
    model,
    ports,
    table,
    telemetry,
    crash() {
      environment?.process.kill()
      environment = undefined
    },
    async workOnce() {
      let worked = 0
      for (const queue of Object.keys(app.queues)) worked += await clock.runUntilSettled(workQueue(queue))
      return worked
    },
  }
}
