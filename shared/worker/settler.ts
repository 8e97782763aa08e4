import type { Settlement } from '../core/decide.ts'
import { flushMs, maxDelayMs } from '../core/defaults.ts'
import { errorText, parseErrorData, toErrorData } from '../core/error-data.ts'
import { deadLetterOf, messageText } from '../core/message-codec.ts'
import type { QueueTimes } from '../core/queue.ts'
import type { ErrorData, TaskRecord } from '../core/record.ts'
import { isTerminal } from '../core/states.ts'
import { planWait } from '../core/transport.ts'
import type { Delivery, OutgoingMessage, Ports } from '../ports/index.ts'
import type { CertainLedger, ChangeOutcome } from '../protocol/certain-ledger.ts'
import { type Arrival, isWithoutLedger } from './arrival.ts'
import type { Fates } from './fates.ts'
import { renewInputs } from './inputs.ts'
import { settlementChange } from './settlement-change.ts'

/** A run that ended, or a delivery that ends without one. */
export interface Ending {
  readonly arrival: Arrival
  /** Undefined with the ledger off. */
  readonly record: TaskRecord | undefined
  readonly token: string
  readonly settlement: Settlement
  readonly resultTtlMs: number
  readonly scrub: (text: string) => string
  readonly startedAt?: number | undefined
  readonly progress?: string | undefined
  readonly opens?: number | undefined
  /** Called when the settlement is certain, with the record after it. Not called when it was lost. Nothing waits for it but drain(). */
  settled(record: TaskRecord | undefined): void | Promise<void>
}

/** A message that is to be put aside. */
interface Letter {
  readonly arrival: Arrival
  readonly reason: string
  readonly attempt: number
  readonly error: ErrorData | undefined
}

type Recorded = Ending & { readonly record: TaskRecord }

/** A message that is to come back. `record`: as it is now, when known, so that a fresh copy carries its version. */
export interface Waiting {
  readonly arrival: Arrival
  readonly record: TaskRecord | undefined
  readonly waitMs: number
  /** A run that counts has ended: with the ledger off, where receives are the attempts, this receive is one. @default false */
  readonly counts?: boolean
}

/**
 * Settles what ended, in the one order that loses nothing: (a) record, (b) dead letter, (c) visibility or a fresh copy, (d) the fate of the message.
 * A crash between any two of them repeats the rest when the message comes again. What ends within some 50 ms goes together; nothing that ended
 * waits for a neighbour that runs.
 */
export class Settler {
  readonly #ports: Ports
  readonly #ledger: CertainLedger
  readonly #queue: string
  readonly #times: QueueTimes
  readonly #fates: Fates
  #pending: Ending[] = []
  #cancelTimer: (() => void) | undefined
  #flushing: Promise<void> = Promise.resolve()
  readonly #telling = new Set<Promise<void>>()
  #isUncertain = false

  constructor(ports: Ports, ledger: CertainLedger, queue: string, times: QueueTimes, fates: Fates) {
    this.#ports = ports
    this.#ledger = ledger
    this.#queue = queue
    this.#times = times
    this.#fates = fates
  }

  add(ending: Ending): void {
    this.#pending.push(ending)
    this.#cancelTimer ??= this.#ports.clock.timer(flushMs, () => this.#flush())
  }

  /**
   * The run of a task that ran alone could not be settled, or it is not known whether it was claimed. Its record may say that it runs, alone: should
   * this process die with another task, that death would be its own.
   */
  get isUncertain(): boolean {
    return this.#isUncertain
  }

  /** A task may have been claimed, alone, of which the table does not tell. */
  doubt(): void {
    this.#isUncertain = true
  }

  /** Settles what is pending now, and resolves when all of it is. */
  async drain(): Promise<void> {
    this.#flush()
    await this.#flushing
    if (this.#telling.size > 0) await Promise.all(this.#telling)
  }

  /** Lets messages wait: hidden where they are, or as fresh copies. */
  async wait(entries: readonly Waiting[]): Promise<void> {
    const now = this.#ports.clock.now()
    const hidden: { delivery: Delivery; seconds: number }[] = []
    const refreshed: {
      delivery: Delivery
      message: OutgoingMessage
      seconds: number
      record: TaskRecord | undefined
    }[] = []
    for (const { arrival, record, waitMs, counts = false } of entries) {
      const { delivery } = arrival
      const plan = planWait({
        waitMs,
        ageMs: now - delivery.sentAt,
        receiveCount: delivery.receiveCount,
        times: this.#times,
      })
      if (plan.kind === 'hide') hidden.push({ delivery, seconds: plan.seconds })
      else {
        refreshed.push({
          delivery,
          record,
          seconds: plan.delaySeconds,
          message: { body: this.#copy(arrival, record, now + waitMs, counts), delaySeconds: plan.delaySeconds },
        })
      }
    }
    if (refreshed.length > 0) await this.#refresh(refreshed, hidden)
    if (hidden.length > 0) {
      await this.#ports.queues.hide(
        this.#queue,
        hidden.map(({ delivery, seconds }) => ({ receipt: delivery.receipt, delaySeconds: seconds })),
      )
    }
  }

  /** Repeats what follows from records that are terminal already, and acknowledges. */
  async repeat(finished: readonly { readonly arrival: Arrival; readonly record: TaskRecord }[]): Promise<void> {
    const letters = finished.flatMap(({ arrival, record: { state, reason, attempt, error } }) =>
      state === 'FAILURE' && reason !== undefined
        ? [{ arrival, reason, attempt, error: error === undefined ? undefined : parseErrorData(error) }]
        : [],
    )
    if (letters.length > 0) await this.#deadLetter(letters)
    for (const { arrival } of finished) this.#fates.acknowledge(arrival.delivery)
  }

  #flush(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    const endings = this.#pending
    if (endings.length === 0) return
    this.#pending = []
    this.#flushing = this.#flushing
      .then(() => this.#settle(endings))
      .catch((error: unknown) => {
        // A port threw where it must not: the messages come again and find the truth.
        for (const { arrival, record } of endings) {
          this.#fates.keep(arrival.delivery)
          if (record?.alone === true) this.#isUncertain = true
        }
        this.#ports.telemetry.log('error', 'Settling failed; the messages will come again.', {
          queue: this.#queue,
          error: errorText(error),
        })
      })
  }

  async #settle(endings: readonly Ending[]): Promise<void> {
    const settled = await this.#record(endings)
    const letters: Letter[] = []
    const waiting: Waiting[] = []
    for (const { ending, record } of settled) {
      const { arrival, settlement, scrub } = ending
      const { deadLetter, delayMs, counts, error } = settlement
      if (deadLetter !== undefined) {
        const attempt = record?.attempt ?? arrival.delivery.receiveCount
        letters.push({
          arrival,
          reason: deadLetter,
          attempt,
          error: error === undefined ? undefined : toErrorData(error, scrub),
        })
      }
      if (delayMs !== undefined) waiting.push({ arrival, record, waitMs: delayMs, counts })
    }
    if (letters.length > 0) await this.#deadLetter(letters)
    if (waiting.length > 0) await this.wait(waiting)
    for (const { ending } of settled) {
      if (isTerminal(ending.settlement.state)) this.#fates.acknowledge(ending.arrival.delivery)
    }
    for (const { ending, record } of settled) this.#tell(ending, record)
  }

  /** Hooks may take their time: no other settlement waits for them. */
  #tell(ending: Ending, record: TaskRecord | undefined): void {
    const told = ending.settled(record)
    if (!(told instanceof Promise)) return
    const telling = told.finally(() => this.#telling.delete(telling))
    this.#telling.add(telling)
  }

  /** (a): the records. Returns what is settled for certain; the rest keeps its message, which finds the truth when it comes again. */
  async #record(endings: readonly Ending[]): Promise<{ ending: Ending; record: TaskRecord | undefined }[]> {
    const now = this.#ports.clock.now()
    const recorded = endings.filter((ending) => ending.record !== undefined)
    const changes = recorded.map((ending) => settlementChange({ now, ...(ending as Recorded) }))
    const outcomes = changes.length === 0 ? [] : await this.#ledger.change(changes)
    const settled: { ending: Ending; record: TaskRecord | undefined }[] = endings
      .filter((ending) => ending.record === undefined)
      .map((ending) => ({ ending, record: undefined }))
    for (const [index, ending] of recorded.entries()) {
      const outcome = outcomes[index] as ChangeOutcome
      if (outcome.status === 'done') {
        settled.push({ ending, record: outcome.record })
      } else if (outcome.status === 'failed') {
        this.#ports.telemetry.log('error', 'A settlement could not be written; the message will come again.', {
          task: ending.arrival.message.task,
          id: ending.arrival.message.id,
          error: outcome.error.message,
        })
        this.#fates.keep(ending.arrival.delivery)
        if (ending.record?.alone === true) this.#isUncertain = true
      } else {
        this.#ports.telemetry.log('warn', 'A run ended after its lease was lost; it does not settle.', {
          task: ending.arrival.message.task,
          id: ending.arrival.message.id,
        })
      }
    }
    return settled
  }

  /** (b): a message whose dead letter was not sent is kept, and repeats this when it comes again. */
  async #deadLetter(letters: readonly Letter[]): Promise<void> {
    const at = this.#ports.clock.now()
    const answers = await this.#ports.queues.sendDead(
      this.#queue,
      letters.map(({ arrival, reason, attempt, error }) => ({
        body: messageText(
          deadLetterOf(arrival.message, { reason, attempt, at, ...(error !== undefined && { error }) }),
        ),
        attributes: { reason, task: arrival.message.task },
      })),
    )
    for (const [index, { arrival, reason }] of letters.entries()) {
      const { id, task } = arrival.message
      if (answers[index]?.status === 'sent') {
        this.#ports.telemetry.event({ type: 'dead-lettered', at, queue: this.#queue, task, id, reason })
      } else {
        this.#fates.keep(arrival.delivery)
      }
    }
  }

  /** A copy is sent first and the old one acknowledged after; where the copy fails the old one is hidden instead. */
  async #refresh(
    copies: readonly {
      delivery: Delivery
      message: OutgoingMessage
      seconds: number
      record: TaskRecord | undefined
    }[],
    hidden: { delivery: Delivery; seconds: number }[],
  ): Promise<void> {
    await renewInputs(
      this.#ports,
      copies.flatMap(({ record }) => record ?? []),
    )
    const answers = await this.#ports.queues.send(
      this.#queue,
      copies.map(({ message }) => message),
    )
    for (const [index, { delivery, seconds }] of copies.entries()) {
      if (answers[index]?.status === 'sent') this.#fates.acknowledge(delivery)
      else hidden.push({ delivery, seconds: Math.min(seconds, maxDelayMs / 1_000) })
    }
  }

  #copy(arrival: Arrival, record: TaskRecord | undefined, availableAt: number, counts: boolean): string {
    const { message, delivery } = arrival
    if (isWithoutLedger(arrival)) {
      return messageText({
        ...message,
        ledger: 'off',
        availableAt: Math.ceil(availableAt),
        attempt: (message.attempt ?? 0) + delivery.receiveCount - (counts ? 0 : 1),
      })
    }
    const { dead: _dead, ...rest } = message
    // Never sooner than it was: a message that was early when its queue was paused is claimed by its version, without a look at the record.
    const later = Math.max(Math.ceil(availableAt), message.availableAt ?? 0)
    return messageText({
      ...rest,
      availableAt: later,
      ...(record !== undefined && { generation: record.generation, v: record.v }),
    })
  }
}
