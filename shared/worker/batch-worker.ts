import type { AppDefinition } from '../core/app.ts'
import { timesOf } from '../core/app.ts'
import { DefinitionError } from '../core/errors.ts'
import type { Delivery, Ports } from '../ports/index.ts'
import { CertainLedger } from '../protocol/certain-ledger.ts'
import { Batch } from './batch.ts'
import { Company } from './company.ts'
import { Controls } from './controls.ts'
import { watchLeaks } from './leaks.ts'
import { RunningTasks } from './running-tasks.ts'

/** The request that brings a batch. */
export interface Invocation {
  /** Epoch ms at which the process is stopped. Undefined in containers: leases are renewed instead. */
  readonly deadlineAt?: number
  readonly requestId?: string
  /** Aborted when the process wants to stop: what has not started is handed back. */
  readonly draining?: AbortSignal
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
  /** At a time, at most. Lambda brings one. @default 1 */
  readonly batches?: number
}

export function createBatchWorker({ app, ports, batches = 1 }: BatchWorkerOptions): BatchWorker {
  const ledger = new CertainLedger(ports)
  const running = new RunningTasks(ports, ledger)
  const company = new Company(batches)
  const controls = new Controls(ports.controls, ports.clock)
  return {
    get running() {
      return running.size
    },
    async work(name, deliveries, invocation) {
      const queue = app.queues[name]
      if (queue === undefined) {
        throw new DefinitionError(
          `worker: expected deliveries of ${Object.keys(app.queues).join(', ')}, received some of '${name}'.`,
        )
      }
      const stopWatching = watchLeaks()
      try {
        const times = timesOf(app, name)
        const batch = new Batch({ app, ports, ledger, running, company, controls, queue, times, invocation })
        return await batch.work(deliveries)
      } finally {
        stopWatching()
      }
    },
  }
}
