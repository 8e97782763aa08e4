import { recordOfMessage } from '../core/call.ts'
import { classify, type Verdict } from '../core/classify.ts'
import { decideWithoutRun, type WithoutRun } from '../core/decide.ts'
import { recordGraceMs, unknownTaskPatienceMs } from '../core/defaults.ts'
import { errorText } from '../core/error-data.ts'
import { UnknownTaskError, WorkerLostError } from '../core/errors.ts'
import type { TaskRecord } from '../core/record.ts'
import { isCrashFinal, patientPolicy } from '../core/retry.ts'
import { isTerminal } from '../core/states.ts'
import type { HideRequest } from '../ports/index.ts'
import { type Arrival, isWithoutLedger } from './arrival.ts'
import type { BatchSetting } from './batch.ts'
import type { Candidate, RefusedClaim } from './claims.ts'
import type { Fates } from './fates.ts'
import { completeInput } from './inputs.ts'
import type { Reporter } from './reporter.ts'
import type { Settler, Waiting } from './settler.ts'

/** A claim whose record keeps moving under it is given up after this many looks; the message comes again. */
const mostLooks = 3

const longestUnknownWaitMs = 60_000

/** What is known of an ending without a run. */
interface EndingFacts {
  /** Of the claim, when there is one. */
  readonly token?: string
  /** When the run that was lost had begun. */
  readonly startedAt?: number | undefined
  /** The generation that the delivery opens. */
  readonly opens?: number | undefined
}

/** Decides what is to be done with each delivery. What may run goes into one of two lanes; everything else is dealt with here. */
export class Sorter {
  /** May share the process. */
  readonly together: Candidate[] = []
  /** Suspects: each runs while nothing else does. */
  readonly alone: Candidate[] = []
  readonly #setting: BatchSetting
  readonly #settler: Settler
  readonly #fates: Fates
  readonly #reporter: Reporter
  readonly #looks = new Map<string, number>()
  /** Collected, so that a batch of them costs one request. */
  #waiting: Waiting[] = []
  #hidden: HideRequest[] = []
  #finished: { arrival: Arrival; record: TaskRecord }[] = []

  constructor(setting: BatchSetting, settler: Settler, fates: Fates, reporter: Reporter) {
    this.#setting = setting
    this.#settler = settler
    this.#fates = fates
    this.#reporter = reporter
  }

  /** First receives are claimed without a look, by the version their message carries; the others are read first. */
  async sort(arrivals: readonly Arrival[]): Promise<void> {
    const now = this.#setting.ports.clock.now()
    const unread: Arrival[] = []
    for (const arrival of arrivals) {
      const { message, delivery, task } = arrival
      const due = !isLater(message.availableAt, now) && !isPast(message.expires, now)
      if (isWithoutLedger(arrival)) this.#sortWithoutLedger(arrival, now)
      else if (task !== undefined && delivery.receiveCount === 1 && message.v !== undefined && due) {
        this.together.push({ arrival, task, record: undefined, attempt: 0, alone: false })
      } else unread.push(arrival)
    }
    if (unread.length > 0) await this.#look(unread)
    await this.#flush()
  }

  /**
   * For messages that are about to be sent afresh unread. A copy of a task that is over may outlive the record that says so, and run again: each
   * copy may come once more for the time of its own retention, while the record lasts that time and a grace from the task's end, which may have been
   * soon after the task was enqueued. So what is older than half of the grace is looked at, and done with where its task is over. Returns the rest.
   */
  async withoutOver(arrivals: readonly Arrival[]): Promise<readonly Arrival[]> {
    const now = this.#setting.ports.clock.now()
    const isOld = ({ message }: Arrival): boolean => now - (message.sentAt ?? 0) > recordGraceMs / 2
    const open = arrivals.filter((arrival) => !isOld(arrival))
    const old = arrivals.filter(isOld)
    const records = await this.#read(old.map(({ message }) => message.id))
    if (records === undefined) return open
    for (const [index, arrival] of old.entries()) {
      const { generation } = arrival.message
      const record = records[index]
      if (record === undefined || generation > record.generation) open.push(arrival)
      else if (generation < record.generation) this.#fates.acknowledge(arrival.delivery)
      else if (isTerminal(record.state)) this.#finished.push({ arrival, record })
      else open.push(arrival)
    }
    await this.#flush()
    return open
  }

  /**
   * Claims that did not succeed: what was lost is judged by the record as it is now; what failed comes again.
   *
   * @param askedAt when they were asked for, epoch ms
   */
  async lookAgain(claims: readonly RefusedClaim[], askedAt: number): Promise<void> {
    for (const claim of claims) {
      const { message } = claim.candidate.arrival
      if (claim.status === 'failed') {
        this.#log('A claim could not be made; the message will come again.', claim.error, {
          task: message.task,
          id: message.id,
        })
        continue
      }
      const looks = (this.#looks.get(message.id) ?? 0) + 1
      this.#looks.set(message.id, looks)
      if (looks <= mostLooks) await this.#judge(claim.candidate.arrival, claim.record, askedAt)
    }
    await this.#flush()
  }

  /** Further copies of a task in one batch: done with when it is, else they wait and are looked at again. */
  async settleDuplicates(duplicates: readonly Arrival[]): Promise<void> {
    const withLedger = duplicates.filter((arrival) => !isWithoutLedger(arrival))
    for (const arrival of duplicates) if (isWithoutLedger(arrival)) this.#hide(arrival, 0)
    const ids = [...new Set(withLedger.map((arrival) => arrival.message.id))]
    const records = await this.#read(ids)
    const byId = new Map(ids.map((id, index) => [id, records?.[index]]))
    for (const arrival of withLedger) {
      const { generation, id } = arrival.message
      const record = byId.get(id)
      const over =
        record !== undefined &&
        (generation < record.generation || (generation === record.generation && isTerminal(record.state)))
      if (over) this.#fates.acknowledge(arrival.delivery)
      else this.#hide(arrival, 0)
    }
    await this.#flush()
  }

  /** Ends a task without a run. */
  end(arrival: Arrival, record: TaskRecord | undefined, outcome: WithoutRun, given: EndingFacts = {}): void {
    const { app, ports } = this.#setting
    const { token = ports.random.token(), ...facts } = given
    const settlement = decideWithoutRun(outcome)
    const ended = {
      attempt: record?.attempt ?? 0,
      runMs: 0,
      startedAt: ports.clock.now(),
      scrub: (text: string) => text,
    }
    this.#settler.add({
      arrival,
      record,
      token,
      settlement,
      scrub: ended.scrub,
      ...facts,
      resultTtlMs: app.tasks.get(arrival.message.task)?.resultTtlMs ?? 0,
      settled: () => this.#reporter.settled(arrival, settlement, ended),
    })
  }

  /** The last crash of a task: it is part of its history, as the others are. */
  #endLost(arrival: Arrival, record: TaskRecord, attempts: number): void {
    const error = new WorkerLostError(record.id, attempts)
    this.end(arrival, record, { kind: 'lost', error }, { startedAt: record.startedAt })
  }

  /** Ledger off: no claim; receives are the attempts. */
  #sortWithoutLedger(arrival: Arrival, now: number): void {
    const { message, delivery, task } = arrival
    if (isPast(message.expires, now)) this.end(arrival, undefined, { kind: 'expired' })
    else if (isLater(message.availableAt, now)) this.#waitUntil(arrival, undefined, message.availableAt)
    else if (task === undefined) {
      if (!this.#waitForDeploy(arrival)) this.end(arrival, undefined, unknown(arrival))
    } else {
      const attempt = (message.attempt ?? 0) + delivery.receiveCount - 1
      // More receives than runs allowed: the last ones ended with their process.
      if (isCrashFinal(task.policy, attempt))
        this.end(arrival, undefined, { kind: 'lost', error: new WorkerLostError(message.id, attempt) })
      else this.together.push({ arrival, task, record: undefined, attempt, alone: false })
    }
  }

  async #look(arrivals: readonly Arrival[]): Promise<void> {
    const askedAt = this.#setting.ports.clock.now()
    const records = await this.#read(arrivals.map((arrival) => arrival.message.id))
    if (records === undefined) return
    for (const [index, arrival] of arrivals.entries()) await this.#judge(arrival, records[index], askedAt)
  }

  /** Undefined when the table does not answer: the messages are kept and come again. */
  async #read(ids: readonly string[]): Promise<readonly (TaskRecord | undefined)[] | undefined> {
    if (ids.length === 0) return []
    try {
      return await this.#setting.ports.records.read(ids, { consistent: true })
    } catch (error) {
      this.#log('The table did not answer; the messages will come again.', error)
      return undefined
    }
  }

  /**
   * As of the asking: a lease that was over when the table was asked is over for good. One that ended while the table answered may have been renewed
   * meanwhile, and a renewal leaves the version that a claim is conditioned on.
   */
  async #judge(arrival: Arrival, record: TaskRecord | undefined, askedAt: number): Promise<void> {
    const { message, task, delivery } = arrival
    const now = this.#setting.ports.clock.now()
    if (record === undefined) return this.#judgeUnrecorded(arrival, now)
    const verdict = classify(message, record, task?.policy ?? patientPolicy, askedAt)
    if (verdict.kind === 'held') return this.#hide(arrival, verdict.until - now)
    try {
      await completeInput(this.#setting.ports, this.#setting.queue.name, message, record)
    } catch (error) {
      this.#log('The table did not take an input; the message will come again.', error, { id: message.id })
      return
    }
    switch (verdict.kind) {
      case 'stale':
        this.#reporter.event(arrival, { type: 'stale' })
        this.#fates.acknowledge(delivery)
        return
      case 'finished':
        this.#reporter.event(arrival, { type: 'finished-again' })
        this.#finished.push({ arrival, record })
        return
      case 'early':
        return this.#waitUntil(arrival, record, verdict.until)
      case 'revoked':
        return this.end(arrival, record, { kind: 'revoked' })
      case 'expired':
        return this.end(arrival, record, { kind: 'expired' })
      case 'exhausted':
        return this.#endLost(arrival, record, verdict.attempt + 1)
      default:
        return this.#judgeRunnable(arrival, record, verdict)
    }
  }

  #judgeRunnable(arrival: Arrival, record: TaskRecord, verdict: Extract<Verdict, { readonly kind: 'run' }>): void {
    const { task } = arrival
    const { kind: _kind, ...plan } = verdict
    if (task === undefined) {
      // A redrive that nobody can run has opened its generation all the same: its own dead letter must not be stale.
      if (!this.#waitForDeploy(arrival, record)) this.end(arrival, record, unknown(arrival), { opens: plan.opens })
      return
    }
    if (plan.crashed !== undefined) this.#reporter.event(arrival, { type: 'suspect' })
    const lane = plan.alone ? this.alone : this.together
    lane.push({ arrival, task, record, ...plan })
  }

  /** No record: a foreign producer's message, or one whose record has expired. The claim creates it. */
  async #judgeUnrecorded(arrival: Arrival, now: number): Promise<void> {
    const { message, task } = arrival
    if (isLater(message.availableAt, now)) return this.#waitUntil(arrival, undefined, message.availableAt)
    if (task !== undefined) {
      this.together.push({ arrival, task, record: null, attempt: 0, alone: false })
      return
    }
    if (this.#waitForDeploy(arrival)) return
    const { ledger, ports, queue } = this.#setting
    const [inserted] = await ledger.insert([recordOfMessage(message, queue.name, now, ports.random.token())])
    if (inserted?.status === 'inserted') this.end(arrival, inserted.record, unknown(arrival))
  }

  /** A task that nobody registered may come with the next deploy: its messages wait a while. False when they have waited long enough. */
  #waitForDeploy(arrival: Arrival, record?: TaskRecord): boolean {
    // A copy that was hidden between attempts was first received long before a deploy took its task away.
    const since = Math.max(arrival.delivery.firstReceivedAt, record?.startedAt ?? 0, record?.availableAt ?? 0)
    const waitedMs = this.#setting.ports.clock.now() - since
    if (waitedMs >= unknownTaskPatienceMs) return false
    this.#log(unknown(arrival).error.message, undefined, { id: arrival.message.id })
    this.#hide(arrival, Math.min(longestUnknownWaitMs, 5_000 + waitedMs / 4))
    return true
  }

  #waitUntil(arrival: Arrival, record: TaskRecord | undefined, until: number): void {
    this.#waiting.push({ arrival, record, waitMs: until - this.#setting.ports.clock.now() })
  }

  /** Never a fresh copy: someone else is at it, and will settle it long before this message grows old. */
  #hide({ delivery }: Arrival, waitMs: number): void {
    this.#hidden.push({ receipt: delivery.receipt, delaySeconds: Math.max(1, Math.ceil(waitMs / 1_000)) })
  }

  async #flush(): Promise<void> {
    const [waiting, hidden, finished] = [this.#waiting, this.#hidden, this.#finished]
    this.#waiting = []
    this.#hidden = []
    this.#finished = []
    if (waiting.length > 0) await this.#settler.wait(waiting)
    if (hidden.length > 0) await this.#setting.ports.queues.hide(this.#setting.queue.name, hidden)
    if (finished.length > 0) await this.#settler.repeat(finished)
  }

  #log(message: string, error: unknown, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#setting.ports.telemetry.log(error === undefined ? 'warn' : 'error', message, {
      queue: this.#setting.queue.name,
      ...fields,
      ...(error !== undefined && { error: errorText(error) }),
    })
  }
}

function unknown({ message }: Arrival): { readonly kind: 'unknown-task'; readonly error: UnknownTaskError } {
  return { kind: 'unknown-task', error: new UnknownTaskError(message.task) }
}

/** Clocks of two machines are compared, and SQS delays are whole seconds. */
const toleranceMs = 500

function isLater(at: number | undefined, now: number): at is number {
  return at !== undefined && at > now + toleranceMs
}

export function isPast(at: number | undefined, now: number): boolean {
  return at !== undefined && now > at
}
