import { clockSkewMs, containerLeaseMs, renewalMs, revocationCheckMs } from '../core/defaults.ts'
import { CeleriacError, TaskRevokedError } from '../core/errors.ts'
import type { Ports } from '../ports/index.ts'
import type { CertainLedger } from '../protocol/certain-ledger.ts'

/** Another worker may hold the task: this run must end. */
export class LeaseLostError extends CeleriacError {
  constructor(id: string) {
    super(
      'lease-lost',
      `The lease of task ${id} was lost: it could not be renewed, or another worker has taken the task over. This run does not settle.`,
    )
  }
}

export interface RunningTask {
  readonly id: string
  readonly queue: string
  readonly receipt: string
  /** The record's version while this claim holds. */
  readonly v: number
  readonly startedAt: number
  /** As the claim left it. Epoch ms. */
  readonly leaseUntil: number
  /** Leases without a deadline of their own (containers) are renewed together with the message's visibility, in ms. */
  readonly renewVisibilityMs: number | undefined
  abort(reason: Error): void
}

/** A task of a container. */
interface RenewableTask extends RunningTask {
  readonly renewVisibilityMs: number
}

/** How a task of this process holds its lease. */
interface Hold {
  /** When renewal was last asked for. */
  askedAt: number
  /** For certain. */
  leaseUntil: number
  /** Its run was told to end. */
  isLost: boolean
}

type Held = [RenewableTask, Hold]

/**
 * The tasks that run in this process. One read per three seconds tells which of those older than three seconds were asked to stop, and which
 * lost their lease; in containers leases are renewed every twenty, and what could not be renewed ends before another worker may begin. No timer
 * runs while nothing does.
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

  /** What is not answered yet is not asked again; a table that does not answer one thing may answer the other. */
  #ask(what: 'look' | 'renew', ask: () => Promise<void>): void {
    if (this.#asking.has(what)) return
    this.#asking.add(what)
    // The table did not answer: asked again in three seconds. The claim decides at settlement in any case.
    void ask()
      .catch(() => {})
      .finally(() => this.#asking.delete(what))
  }

  async #abortRevoked(tasks: readonly RunningTask[]): Promise<void> {
    const ids = [...new Set(tasks.map((task) => task.id))]
    if (ids.length === 0) return
    // Not consistent, at half the price: an older version says nothing, a newer one that the lease is lost.
    const records = await this.#ports.records.read(ids, { consistent: false })
    const byId = new Map(ids.map((id, index) => [id, records[index]]))
    for (const task of tasks) {
      const record = byId.get(task.id)
      if (record === undefined || record.v < task.v) continue
      if (record.v > task.v) this.#lose(task)
      else if (record.revokeRequestedAt !== undefined) task.abort(new TaskRevokedError(task.id))
    }
  }

  /** Ends the run, for good: a renewal that comes through all the same is the last one. */
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
    const leaseUntil = leaseEnd(now, undefined)
    const outcomes = await this.#ledger.change(
      due.map(([{ id, v, queue }]) => ({ id, v, transition: false, queue, set: { leaseUntil } })),
    )
    for (const [index, [task, hold]] of due.entries()) {
      const outcome = outcomes[index]?.status
      if (outcome === 'done') hold.leaseUntil = leaseUntil
      else if (outcome === 'lost') this.#lose(task)
    }
    this.#hide(due.map(([task]) => task).filter((task) => this.#tasks.has(task)))
  }

  /** The next renewal does not wait for it: a message that appears again finds the lease. */
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

/** The invocation's deadline and what clocks may differ; in containers a minute, renewed. */
export function leaseEnd(now: number, deadlineAt: number | undefined): number {
  return deadlineAt === undefined ? now + containerLeaseMs : deadlineAt + clockSkewMs
}

/** In time for another worker whose clock is ahead of ours, and before it is too late to look again. */
function isAlmostOver({ leaseUntil }: Hold, now: number): boolean {
  return leaseUntil - clockSkewMs - revocationCheckMs <= now
}

function isDue({ askedAt, isLost }: Hold, now: number): boolean {
  return !isLost && now - askedAt >= renewalMs
}
