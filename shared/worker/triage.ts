import { recordOfMessage } from '../core/call.ts'
import { classify, type Verdict } from '../core/classify.ts'
import type { WithoutRun } from '../core/decide.ts'
import { recordGraceMs, unknownTaskPatienceMs } from '../core/defaults.ts'
import { effectsOf } from '../core/effects.ts'
import { UnknownTaskError, WorkerLostError } from '../core/errors.ts'
import type { TaskRecord } from '../core/record.ts'
import { isCrashFinal, patientPolicy } from '../core/retry.ts'
import { isTerminal } from '../core/states.ts'
import type { InputItem } from '../ports/index.ts'
import type { FollowUp } from './follow.ts'
import type { ReceivedTask, RunnableTask } from './received-task.ts'

/** A delivery that may run, if its claim succeeds. */
export interface Candidate {
  readonly received: ReceivedTask
  readonly task: RunnableTask
  /** The record as read. `undefined`: not read, the claim expects the version in the message. `null`: no record, the claim creates it. */
  readonly record: TaskRecord | null | undefined
  /** Counted attempts that ended before this run. */
  readonly attempt: number
  /** The generation this delivery opens. */
  readonly opens?: number
  readonly crashed?: 'alone' | 'in-company'
  /** The task must run alone. */
  readonly alone: boolean
}

/** A task that ends without a run. */
export interface Ending {
  readonly received: ReceivedTask
  /** `undefined`: no ledger. `null`: no record yet, it must be created first. */
  readonly record: TaskRecord | null | undefined
  readonly outcome: WithoutRun
  /** When the crashed run had started. */
  readonly startedAt?: number | undefined
  /** The generation that the delivery opens. */
  readonly opens?: number | undefined
}

/** An input item that must be written before anything else happens to its task. */
export interface MissingInput {
  readonly received: ReceivedTask
  readonly item: InputItem
}

/** The plan: what to do with each delivery of a batch. */
export interface Plan {
  /** May share the process. */
  readonly together: readonly Candidate[]
  /** Suspects: each runs alone. */
  readonly alone: readonly Candidate[]
  readonly endings: readonly Ending[]
  /** No record is written: the message waits, the effects of the record are repeated, or the message is acknowledged. */
  readonly followUps: readonly FollowUp[]
  readonly inputs: readonly MissingInput[]
  /** The record must be read before the delivery can be judged. */
  readonly read: readonly ReceivedTask[]
}

/** What is known when deliveries are judged. */
export interface Knowledge {
  readonly queue: string
  readonly now: number
  /** When the read of the records was requested. */
  readonly askedAt: number
  /** Records by task id; undefined if there is none. An id that is not in the map was not read. */
  readonly records: ReadonlyMap<string, TaskRecord | undefined>
  /** How long messages wait while the queue is paused. */
  readonly pausedWaitMs?: number | undefined
}

type Writable = { -readonly [Part in keyof Plan]: Plan[Part][number][] }

/** Clocks of two machines are compared, and SQS delays are whole seconds. */
const toleranceMs = 500

const longestUnknownWaitMs = 60_000

/**
 * Decides what to do with each delivery. Pure.
 *
 * A message carries the version of its record, so a first receive is claimed without reading. All others are judged by the record, as of the
 * instant of the request: a lease that was over then is over for good. A lease that ended while the table answered may have been renewed, and renewal keeps
 * the version that a claim expects, so the claim would succeed.
 */
export function triage(received: readonly ReceivedTask[], known: Knowledge, judge: typeof classify = classify): Plan {
  const plan: Writable = { together: [], alone: [], endings: [], followUps: [], inputs: [], read: [] }
  for (const each of received) {
    if (each.withoutLedger) triageWithoutLedger(plan, each, known.now)
    else if (!known.records.has(each.message.id)) triageUnread(plan, each, known)
    else if (known.pausedWaitMs !== undefined) triagePaused(plan, each, known, known.pausedWaitMs)
    else triageRead(plan, each, known, judge)
  }
  return plan
}

/** Without a record there is no claim, and receives count as attempts. A pause does not stop these tasks. */
function triageWithoutLedger(plan: Writable, received: ReceivedTask, now: number): void {
  const { message, delivery, task } = received
  if (isPast(message.expires, now)) plan.endings.push({ received, record: undefined, outcome: { kind: 'expired' } })
  else if (isLater(message.availableAt, now)) plan.followUps.push(comeBack(received, message.availableAt))
  else if (task === undefined) triageUnknown(plan, received, undefined, now)
  else {
    const attempt = (message.attempt ?? 0) + delivery.receiveCount - 1
    // More receives than allowed runs: the last runs crashed with their process.
    if (isCrashFinal(task.policy, attempt)) {
      const error = new WorkerLostError(message.id, attempt)
      plan.endings.push({ received, record: undefined, outcome: { kind: 'lost', error } })
    } else plan.together.push({ received, task, record: undefined, attempt, alone: false })
  }
}

function triageUnread(plan: Writable, received: ReceivedTask, { now, pausedWaitMs }: Knowledge): void {
  const { message, delivery, task } = received
  if (pausedWaitMs !== undefined) {
    if (isOld(received, now)) plan.read.push(received)
    else plan.followUps.push(handBack(received, now + pausedWaitMs))
    return
  }
  const isDue = !isLater(message.availableAt, now) && !isPast(message.expires, now)
  if (task !== undefined && delivery.receiveCount === 1 && message.v !== undefined && isDue)
    plan.together.push({ received, task, record: undefined, attempt: 0, alone: false })
  else plan.read.push(received)
}

/**
 * A copy of an ended task may outlive the record that says so, and run again: each fresh copy lives for another retention,
 * but the record only lives for the retention and a grace after the task ended. So for a message older than half of the grace the record is read first.
 */
function isOld({ message }: ReceivedTask, now: number): boolean {
  return now - (message.sentAt ?? 0) > recordGraceMs / 2
}

function triagePaused(plan: Writable, received: ReceivedTask, { records, now }: Knowledge, waitMs: number): void {
  const { generation, id } = received.message
  const record = records.get(id)
  if (record === undefined || generation > record.generation) plan.followUps.push(handBack(received, now + waitMs))
  else if (generation < record.generation) plan.followUps.push(stale(received))
  else if (isTerminal(record.state)) plan.followUps.push(repeat(received, record))
  else plan.followUps.push(handBack(received, now + waitMs))
}

function triageRead(plan: Writable, received: ReceivedTask, known: Knowledge, judge: typeof classify): void {
  const { message, task } = received
  const { now, askedAt, queue } = known
  const record = known.records.get(message.id)
  if (record === undefined) return triageUnrecorded(plan, received, now)
  const verdict = judge(message, record, task?.policy ?? patientPolicy, askedAt)
  if (verdict.kind === 'held') {
    plan.followUps.push(hold(received, verdict.until - now))
    return
  }
  const item = missingInput(received, record, queue)
  if (item !== undefined) plan.inputs.push({ received, item })
  switch (verdict.kind) {
    case 'stale':
      plan.followUps.push(stale(received))
      return
    case 'finished':
      plan.followUps.push(repeat(received, record))
      return
    case 'early':
      plan.followUps.push({ ...comeBack(received, verdict.until), record })
      return
    case 'revoked':
    case 'expired':
      plan.endings.push({ received, record, outcome: { kind: verdict.kind } })
      return
    case 'exhausted': {
      const error = new WorkerLostError(record.id, verdict.attempt + 1)
      plan.endings.push({ received, record, outcome: { kind: 'lost', error }, startedAt: record.startedAt })
      return
    }
    case 'run':
      triageRunnable(plan, received, record, verdict, now)
  }
}

function triageRunnable(
  plan: Writable,
  received: ReceivedTask,
  record: TaskRecord,
  verdict: Extract<Verdict, { readonly kind: 'run' }>,
  now: number,
): void {
  const { task } = received
  const { kind: _kind, ...run } = verdict
  // A redriven task that no worker knows still opens its generation. Otherwise its next dead letter would be stale.
  if (task === undefined) triageUnknown(plan, received, record, now, run.opens)
  else plan[run.alone ? 'alone' : 'together'].push({ received, task, record, ...run })
}

/** A message of a foreign producer, or of an expired record. The claim creates the record. */
function triageUnrecorded(plan: Writable, received: ReceivedTask, now: number): void {
  const { message, task } = received
  if (isLater(message.availableAt, now)) plan.followUps.push(comeBack(received, message.availableAt))
  else if (task === undefined) triageUnknown(plan, received, null, now)
  else plan.together.push({ received, task, record: null, attempt: 0, alone: false })
}

/** The next deploy may bring a task that this worker does not know: its messages wait for 15 minutes. */
function triageUnknown(
  plan: Writable,
  received: ReceivedTask,
  record: TaskRecord | null | undefined,
  now: number,
  opens?: number,
): void {
  // A copy that waited between attempts was first received long before a deploy removed its task.
  const since = Math.max(received.delivery.firstReceivedAt, record?.startedAt ?? 0, record?.availableAt ?? 0)
  const waitedMs = now - since
  const error = new UnknownTaskError(received.message.task)
  if (waitedMs >= unknownTaskPatienceMs)
    plan.endings.push({ received, record, outcome: { kind: 'unknown-task', error }, opens })
  else plan.followUps.push({ ...hold(received, Math.min(longestUnknownWaitMs, 5_000 + waitedMs / 4)), warning: error })
}

/**
 * A worker that created the record of a foreign message may have died before it wrote the input item: these are two statements. While the
 * record is at version 1 this is unknown, so the input is written again.
 */
function missingInput({ message }: ReceivedTask, record: TaskRecord, queue: string): InputItem | undefined {
  // Our own messages carry a version: they were sent after record and input were certainly written.
  if (message.v !== undefined || record.v !== 1 || record.inputRef === undefined) return undefined
  const { inputItem } = recordOfMessage(message, queue, record.enqueuedAt, record.token)
  // If a message reuses the id with another input, it must not replace the first input.
  return inputItem?.ref === record.inputRef ? inputItem : undefined
}

function comeBack(received: ReceivedTask, at: number): FollowUp {
  return { received, record: undefined, effects: [{ kind: 'come-back', at }] }
}

function handBack(received: ReceivedTask, at: number): FollowUp {
  return { ...comeBack(received, at), event: 'handed-back' }
}

/** Never a fresh copy: another worker runs the task and settles it long before this message grows old. */
export function hold(received: ReceivedTask, waitMs: number): FollowUp {
  return { received, record: undefined, effects: [{ kind: 'hide', waitMs: Math.max(1_000, waitMs) }] }
}

function stale(received: ReceivedTask): FollowUp {
  return { received, record: undefined, effects: [{ kind: 'acknowledge' }], event: 'stale' }
}

function repeat(received: ReceivedTask, record: TaskRecord): FollowUp {
  return { received, record, effects: effectsOf(record), event: 'finished-again' }
}

/** What to do with further copies of a task in one batch after the first copy is done. */
export function triageDuplicates(
  duplicates: readonly ReceivedTask[],
  records: Knowledge['records'],
): readonly FollowUp[] {
  return duplicates.map((received) => {
    const { generation, id } = received.message
    const record = received.withoutLedger ? undefined : records.get(id)
    const isOver =
      record !== undefined &&
      (generation < record.generation || (generation === record.generation && isTerminal(record.state)))
    return isOver ? { received, record, effects: [{ kind: 'acknowledge' }] } : hold(received, 0)
  })
}

function isLater(at: number | undefined, now: number): at is number {
  return at !== undefined && at > now + toleranceMs
}

export function isPast(at: number | undefined, now: number): boolean {
  return at !== undefined && now > at
}
