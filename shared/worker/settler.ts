import type { Settlement } from '../core/decide.ts'
import { flushMs } from '../core/defaults.ts'
import { effectsOf } from '../core/effects.ts'
import { errorText, toErrorData } from '../core/error-data.ts'
import type { TaskRecord } from '../core/record.ts'
import { changed, type RecordChange, settleRecord } from '../core/transitions.ts'
import type { CertainLedger, ChangeOutcome } from '../protocol/certain-ledger.ts'
import type { Fingerprints } from './fingerprints.ts'
import { type FollowDeps, type FollowUp, follow } from './follow.ts'
import type { ReceivedTask } from './received-task.ts'

/** What ends within this time is settled together, ms. */
export const settleAfterMs = flushMs

/** A task that has ended, with a run or without one. */
export interface EndedTask {
  readonly received: ReceivedTask
  /** Undefined without ledger. */
  readonly record: TaskRecord | undefined
  readonly token: string
  readonly settlement: Settlement
  readonly resultTtlMs: number
  readonly scrub: (text: string) => string
  readonly startedAt?: number | undefined
  readonly progress?: string | undefined
  readonly opens?: number | undefined
  /** Called once the settlement is certain; not called when it was lost. Only `drain()` waits for it. */
  report(): void | Promise<void>
}

interface SettledTask {
  readonly ended: EndedTask
  readonly record: TaskRecord | undefined
}

export interface SettlerDeps extends FollowDeps {
  readonly ledger: CertainLedger
  readonly fingerprints: Fingerprints
  readonly settleAfterMs: number
}

/**
 * Settles what ended: the records first, then what follows from them (`follow()`). A crash between any two steps repeats the rest when the message
 * comes again. What ends within 50 ms goes together. Nothing that ended waits for a neighbour that runs.
 */
export class Settler {
  readonly #deps: SettlerDeps
  #pending: EndedTask[] = []
  #cancelTimer: (() => void) | undefined
  #settling: Promise<void> = Promise.resolve()
  readonly #reporting = new Set<Promise<void>>()
  #isSoloInDoubt = false

  constructor(deps: SettlerDeps) {
    this.#deps = deps
  }

  add(ended: EndedTask): void {
    this.#pending.push(ended)
    this.#cancelTimer ??= this.#deps.ports.clock.timer(this.#deps.settleAfterMs, () => this.#flush())
  }

  /** Settles what is pending now. Resolves when all of it is settled and reported. */
  async drain(): Promise<void> {
    this.#flush()
    await this.#settling
    if (this.#reporting.size > 0) await Promise.all(this.#reporting)
  }

  /**
   * A record may say that a task runs alone in this process although it does not. If the process died with another task, that crash would count
   * against the wrong one, so nothing else starts.
   */
  get isSoloInDoubt(): boolean {
    return this.#isSoloInDoubt
  }

  /** Call this when a solo claim may have been written but could not be confirmed, or when a solo run could not be settled. */
  doubtSolo(): void {
    this.#isSoloInDoubt = true
  }

  #flush(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    const ended = this.#pending
    if (ended.length === 0) return
    this.#pending = []
    this.#settling = this.#settling
      .then(() => this.#settle(ended))
      .catch((error: unknown) => {
        // A port threw where it must not. The messages come again and find what was done.
        for (const each of ended) this.#keep(each)
        const { ports, queueName } = this.#deps
        ports.telemetry.log('error', 'Settling failed; the messages will come again.', {
          queue: queueName,
          error: errorText(error),
        })
      })
  }

  async #settle(ended: readonly EndedTask[]): Promise<void> {
    const settled = await this.#writeRecords(ended)
    const now = this.#deps.ports.clock.now()
    await follow(
      settled.map((each) => followUpOf(each, now)),
      this.#deps,
    )
    for (const each of settled) this.#report(each.ended)
  }

  /** Returns what is settled for certain. The rest keeps its message. */
  async #writeRecords(ended: readonly EndedTask[]): Promise<readonly SettledTask[]> {
    const { ports, ledger, fingerprints } = this.#deps
    const now = ports.clock.now()
    const settled: SettledTask[] = []
    const recorded: (EndedTask & { readonly record: TaskRecord })[] = []
    for (const each of ended) {
      if (each.record === undefined) settled.push({ ended: each, record: undefined })
      else recorded.push({ ...each, record: each.record })
    }
    const changes = recorded.map((each) =>
      settleRecord({ ...each, now, fingerprint: (error, reason) => fingerprints.of(error, reason) }),
    )
    const outcomes = await ledger.change(changes)
    for (const [index, each] of recorded.entries()) {
      const outcome = outcomes[index] as ChangeOutcome
      const { task, id } = each.received.message
      if (outcome.status === 'done') {
        settled.push({ ended: each, record: outcome.record ?? changed(each.record, changes[index] as RecordChange) })
      } else if (outcome.status === 'failed') {
        ports.telemetry.log('error', 'A settlement could not be written; the message will come again.', {
          task,
          id,
          error: outcome.error.message,
        })
        this.#keep(each)
      } else {
        ports.telemetry.log('warn', leaseLost, { task, id })
      }
    }
    return settled
  }

  #keep({ received, record }: EndedTask): void {
    this.#deps.acknowledgements.keep(received.delivery)
    if (record?.alone === true) this.doubtSolo()
  }

  /** Hooks may take their time: no other settlement waits for them. */
  #report(ended: EndedTask): void {
    const reported = ended.report()
    if (!(reported instanceof Promise)) return
    const reporting = reported.finally(() => this.#reporting.delete(reporting))
    this.#reporting.add(reporting)
  }
}

export const leaseLost = 'Lease lost; result discarded, another worker may own this task.'

function followUpOf({ ended, record }: SettledTask, now: number): FollowUp {
  const { received, settlement, scrub } = ended
  if (record !== undefined) return { received, record, effects: effectsOf(record), parks: true }
  const { state, counts, deadLetter, delayMs, error } = settlement
  // Without ledger the settlement is all there is: the record that it would have written.
  const effects = effectsOf({
    state,
    attempt: received.delivery.receiveCount,
    ...(deadLetter !== undefined && { reason: deadLetter }),
    ...(error !== undefined && { error: JSON.stringify(toErrorData(error, scrub)) }),
    ...(delayMs !== undefined && { availableAt: now + delayMs }),
  })
  return { received, record: undefined, effects, counts }
}
