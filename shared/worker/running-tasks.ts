import { clockSkewMs, containerLeaseMs, renewalMs, revocationCheckMs } from '../core/defaults.ts'
import { CeleriacError, TaskRevokedError } from '../core/errors.ts'
import type { Ports } from '../ports/index.ts'
import type { CertainLedger } from '../protocol/certain-ledger.ts'

/** Another worker holds the task: whatever this run does, it cannot settle. */
export class LeaseLostError extends CeleriacError {
  constructor(id: string) {
    super('lease-lost', `The lease of task ${id} was lost: another worker has taken it over. This run cannot settle.`)
  }
}

export interface RunningTask {
  readonly id: string
  readonly queue: string
  readonly receipt: string
  /** The record's version while this claim holds. */
  readonly v: number
  readonly startedAt: number
  /** Leases without a deadline of their own (containers) are renewed together with the message's visibility, in ms. */
  readonly renewVisibilityMs: number | undefined
  abort(reason: Error): void
}

/** A task of a container. */
interface RenewableTask extends RunningTask {
  readonly renewVisibilityMs: number
}

/**
 * The tasks that run in this process. One read per three seconds tells which of those older than three seconds were asked to stop, and which
 * lost their lease; in containers leases are renewed every twenty. No timer runs while nothing does.
 */
export class RunningTasks {
  readonly #ports: Pick<Ports, 'ledger' | 'broker' | 'clock'>
  readonly #ledger: CertainLedger
  /** Each with the instant of its last renewal. */
  readonly #tasks = new Map<RunningTask, number>()
  #cancel: (() => void) | undefined

  constructor(ports: Pick<Ports, 'ledger' | 'broker' | 'clock'>, ledger: CertainLedger) {
    this.#ports = ports
    this.#ledger = ledger
  }

  get size(): number {
    return this.#tasks.size
  }

  add(task: RunningTask): void {
    this.#tasks.set(task, task.startedAt)
    this.#schedule()
  }

  remove(task: RunningTask): void {
    this.#tasks.delete(task)
    if (this.#tasks.size > 0) return
    this.#cancel?.()
    this.#cancel = undefined
  }

  #schedule(): void {
    if (this.#cancel !== undefined || this.#tasks.size === 0) return
    this.#cancel = this.#ports.clock.timer(
      revocationCheckMs,
      () => {
        this.#cancel = undefined
        void this.#check().finally(() => this.#schedule())
      },
      { background: true },
    )
  }

  async #check(): Promise<void> {
    const now = this.#ports.clock.now()
    const old = [...this.#tasks.keys()].filter((task) => now - task.startedAt >= revocationCheckMs)
    try {
      await this.#abortRevoked(old)
      await this.#renew(old.filter((task): task is RenewableTask => this.#isDue(task, now)))
    } catch {
      // The table did not answer: asked again in three seconds. The claim decides at settlement in any case.
    }
  }

  async #abortRevoked(tasks: readonly RunningTask[]): Promise<void> {
    const ids = [...new Set(tasks.map((task) => task.id))]
    if (ids.length === 0) return
    // Not consistent, at half the price: an older version says nothing, a newer one that the lease is lost.
    const records = await this.#ports.ledger.read(ids, { consistent: false })
    const byId = new Map(ids.map((id, index) => [id, records[index]]))
    for (const task of tasks) {
      const record = byId.get(task.id)
      if (record === undefined || record.v < task.v) continue
      if (record.v > task.v) task.abort(new LeaseLostError(task.id))
      else if (record.revokeRequestedAt !== undefined) task.abort(new TaskRevokedError(task.id))
    }
  }

  #isDue(task: RunningTask, now: number): boolean {
    const renewedAt = this.#tasks.get(task)
    return task.renewVisibilityMs !== undefined && renewedAt !== undefined && now - renewedAt >= renewalMs
  }

  async #renew(tasks: readonly RenewableTask[]): Promise<void> {
    if (tasks.length === 0) return
    const now = this.#ports.clock.now()
    for (const task of tasks) this.#tasks.set(task, now)
    const leaseUntil = leaseEnd(now, undefined)
    const outcomes = await this.#ledger.change(
      tasks.map((task) => ({ id: task.id, v: task.v, transition: false, queue: task.queue, set: { leaseUntil } })),
    )
    for (const [index, task] of tasks.entries()) {
      if (outcomes[index]?.status === 'lost' && this.#tasks.has(task)) task.abort(new LeaseLostError(task.id))
    }
    for (const queue of new Set(tasks.map((task) => task.queue))) {
      const own = tasks.filter((task) => task.queue === queue)
      await this.#ports.broker.hide(
        queue,
        own.map((task) => ({ receipt: task.receipt, delaySeconds: Math.ceil(task.renewVisibilityMs / 1_000) })),
      )
    }
  }
}

/** The invocation's deadline and what clocks may differ; in containers a minute, renewed. */
export function leaseEnd(now: number, deadlineAt: number | undefined): number {
  return deadlineAt === undefined ? now + containerLeaseMs : deadlineAt + clockSkewMs
}
