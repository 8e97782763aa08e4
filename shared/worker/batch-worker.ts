import type { AppDefinition } from '../core/app.ts'
import { timesOf } from '../core/app.ts'
import { DefinitionError } from '../core/errors.ts'
import type { Delivery, Ports } from '../ports/index.ts'
import { type Batch, type WorkerParts, workerParts } from './batch.ts'
import { Fingerprints } from './fingerprints.ts'
import { watchLeaks } from './leaks.ts'
import { containerLease, lambdaLease } from './lease.ts'
import { PauseCache } from './pause-cache.ts'
import { Reporter } from './reporter.ts'
import { Settler } from './settler.ts'
import { workBatch } from './work-batch.ts'

/** The request that brings a batch. */
export interface Invocation {
  /** Epoch ms at which the process is stopped. Undefined in containers: leases are renewed instead. */
  readonly deadlineAt?: number
  readonly requestId?: string
  /** Aborted when the process wants to stop: what has not started is handed back. */
  readonly draining?: AbortSignal
  /** Aborted when the process cannot wait any longer: what runs is aborted and handed back, uncounted. */
  readonly stopping?: AbortSignal
}

/** Works batches of deliveries of an app's queues. One per process. */
export interface BatchWorker {
  /**
   * Never rejects for what is wrong with a message or a task.
   *
   * @returns ids of the messages that are to come again; all others are to be deleted
   */
  work(
    queue: string,
    deliveries: readonly Delivery[],
    invocation: Invocation,
  ): Promise<{ readonly failed: readonly string[] }>
  /** Tasks running now. */
  readonly running: number
}

export interface BatchWorkerOptions {
  /** Read at each batch, so that contracts may still be implemented after this. */
  readonly app: AppDefinition
  readonly ports: Ports
  /** Most batches at a time. Lambda brings one. @default 1 */
  readonly batches?: number
  /** Of the code that runs here, at most 12 characters. Records carry it. @default unknown */
  readonly build?: string
}

export function createBatchWorker(
  { app, ports, batches = 1, build }: BatchWorkerOptions,
  parts: WorkerParts = workerParts,
): BatchWorker {
  const ledger = parts.createLedger(ports)
  const running = parts.createRunningTasks(ports, ledger)
  const lock = parts.createLock(batches)
  const claimant = { by: workerId(ports), ...(build !== undefined && { build }) }
  const fingerprints = new Fingerprints(ports.clock)
  const pauses = new PauseCache(ports.controls, ports.clock)

  function createBatch(queueName: string, { deadlineAt, requestId, draining, stopping }: Invocation): Batch {
    const queue = app.queues[queueName]
    if (queue === undefined) {
      throw new DefinitionError(
        `worker: expected deliveries of ${Object.keys(app.queues).join(', ')}, received some of '${queueName}'.`,
      )
    }
    const times = timesOf(app, queueName)
    const acknowledgements = parts.createAcknowledgements()
    const reporter = new Reporter(ports, queue, app.tasks)
    const { planWait, settleAfterMs } = parts
    const settler = new Settler({
      app,
      ports,
      ledger,
      fingerprints,
      queueName,
      times,
      acknowledgements,
      reporter,
      planWait,
      settleAfterMs,
    })
    const lease = deadlineAt === undefined ? containerLease(ports, queue, times) : lambdaLease(deadlineAt, queue)
    return {
      app,
      around: app,
      ports,
      ledger,
      queue,
      claimant,
      queueName,
      times,
      lease,
      requestId,
      draining,
      stopping,
      acknowledgements,
      reporter,
      settler,
      running,
      lock,
      pauses,
      planWait,
      parts,
    }
  }

  return {
    get running() {
      return running.size
    },
    async work(queueName, deliveries, invocation) {
      const batch = createBatch(queueName, invocation)
      const stopWatching = watchLeaks()
      try {
        return { failed: await workBatch(deliveries, batch) }
      } finally {
        stopWatching()
      }
    },
  }
}

/** 8 characters that tell this process from others, in records and log lines. */
function workerId({ random, clock }: Ports): string {
  return random.uuid(clock.now()).replaceAll('-', '').slice(-8)
}
