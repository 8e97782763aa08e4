import type { AppDefinition } from '../core/app.ts'
import type { QueueDefinition } from '../core/queue.ts'
import type { Claimant } from '../core/transitions.ts'
import { planWait } from '../core/transport.ts'
import type { Ports } from '../ports/index.ts'
import { CertainLedger } from '../protocol/certain-ledger.ts'
import { Acknowledgements } from './acknowledgements.ts'
import { ExclusiveLock } from './exclusive-lock.ts'
import type { FollowDeps } from './follow.ts'
import type { Lease } from './lease.ts'
import type { PauseCache } from './pause-cache.ts'
import { groupById } from './receive.ts'
import { type RunDeps, startRun } from './run.ts'
import { RunningTasks } from './running-tasks.ts'
import { type Settler, settleAfterMs } from './settler.ts'
import { triage } from './triage.ts'

/** State that the steps of one batch share. */
export interface Batch extends FollowDeps, RunDeps {
  readonly app: AppDefinition
  readonly queue: QueueDefinition
  readonly claimant: Claimant
  readonly lease: Lease
  /** Aborted when the process wants to stop: tasks that have not started are handed back. */
  readonly draining: AbortSignal | undefined
  /** Aborted when the process cannot wait any longer: running tasks are handed back. */
  readonly stopping: AbortSignal | undefined
  readonly settler: Settler
  readonly running: RunningTasks
  readonly lock: ExclusiveLock
  readonly pauses: PauseCache
  readonly parts: WorkerParts
}

/** Parts of a worker that the simulator replaces with broken variants, to prove that it finds the bugs. */
export interface WorkerParts {
  readonly createLedger: (ports: Ports) => CertainLedger
  readonly createRunningTasks: (ports: Ports, ledger: CertainLedger) => RunningTasks
  readonly createLock: (batches: number) => ExclusiveLock
  readonly createAcknowledgements: () => Acknowledgements
  readonly groupById: typeof groupById
  readonly triage: typeof triage
  readonly planWait: typeof planWait
  readonly startRun: typeof startRun
  readonly settleAfterMs: number
}

export const workerParts: WorkerParts = {
  createLedger: (ports) => new CertainLedger(ports),
  createRunningTasks: (ports, ledger) => new RunningTasks(ports, ledger),
  createLock: (batches) => new ExclusiveLock(batches),
  createAcknowledgements: () => new Acknowledgements(),
  groupById,
  triage,
  planWait,
  startRun,
  settleAfterMs,
}
