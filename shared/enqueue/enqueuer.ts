import { messageOf, messageWithoutRecord } from '../core/call.ts'
import { maxDelayMs } from '../core/defaults.ts'
import { horizonMs } from '../core/due.ts'
import { TableAccessError, UnknownQueueError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import { messageText } from '../core/message-codec.ts'
import { parkedTask } from '../core/parked.ts'
import type { TaskRecord } from '../core/record.ts'
import { revokeRecord } from '../core/transitions.ts'
import type { OutgoingMessage, Ports, SendAnswer } from '../ports/index.ts'
import type { CertainLedger } from '../protocol/certain-ledger.ts'
import { type EnqueueOutcome, EnqueueOutcomes } from './enqueue-outcome.ts'
import { isUnclaimed } from './existing-task.ts'
import type { PreparedCall } from './prepared-call.ts'
import { type Opened, RecordOpener } from './record-opener.ts'

interface Unsent extends Opened {
  readonly maybeSent: boolean
  readonly cause: Error
}

/**
 * Enqueues calls: records first, then messages.
 *
 *     open the record ── send ── sent: accepted
 *                           └─── failed: withdraw the record (REVOKED)
 *                                     └── was claimed meanwhile: accepted
 *
 * What is due in more than 15 minutes waits in the table instead of in its queue.
 *
 * A crash between record and message leaves a record that was never claimed: the same key again, or `reconcile`, sends it.
 */
export class Enqueuer {
  readonly #ports: Ports
  readonly #ledger: CertainLedger
  readonly #opener: RecordOpener

  constructor(ports: Ports, ledger: CertainLedger, opener: RecordOpener = new RecordOpener(ports, ledger)) {
    this.#ports = ports
    this.#ledger = ledger
    this.#opener = opener
  }

  /** One batch of inserts and one of messages. Outcomes stand in the order of the calls; never rejects. */
  async enqueue(calls: readonly PreparedCall[]): Promise<readonly EnqueueOutcome[]> {
    const outcomes = new EnqueueOutcomes(this.#ports)
    let left = calls
    while (left.length > 0) {
      const [now, later] = distinct(left)
      try {
        await this.#enqueueDistinct(now, outcomes)
      } catch (cause) {
        // A table that refuses every request wrote no record. Any other error is a port that broke its contract: the records may be open.
        const doubtful = !(cause instanceof TableAccessError)
        for (const each of now) {
          if (!outcomes.has(each)) outcomes.fail(each, { cause, maybeSent: doubtful, mayRun: doubtful })
        }
      }
      left = later
    }
    return calls.map((each) => outcomes.of(each))
  }

  async #enqueueDistinct(calls: readonly PreparedCall[], outcomes: EnqueueOutcomes): Promise<void> {
    const recorded = calls.filter((each) => each.opening !== undefined)
    const opened: Opened[] = calls
      .filter((each) => each.opening === undefined)
      .map((each) => ({ prepared: each, record: undefined, own: false }))
    if (recorded.length > 0) opened.push(...(await this.#opener.open(recorded, outcomes)))
    const now = this.#ports.clock.now()
    const parked = opened.filter((each) => isParked(each, now))
    const sendable = opened.filter((each) => !isParked(each, now))
    const unsent = [...(await this.#park(parked, outcomes)), ...(await this.#send(sendable, outcomes))]
    if (unsent.length > 0) await this.#withdraw(unsent, outcomes)
  }

  /** Writes due items instead of messages. Returns those that may not be there. */
  async #park(parked: readonly Opened[], outcomes: EnqueueOutcomes): Promise<readonly Unsent[]> {
    if (parked.length === 0) return []
    const unsent: Unsent[] = []
    const messages = parked.map((each) => this.#messageOf(each))
    const items = parked.map(({ record, prepared: { call } }, index) =>
      parkedTask(
        { id: call.id, generation: record?.generation ?? 0 },
        record?.queue ?? call.queue,
        record?.availableAt ?? 0,
        messages[index]?.body ?? '',
      ),
    )
    const answers = await this.#ports.due.put(items)
    const late: Opened[] = []
    const now = this.#ports.clock.now()
    for (const [index, each] of parked.entries()) {
      const answer = answers[index]
      if (answer?.status !== 'done') {
        const cause =
          answer !== undefined && 'error' in answer ? answer.error : new Error('The due item was not written.')
        unsent.push({ ...each, maybeSent: true, cause })
      } else if ((items[index]?.at ?? 0) <= now + horizonMs) late.push(each)
      else accept(each, outcomes)
    }
    // This process was frozen before it wrote: the tick may be past that minute.
    return late.length === 0 ? unsent : [...unsent, ...(await this.#send(late, outcomes))]
  }

  /** Returns what could not be sent. */
  async #send(opened: readonly Opened[], outcomes: EnqueueOutcomes): Promise<readonly Unsent[]> {
    const unsent: Unsent[] = []
    await Promise.all(
      [...byQueue(opened)].map(async ([queue, group]) => {
        const answers = await this.#ask(
          queue,
          group.map((each) => this.#messageOf(each)),
        )
        for (const [index, each] of group.entries()) {
          const answer = answers[index] ?? noAnswer
          if (answer.status === 'failed') unsent.push({ ...each, maybeSent: answer.maybeSent, cause: answer.error })
          else accept(each, outcomes)
        }
      }),
    )
    return unsent
  }

  async #ask(queue: string, messages: readonly OutgoingMessage[]): Promise<readonly SendAnswer[]> {
    try {
      return await this.#ports.queues.send(queue, messages)
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown))
      return messages.map(() => ({ status: 'failed', maybeSent: !(error instanceof UnknownQueueError), error }))
    }
  }

  /** A call that could not be sent must not run: its record becomes REVOKED, so a message that was sent after all is acknowledged unrun. */
  async #withdraw(unsent: readonly Unsent[], outcomes: EnqueueOutcomes): Promise<void> {
    const own: (Unsent & { readonly record: TaskRecord })[] = []
    for (const each of unsent) {
      const { prepared, record, maybeSent, cause } = each
      if (record !== undefined && each.own && prepared.mode !== 'continuation') own.push({ ...each, record })
      // Without a record nothing can be withdrawn. Another enqueue's record must not be withdrawn, because its message may be sent.
      else outcomes.fail(prepared, { cause, maybeSent, mayRun: record !== undefined || maybeSent })
    }
    if (own.length === 0) return
    const now = this.#ports.clock.now()
    const answers = await this.#ledger.change(
      own.map(({ prepared, record }) =>
        revokeRecord(record, this.#ports.random.token(), now, prepared.definition.resultTtlMs, 'enqueue-failed'),
      ),
    )
    for (const [index, { prepared, record, maybeSent, cause }] of own.entries()) {
      const answer = answers[index]
      if (answer?.status === 'done') outcomes.fail(prepared, { cause, maybeSent, mayRun: false })
      else if (answer?.status === 'lost' && movedOn(record, answer.record)) outcomes.accept(prepared, false, record)
      else outcomes.fail(prepared, { cause, maybeSent, mayRun: true })
    }
  }

  #messageOf({ prepared: { call }, record, own }: Opened): OutgoingMessage {
    const message =
      record === undefined
        ? messageWithoutRecord(call)
        : messageOf(record, own ? call.input : inputOf(record, call.input))
    const delayMs = (message.availableAt ?? 0) - this.#ports.clock.now()
    return {
      body: messageText(message),
      attributes: { task: call.task },
      ...(delayMs > 0 && { delaySeconds: Math.ceil(Math.min(delayMs, maxDelayMs) / 1_000) }),
    }
  }
}

/** A record that another enqueue wrote holds what is sent. A larger input lies in its own item, named by its hash, and is the same. */
function inputOf({ input }: TaskRecord, own: Json): Json {
  return input === undefined ? own : (JSON.parse(input) as Json)
}

/** Longer than SQS can delay, and it has a record: it waits in the table. Without one it waits 15 minutes at a time. */
function isParked({ record }: Opened, now: number): boolean {
  return (record?.availableAt ?? 0) - now > maxDelayMs
}

function accept({ prepared, record, own }: Opened, outcomes: EnqueueOutcomes): void {
  outcomes.accept(prepared, record !== undefined && !own, record)
}

const noAnswer: SendAnswer = { status: 'failed', maybeSent: true, error: new Error('The broker gave no answer.') }

/** The record was claimed or revoked: its message was sent, or its revoker knows the task. */
function movedOn(mine: TaskRecord, found: TaskRecord | undefined): boolean {
  return found !== undefined && (found.generation !== mine.generation || !isUnclaimed(found))
}

/** Calls with the same id go one after the other, so that the second finds the record of the first. */
function distinct(calls: readonly PreparedCall[]): readonly [now: PreparedCall[], later: PreparedCall[]] {
  const ids = new Set<string>()
  const now: PreparedCall[] = []
  const later: PreparedCall[] = []
  for (const each of calls) {
    const again = each.opening !== undefined && ids.has(each.call.id)
    ids.add(each.call.id)
    ;(again ? later : now).push(each)
  }
  return [now, later]
}

function byQueue(opened: readonly Opened[]): ReadonlyMap<string, Opened[]> {
  const groups = new Map<string, Opened[]>()
  for (const each of opened) {
    const queue = each.record?.queue ?? each.prepared.call.queue
    const group = groups.get(queue)
    if (group === undefined) groups.set(queue, [each])
    else group.push(each)
  }
  return groups
}
