import { IdempotencyConflictError } from '../core/errors.ts'
import type { TaskRecord } from '../core/record.ts'
import { adoptRecord, changed as applyChange, type RecordChange, reopenRecord } from '../core/transitions.ts'
import type { InputItem, Ports } from '../ports/index.ts'
import type { CertainLedger } from '../protocol/certain-ledger.ts'
import type { EnqueueOutcomes } from './enqueue-outcome.ts'
import {
  type ExistingTask,
  existingContinuation,
  existingOccurrence,
  existingTask,
  isUnclaimed,
} from './existing-task.ts'
import type { PreparedCall } from './prepared-call.ts'

/** A prepared call whose record, if any, is open: its message may be sent. */
export interface Opened {
  readonly prepared: PreparedCall
  /** Undefined with the ledger off. */
  readonly record: TaskRecord | undefined
  /** This enqueue opened the record, so it may withdraw it. */
  readonly own: boolean
}

/** The change of a record that exists. */
interface Plan {
  readonly each: PreparedCall
  readonly record: TaskRecord
  readonly change: RecordChange
  readonly own: boolean
}

/** After this many lost changes the enqueue gives up. */
const mostRounds = 8

/**
 * Opens records:
 *
 *     insert ── inserted ─────────────────────────── opened
 *        └───── exists ── its id is free: reopen ── opened
 *                    ├─── never claimed: adopt ──── opened (another's)
 *                    ├─── claimed, or succeeded: the same task, nothing to send
 *                    └─── another input: conflict
 */
export class RecordOpener {
  readonly #ports: Ports
  readonly #ledger: CertainLedger

  readonly #existingTask: typeof existingTask

  /** @param judge decides what an enqueue does with a record that exists */
  constructor(ports: Ports, ledger: CertainLedger, judge: typeof existingTask = existingTask) {
    this.#ports = ports
    this.#ledger = ledger
    this.#existingTask = judge
  }

  /** @param calls each with a record, no id twice */
  async open(calls: readonly PreparedCall[], outcomes: EnqueueOutcomes): Promise<readonly Opened[]> {
    const opened: Opened[] = []
    let missing: readonly PreparedCall[] = calls
    let found = new Map<PreparedCall, TaskRecord>()
    for (let round = 0; missing.length + found.size > 0; round++) {
      if (round === mostRounds) {
        const cause = new Error('other enqueues of the same task kept coming first')
        for (const each of [...missing, ...found.keys()]) outcomes.fail(each, { cause, maybeSent: false, mayRun: true })
        break
      }
      const changed = found.size === 0 ? [] : await this.#join(found, opened, outcomes)
      const existing = missing.length === 0 ? [] : await this.#insert(missing, opened, outcomes)
      missing = changed.filter(([, record]) => record === undefined).map(([each]) => each)
      found = new Map(existing)
      for (const [each, record] of changed) if (record !== undefined) found.set(each, record)
    }
    return opened
  }

  /** Inserts records. Returns those that exist already. */
  async #insert(
    calls: readonly PreparedCall[],
    opened: Opened[],
    outcomes: EnqueueOutcomes,
  ): Promise<readonly (readonly [PreparedCall, TaskRecord])[]> {
    const existing: [PreparedCall, TaskRecord][] = []
    const entries = calls.map(({ opening, call }) => {
      if (opening === undefined) throw new TypeError(`The prepared of ${call.id} has no record to open.`)
      return { ...opening, record: { ...opening.record, token: this.#ports.random.token() } }
    })
    const answers = await this.#ledger.insert(entries)
    for (const [index, each] of calls.entries()) {
      const answer = answers[index]
      if (answer?.status === 'inserted') opened.push({ prepared: each, record: answer.record, own: true })
      else if (answer?.status === 'exists') existing.push([each, answer.record])
      else outcomes.fail(each, { cause: answer?.error, maybeSent: false, mayRun: answer?.maybeDone ?? true })
    }
    return existing
  }

  /** Joins or reopens records that exist. Returns those that others changed meanwhile, as they are now. */
  async #join(
    found: ReadonlyMap<PreparedCall, TaskRecord>,
    opened: Opened[],
    outcomes: EnqueueOutcomes,
  ): Promise<readonly (readonly [PreparedCall, TaskRecord | undefined])[]> {
    const plans: Plan[] = []
    for (const [each, record] of found) {
      const wanted = each.opening?.record ?? record
      const token = this.#ports.random.token()
      const existing = this.#judge(each, record, wanted)
      // Nobody withdraws a continuation, so nothing has to be adopted.
      if (existing === 'unclaimed' && each.mode === 'continuation') opened.push({ prepared: each, record, own: false })
      else if (existing === 'taken') outcomes.accept(each, true, record)
      else if (existing === 'conflict') outcomes.refuse(each, new IdempotencyConflictError(wanted.task, wanted.id))
      else if (existing === 'free')
        plans.push({ each, record, change: reopenRecord(record, apart(wanted, record), token), own: true })
      else plans.push({ each, record, change: adoptRecord(record, token), own: false })
    }
    const ready = await this.#placeInputs(plans, outcomes)
    if (ready.length === 0) return []
    const answers = await this.#ledger.change(ready.map(({ change }) => change))
    const changed: [PreparedCall, TaskRecord | undefined][] = []
    for (const [index, { each, record, change, own }] of ready.entries()) {
      const answer = answers[index]
      if (answer?.status === 'lost') {
        // Another enqueue adopted the record first, so its opener can no longer withdraw it. That is enough.
        if (!own && answer.record !== undefined && isSameUnclaimed(record, answer.record)) {
          opened.push({ prepared: each, record: answer.record, own })
        } else changed.push([each, answer.record])
      } else if (answer?.status === 'done') {
        opened.push({ prepared: each, record: answer.record ?? applyChange(record, change), own })
      } else {
        // Records that were certainly reopened or adopted are open: the same key again, or `reconcile`, sends their message.
        outcomes.fail(each, { cause: answer?.error, maybeSent: false, mayRun: !own || (answer?.maybeDone ?? true) })
      }
    }
    return changed
  }

  #judge({ mode = 'call' }: PreparedCall, record: TaskRecord, wanted: TaskRecord): ExistingTask {
    if (mode === 'occurrence') return existingOccurrence(record)
    if (mode === 'continuation') return existingContinuation(record)
    return this.#existingTask(record, wanted, this.#ports.clock.now())
  }

  /** Input items are written before their message is sent. */
  async #placeInputs(plans: readonly Plan[], outcomes: EnqueueOutcomes): Promise<readonly Plan[]> {
    const inputs = new Map<Plan, InputItem>()
    for (const plan of plans) {
      const item = missingInput(plan)
      if (item !== undefined) inputs.set(plan, item)
    }
    if (inputs.size === 0) return plans
    try {
      await this.#ports.inputs.write([...inputs.values()])
      return plans
    } catch (cause) {
      for (const { each, own } of inputs.keys()) outcomes.fail(each, { cause, maybeSent: false, mayRun: !own })
      return plans.filter((plan) => !inputs.has(plan))
    }
  }
}

/** Handles tell openings of one id apart by the end of the key's time: two openings within a millisecond must differ. */
function apart(wanted: TaskRecord, { keyUntil }: TaskRecord): TaskRecord {
  return keyUntil !== undefined && wanted.keyUntil === keyUntil ? { ...wanted, keyUntil: keyUntil + 1 } : wanted
}

/** The input item of a reopened record, or of a record still at version 1: its writer may have died before it wrote the input. */
function missingInput({ each, record, own }: Plan): InputItem | undefined {
  const item = each.opening?.inputItem
  return own || (record.v === 1 && record.inputRef === item?.ref) ? item : undefined
}

function isSameUnclaimed(read: TaskRecord, found: TaskRecord): boolean {
  return found.generation === read.generation && found.v > read.v && isUnclaimed(found)
}
