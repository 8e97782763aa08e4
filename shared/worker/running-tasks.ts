import { clockSkewMs, containerLeaseMs, renewalMs, revocationCheckMs } from '../core/defaults.ts'
import { CeleriacError, TaskRevokedError } from '../core/errors.ts'
import { renewLease } from '../core/transitions.ts'
import type { Ports } from '../ports/index.ts'
import type { CertainLedger } from '../protocol/certain-ledger.ts'

/** Another worker may hold the task: this run must end. */
export class LeaseLostError extends CeleriacError {
  constructor(id: string) {
    super(
      'lease-lost',
      `Task ${id} lost its lease: it could not be renewed, or another worker took the task over. The result of this run is discarded.`,
    )
  }
}

export interface RunningTask {
  readonly id: string
  readonly queue: string
  readonly receipt: string
  /** The record's version during this claim. */
  readonly v: number
  readonly startedAt: number
  /** End of the lease as the claim wrote it, epoch ms. */
  readonly leaseUntil: number
  /** In containers only: the lease is renewed, and each renewal hides the message for this long, ms. */
  readonly renewVisibilityMs: number | undefined
  abort(reason: Error): void
}

/** A task whose lease is renewed. */
interface RenewableTask extends RunningTask {
  readonly renewVisibilityMs: number
}

/** State of a running task's lease. */
interface Hold {
  /** When renewal was last requested. */
  askedAt: number
  /** Certain end of the lease, epoch ms. */
  leaseUntil: number
  /** The run was aborted because its lease was lost. */
  isLost: boolean
}

type Held = [RenewableTask, Hold]

/**
 * The tasks that run in this process. Tasks that run longer than 3 s are polled for revocation and lost leases, one batched read per 3 s.
 * In containers, leases are renewed every 20 s, and a run whose lease could not be renewed is ended before another worker may start the task. No
 * timer is set while no task runs.
 */
export class RunningTasks {
  readonly #ports: Pick<Ports, 'records' | 'queues' | 'clock'>
  readonly #ledger: CertainLedger
  readonly #tasks = new Map<RunningTask, Hold>()
  readonly #asking = new Set<'look' | 'renew'>()
  #cancel: (() => void) | undefined

  constructor(ports: Pick<Ports, 'records' | 'queues' | 'clock'>, ledger: CertainLedger) {
    this.#ports = ports
    this.#ledger = ledger
  }

  get size(): number {
    return this.#tasks.size
  }

  add(task: RunningTask): void {
    this.#tasks.set(task, {
      askedAt: task.leaseUntil - containerLeaseMs,
      leaseUntil: task.leaseUntil,
      isLost: false,
    })
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
        this.#check()
        this.#schedule()
      },
      { background: true },
    )
  }

  #check(): void {
    const now = this.#ports.clock.now()
    const old = [...this.#tasks.keys()].filter((task) => now - task.startedAt >= revocationCheckMs)
    const renewable = [...this.#tasks].filter((entry): entry is Held => entry[0].renewVisibilityMs !== undefined)
    for (const [task, hold] of renewable) if (isAlmostOver(hold, now)) this.#lose(task)
    this.#ask('look', () => this.#abortRevoked(old))
    this.#ask('renew', () => this.#renew(renewable.filter(([, hold]) => isDue(hold, now))))
  }

  /** Polling and renewal run one request each at a time, apart from each other: if one hangs, the other may still be answered. */
  #ask(what: 'look' | 'renew', ask: () => Promise<void>): void {
    if (this.#asking.has(what)) return
    this.#asking.add(what)
    // Without an answer, the next check asks again. The settlement is conditioned on the claim in any case.
    void ask()
      .catch(() => {})
      .finally(() => this.#asking.delete(what))
  }

  async #abortRevoked(tasks: readonly RunningTask[]): Promise<void> {
    const ids = [...new Set(tasks.map((task) => task.id))]
    if (ids.length === 0) return
    // Eventually consistent reads cost half. An older version means nothing; a newer one means that the lease is lost.
    const records = await this.#ports.records.read(ids, { consistent: false })
    const byId = new Map(ids.map((id, index) => [id, records[index]]))
    for (const task of tasks) {
      const record = byId.get(task.id)
      if (record === undefined || record.v < task.v) continue
      if (record.v > task.v) this.#lose(task)
      else if (record.revokeRequestedAt !== undefined) task.abort(new TaskRevokedError(task.id))
    }
  }

  /** Aborts the run for good, even if a renewal still comes through. */
  #lose(task: RunningTask): void {
    const hold = this.#tasks.get(task)
    if (hold === undefined || hold.isLost) return
    hold.isLost = true
    task.abort(new LeaseLostError(task.id))
  }

  async #renew(due: readonly Held[]): Promise<void> {
    if (due.length === 0) return
    const now = this.#ports.clock.now()
    for (const [, hold] of due) hold.askedAt = now
    const leaseUntil = now + containerLeaseMs
    const outcomes = await this.#ledger.change(due.map(([task]) => renewLease(task, leaseUntil)))
    for (const [index, [task, hold]] of due.entries()) {
      const outcome = outcomes[index]?.status
      if (outcome === 'done') hold.leaseUntil = leaseUntil
      else if (outcome === 'lost') this.#lose(task)
    }
    this.#hide(due.map(([task]) => task).filter((task) => this.#tasks.has(task)))
  }

  /** The next renewal does not wait for this: if the message is received again, that delivery finds the lease. */
  #hide(tasks: readonly RenewableTask[]): void {
    for (const queue of new Set(tasks.map((task) => task.queue))) {
      const own = tasks.filter((task) => task.queue === queue)
      const requests = own.map(({ receipt, renewVisibilityMs: ms }) => ({
        receipt,
        delaySeconds: Math.ceil(ms / 1_000),
      }))
      void this.#ports.queues.hide(queue, requests).catch(() => {})
    }
  }
}

/** Early enough even if another worker's clock is ahead of ours. The next check would be too late. */
function isAlmostOver({ leaseUntil }: Hold, now: number): boolean {
  return leaseUntil - clockSkewMs - revocationCheckMs <= now
}

function isDue({ askedAt, isLost }: Hold, now: number): boolean {
  return !isLost && now - askedAt >= renewalMs
}
