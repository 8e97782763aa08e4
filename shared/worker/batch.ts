import type { AppDefinition } from '../core/app.ts'
import { clockSkewMs, containerLeaseMs, settleMarginMs, suspectHandBacks } from '../core/defaults.ts'
import type { TaskMessage } from '../core/message.ts'
import { type MessageError, parseMessage } from '../core/message-codec.ts'
import type { QueueDefinition, QueueTimes } from '../core/queue.ts'
import type { TaskRecord } from '../core/record.ts'
import type { Delivery, Ports } from '../ports/index.ts'
import type { CertainLedger } from '../protocol/certain-ledger.ts'
import { sleep } from '../protocol/sleep.ts'
import { type Arrival, groupById, isWithoutLedger, type RunnableTask, runnableTask } from './arrival.ts'
import type { Invocation } from './batch-worker.ts'
import { type Candidate, claimWave, type RefusedClaim } from './claims.ts'
import type { Company } from './company.ts'
import type { Controls } from './controls.ts'
import { Fates } from './fates.ts'
import { keepHidden } from './keep-hidden.ts'
import { Reporter } from './reporter.ts'
import { startRun } from './run.ts'
import { LeaseLostError, leaseEnd, type RunningTasks } from './running-tasks.ts'
import { Settler } from './settler.ts'
import { isPast, Sorter } from './sorter.ts'

export interface BatchSetting {
  readonly app: AppDefinition
  readonly ports: Ports
  readonly ledger: CertainLedger
  readonly running: RunningTasks
  readonly company: Company
  readonly controls: Controls
  readonly queue: QueueDefinition
  readonly times: QueueTimes
  readonly invocation: Invocation
}

/** A candidate that may start: claimed, or without a record to claim. */
interface Ready {
  readonly candidate: Candidate
  readonly record: TaskRecord | undefined
  readonly token: string
}

/** A delivery whose body is no message of ours. */
interface Refused {
  readonly delivery: Delivery
  readonly error: MessageError
}

interface Claimed {
  readonly ready: readonly Ready[]
  readonly refused: readonly RefusedClaim[]
  /** When the claims were asked for. */
  readonly askedAt: number
}

/** A pause is noticed within this, at first; a long one is looked at ever less often. */
const shortestPauseMs = 5_000
const longestPauseMs = 900_000

/** The work on one batch. One object per batch; work() tells the order. */
export class Batch {
  readonly #setting: BatchSetting
  readonly #fates = new Fates()
  readonly #reporter: Reporter
  readonly #settler: Settler
  readonly #sorter: Sorter
  #admitted = 0

  constructor(setting: BatchSetting) {
    const { ports, ledger, app, queue, times } = setting
    this.#setting = setting
    this.#reporter = new Reporter(ports, queue.name, app.hooks)
    this.#settler = new Settler(ports, ledger, queue.name, times, this.#fates)
    this.#sorter = new Sorter(setting, this.#settler, this.#fates, this.#reporter)
  }

  async work(deliveries: readonly Delivery[]): Promise<{ readonly failed: readonly string[] }> {
    const { arrivals, refused } = this.#read(deliveries)
    if (refused.length > 0) await this.#putAside(refused)
    const groups = groupById(await this.#handBackWhilePaused(arrivals))
    await this.#sorter.sort(groups.map((group) => group.first))
    const letGo = this.#keepWaiting()
    try {
      if (this.#sorter.alone.length > 0) await this.#runUrgentSuspects()
      await this.#runTogether()
      if (this.#sorter.alone.length > 0) await this.#runAlone()
    } finally {
      letGo()
    }
    const duplicates = groups.flatMap((group) => group.duplicates)
    if (duplicates.length > 0) await this.#sorter.settleDuplicates(duplicates)
    await this.#reporter.tally.write(this.#setting.ports)
    const kept = deliveries.filter((delivery) => !this.#fates.isAcknowledged(delivery))
    return { failed: kept.map((delivery) => delivery.messageId) }
  }

  /** Reads the bodies. */
  #read(deliveries: readonly Delivery[]): {
    readonly arrivals: readonly Arrival[]
    readonly refused: readonly Refused[]
  } {
    const { app, queue } = this.#setting
    const arrivals: Arrival[] = []
    const refused: Refused[] = []
    for (const delivery of deliveries) {
      let message: TaskMessage
      try {
        message = parseMessage(delivery.body)
      } catch (error) {
        refused.push({ delivery, error: error as MessageError })
        continue
      }
      arrivals.push({ delivery, message, task: runnableTask(app.tasks, queue, message) })
    }
    return { arrivals, refused }
  }

  /** What is no message of ours goes to the dead-letter queue as it is, with a reason beside it. */
  async #putAside(refused: readonly Refused[]): Promise<void> {
    const { queue, ports } = this.#setting
    const answers = await ports.queues.sendDead(
      queue.name,
      refused.map(({ delivery, error }) => ({ body: delivery.body, attributes: { reason: error.reason } })),
    )
    for (const [index, { delivery, error }] of refused.entries()) {
      if (answers[index]?.status === 'sent') this.#fates.acknowledge(delivery)
      ports.telemetry.log('error', `A body that is no message was put aside: ${error.message}`, {
        queue: queue.name,
        messageId: delivery.messageId,
      })
    }
  }

  /** A paused queue's messages wait, refreshed before they grow old; tasks without a ledger know no pause. Returns what goes on. */
  async #handBackWhilePaused(arrivals: readonly Arrival[]): Promise<readonly Arrival[]> {
    const { controls, queue, ports } = this.#setting
    const pausable = arrivals.filter((arrival) => !isWithoutLedger(arrival))
    if (pausable.length === 0) return arrivals
    const { pausedAt } = await controls.of(queue.name)
    if (pausedAt === undefined) return arrivals
    const pausedMs = ports.clock.now() - pausedAt
    const waitMs = Math.min(longestPauseMs, Math.max(shortestPauseMs, Math.ceil(pausedMs / 4)))
    const open = await this.#sorter.withoutOver(pausable)
    await this.#settler.wait(open.map((arrival) => ({ arrival, record: undefined, waitMs })))
    for (const arrival of open) this.#reporter.event(arrival, { type: 'handed-back' })
    return arrivals.filter(isWithoutLedger)
  }

  /** In containers, where batches wait for each other; an invocation is over before its messages appear again. */
  #keepWaiting(): () => void {
    const { invocation, ports, queue, times } = this.#setting
    if (invocation.deadlineAt !== undefined) return () => {}
    const { together, alone } = this.#sorter
    return keepHidden(ports, queue.name, times.containerVisibilityMs, () =>
      [...together, ...alone].map(({ arrival }) => arrival.delivery),
    )
  }

  /** Suspects that were handed back again and again, because the others always took the time. */
  async #runUrgentSuspects(): Promise<void> {
    const { alone } = this.#sorter
    const isUrgent = ({ record }: Candidate) => (record?.handBacks ?? 0) >= suspectHandBacks
    alone.sort((a, b) => Number(isUrgent(b)) - Number(isUrgent(a)))
    for (let left = alone.filter(isUrgent).length; left > 0; left--) await this.#runNextAlone()
  }

  /** Runs up to `parallelism` at a time. Each wave is claimed just before it starts: nothing is claimed that is not started. */
  async #runTogether(): Promise<void> {
    if (this.#sorter.together.length === 0) return this.#settler.drain()
    return this.#setting.company.together(() => this.#runWaves())
  }

  async #runWaves(): Promise<void> {
    const { queue, company } = this.#setting
    const { parallelism } = queue
    const waiting = this.#sorter.together
    const running = new Set<Promise<void>>()
    while (waiting.length > 0 || running.size > 0) {
      const free = parallelism - running.size
      if (waiting.length === 0 || free === 0) {
        await Promise.race(running)
        continue
      }
      const wave = await this.#admit(waiting.splice(0, free))
      // Those that wait count, too: one may start, and end the process, while what ran before is not settled yet.
      const isAlone = company.isOneBatch && running.size + wave.length + waiting.length === 1
      const { ready, refused, askedAt } = await this.#claim(wave, isAlone)
      for (const each of ready) {
        const run = this.#run(each).finally(() => running.delete(run))
        running.add(run)
      }
      // Only now: the leases of those that were claimed are running.
      if (refused.length > 0) await this.#sorter.lookAgain(refused, askedAt)
    }
    await this.#settler.drain()
  }

  /** Suspects, after the others are settled: a crash is then known to be the task's own. */
  async #runAlone(): Promise<void> {
    while (this.#sorter.alone.length > 0) {
      await this.#runNextAlone()
      // A lost claim may have put others into the lanes.
      await this.#runTogether()
    }
  }

  #runNextAlone(): Promise<void> {
    return this.#setting.company.alone(() => this.#runOne(this.#sorter.alone.shift() as Candidate))
  }

  async #runOne(candidate: Candidate): Promise<void> {
    const { company, ports } = this.#setting
    const { ready, refused, askedAt } = await this.#claim(await this.#admit([candidate]), true)
    for (const each of ready) await this.#run(each)
    await this.#sorter.lookAgain(refused, askedAt)
    await this.#settler.drain()
    // Other batches wait, as this one ends, until the record cannot say any more that it runs alone here.
    if (this.#settler.isUncertain && !company.isOneBatch) await sleep(ports.clock, containerLeaseMs + clockSkewMs)
  }

  /** Hands back what could not finish before the deadline: no attempt is spent on it. */
  async #admit(candidates: readonly Candidate[]): Promise<readonly Candidate[]> {
    const { queue, invocation, ports, ledger } = this.#setting
    const leftMs = (invocation.deadlineAt ?? Number.POSITIVE_INFINITY) - ports.clock.now()
    // Half of the margin is for what precedes a run. The first runs of an invocation start all the same, or a slow start would starve them for ever.
    const enoughMs = leftMs - settleMarginMs(queue.timeoutMs) / 2
    const first = this.#admitted === 0 && leftMs >= queue.timeoutMs / 2
    const draining = invocation.draining?.aborted === true || this.#settler.isUncertain
    const admitted = draining ? [] : candidates.filter(({ task }) => first || task.timeLimitMs <= enoughMs)
    this.#admitted += admitted.length
    const rejected = candidates.filter((candidate) => !admitted.includes(candidate))
    if (rejected.length === 0) return admitted
    const suspects = rejected.flatMap(({ alone, record }) => (alone && record ? [record] : []))
    await ledger.change(
      suspects.map(({ id, v, queue: owner, handBacks = 0 }) => ({
        id,
        v,
        transition: false,
        queue: owner,
        set: { handBacks: handBacks + 1 },
      })),
    )
    await this.#settler.wait(rejected.map(({ arrival }) => ({ arrival, record: undefined, waitMs: 0 })))
    for (const { arrival } of rejected) this.#reporter.event(arrival, { type: 'handed-back' })
    return admitted
  }

  /** Claims a wave. What may start must do so at once; claims that were lost or failed are to be looked at again by the sorter. */
  async #claim(wave: readonly Candidate[], alone: boolean): Promise<Claimed> {
    const { ledger, ports, queue, invocation } = this.#setting
    const { clock, random } = ports
    const ready: Ready[] = []
    const toClaim: Candidate[] = []
    for (const candidate of wave) {
      if (isWithoutLedger(candidate.arrival)) ready.push({ candidate, record: undefined, token: '' })
      else toClaim.push(candidate)
    }
    const askedAt = clock.now()
    const leaseUntil = leaseEnd(askedAt, invocation.deadlineAt)
    // A lone claim that nobody knows of would count as a crash when its lease ends: there is nothing better to do than to ask until it must be given back.
    const doubtUntil = alone ? (invocation.deadlineAt ?? leaseUntil) - settleMarginMs(queue.timeoutMs) : undefined
    const setting = { ledger, clock, random, queue: queue.name, leaseUntil, alone, doubtUntil }
    const refused: RefusedClaim[] = []
    for (const claim of toClaim.length === 0 ? [] : await claimWave(toClaim, setting)) {
      if (claim.status === 'claimed') {
        if (this.#mayStart(claim)) ready.push(claim)
        continue
      }
      refused.push(claim)
      if (alone && claim.status === 'failed' && claim.maybeClaimed) this.#settler.doubt()
    }
    return { ready, refused, askedAt }
  }

  /** What only the answered claim tells: a revocation asked for while an earlier attempt ran, an expiry, an answer that took too long. */
  #mayStart({ candidate, record, token }: Ready & { readonly record: TaskRecord }): boolean {
    if (this.#isTooLate(candidate.task, record.leaseUntil))
      this.#sorter.end(candidate.arrival, record, { kind: 'claimed-late' }, { token })
    else if (record.revokeRequestedAt !== undefined)
      this.#sorter.end(candidate.arrival, record, { kind: 'revoked' }, { token })
    else if (isPast(record.expires, this.#setting.ports.clock.now()))
      this.#sorter.end(candidate.arrival, record, { kind: 'expired' }, { token })
    else return true
    return false
  }

  /** A table that throttles, or an environment that was frozen, may take a claim's whole lease to answer: the task is no longer ours to run. */
  #isTooLate(task: RunnableTask, leaseUntil = Number.POSITIVE_INFINITY): boolean {
    const { invocation, ports } = this.#setting
    const now = ports.clock.now()
    // Less could not be renewed in time.
    if (invocation.deadlineAt === undefined) return leaseUntil - now < containerLeaseMs / 2
    return leaseUntil <= now || invocation.deadlineAt - now < task.timeLimitMs / 2
  }

  /** Runs a task to its outcome and gives it to the settler. Resolves when the run has ended, not when it is settled. */
  async #run({ candidate, record, token }: Ready): Promise<void> {
    const { ports, ledger, app, queue, invocation, running, times } = this.#setting
    const { arrival, task } = candidate
    const { delivery } = arrival
    const startedAt = ports.clock.now()
    const attempt = record?.attempt ?? candidate.attempt
    const leftMs = (invocation.deadlineAt ?? Number.POSITIVE_INFINITY) - startedAt
    const timeLimitMs = Math.max(1, Math.min(task.timeLimitMs, leftMs - settleMarginMs(queue.timeoutMs) / 4))
    const { appHooks, requestId } = { appHooks: app.hooks, requestId: invocation.requestId }
    this.#reporter.event(arrival, { type: 'started', attempt: attempt + 1, receiveCount: delivery.receiveCount })
    const run = startRun({
      ports,
      ledger,
      appHooks,
      queue: queue.name,
      arrival,
      task,
      record,
      attempt,
      timeLimitMs,
      requestId,
    })
    let leaseLost = false
    const entry = record && {
      id: record.id,
      queue: queue.name,
      receipt: delivery.receipt,
      v: record.v,
      startedAt,
      // Every claim sets one.
      leaseUntil: record.leaseUntil as number,
      renewVisibilityMs: invocation.deadlineAt === undefined ? times.containerVisibilityMs : undefined,
      abort: (reason: Error) => {
        leaseLost ||= reason instanceof LeaseLostError
        run.running.abort(reason)
      },
    }
    if (entry) running.add(entry)
    const settlement = await run.settlement
    if (entry) running.remove(entry)
    const progress = run.endProgress()
    // What it threw may be the loss itself: that is no attempt of its own. Its lease ends, and the task is found.
    if (record !== undefined && leaseLost && settlement.state !== 'SUCCESS') {
      const { id, task: name } = arrival.message
      ports.telemetry.log('warn', 'A run ended after its lease was lost; it does not settle.', { task: name, id })
      if (record.alone === true) this.#settler.doubt()
      return
    }
    const { scrub } = run
    const ended = { attempt: attempt + 1, runMs: ports.clock.now() - startedAt, startedAt, scrub }
    this.#settler.add({
      arrival,
      record,
      token,
      settlement,
      startedAt,
      scrub,
      progress,
      resultTtlMs: task.definition.resultTtlMs,
      settled: () => {
        this.#reporter.settled(arrival, settlement, ended)
        return this.#reporter.callHooks(task.definition.hooks, run.running.context, settlement, scrub)
      },
    })
  }
}
