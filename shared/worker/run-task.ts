import { CeleriacError } from '../core/errors.ts'
import type { TaskRecord } from '../core/record.ts'
import type { Batch } from './batch.ts'
import type { Run } from './run.ts'
import { LeaseLostError, type RunningTask } from './running-tasks.ts'
import { leaseLost } from './settler.ts'
import type { Candidate } from './triage.ts'

/** Runs a task and gives its outcome to the settler. Resolves when the run has ended, not when it is settled. */
export async function runTask(
  candidate: Candidate,
  record: TaskRecord | undefined,
  token: string,
  batch: Batch,
): Promise<void> {
  const { ports, lease, running, settler, reporter, parts } = batch
  const { received, task } = candidate
  const startedAt = ports.clock.now()
  const attempt = record?.attempt ?? candidate.attempt
  reporter.event(received, { type: 'started', attempt: attempt + 1, receiveCount: received.delivery.receiveCount })
  const timeLimitMs = lease.cut(task.timeLimitMs, startedAt)
  const run = parts.startRun({ received, task, record, attempt, timeLimitMs }, batch)
  const watched = record && new WatchedRun(run, record, batch, received.delivery.receipt, startedAt)
  const stop = () => run.running.handBack(new WorkerStoppedError())
  batch.stopping?.addEventListener('abort', stop, { once: true })
  if (batch.stopping?.aborted) stop()
  if (watched) running.add(watched)
  const settlement = await run.settlement
  if (watched) running.remove(watched)
  batch.stopping?.removeEventListener('abort', stop)
  const progress = run.endProgress()
  // The run may have thrown the lost lease itself, which is not an outcome of the task. The task is found again when its lease ends.
  if (watched?.hasLostLease && settlement.state !== 'SUCCESS') {
    const { id, task: name } = received.message
    ports.telemetry.log('warn', leaseLost, { task: name, id })
    if (record?.alone === true) settler.doubtSolo()
    return
  }
  const { scrub } = run
  const facts = { attempt: attempt + 1, hasRun: true, runMs: ports.clock.now() - startedAt, startedAt, scrub }
  settler.add({
    received,
    record,
    token,
    settlement,
    startedAt,
    scrub,
    progress,
    resultTtlMs: task.definition.resultTtlMs,
    report() {
      reporter.settled(received, settlement, facts)
      return run.callHooks(settlement)
    },
  })
}

/** The reason of `ctx.signal` when the process stops before the task has ended. */
class WorkerStoppedError extends CeleriacError {
  constructor() {
    super('worker-stopped', 'The worker stops. The task is handed back, and another worker runs it from the start.')
  }
}

/** A run that is asked to stop when its task is revoked or its lease is lost. */
class WatchedRun implements RunningTask {
  readonly id: string
  readonly v: number
  readonly queue: string
  readonly receipt: string
  readonly startedAt: number
  readonly leaseUntil: number
  readonly renewVisibilityMs: number | undefined
  hasLostLease = false
  readonly #run: Run

  constructor(run: Run, { id, v, leaseUntil }: TaskRecord, batch: Batch, receipt: string, startedAt: number) {
    this.id = id
    this.v = v
    this.queue = batch.queueName
    this.receipt = receipt
    this.startedAt = startedAt
    // Every claim sets one.
    this.leaseUntil = leaseUntil as number
    this.renewVisibilityMs = batch.lease.renewVisibilityMs
    this.#run = run
  }

  abort(reason: Error): void {
    this.hasLostLease ||= reason instanceof LeaseLostError
    this.#run.running.abort(reason)
  }
}
