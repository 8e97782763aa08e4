import type { TaskRecord } from '../../shared/core/record.ts'
import type { Broker, Clock, Ledger } from '../../shared/ports/index.ts'
import type { Change, Journal } from './journal.ts'

/**
 * How long reads that need not be consistent may miss a change: a short time, says the guide, without a number.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html
 */
const staleForMs = 2_000

/** Writes down every change of the table, whoever makes it, and knows each record as it stands. */
export class RecordedTable {
  readonly records = new Map<string, TaskRecord>()
  /** The last transition of each record. */
  readonly last = new Map<string, Change>()
  readonly #latest = new Map<string, Change>()
  readonly #ledger: Ledger
  readonly #clock: Clock
  readonly #journal: Journal
  readonly #order: () => number
  readonly #isStale: (process: string, nth: number) => boolean
  #lateReads = 0

  /** @param isStale of reads soon after a change, counted by nth: whether this one misses it */
  constructor(
    ledger: Ledger,
    clock: Clock,
    journal: Journal,
    order: () => number,
    isStale: (process: string, nth: number) => boolean,
  ) {
    this.#ledger = ledger
    this.#clock = clock
    this.#journal = journal
    this.#order = order
    this.#isStale = isStale
  }

  /** The ledger as one process sees it. */
  of(process: string): Ledger {
    const ledger = this.#ledger
    return {
      ...ledger,
      read: async (ids, how) => {
        const records = await ledger.read(ids, how)
        return how.consistent ? records : records.map((record, index) => this.#asSeen(process, ids[index], record))
      },
      insert: async (entries) => {
        const answers = await ledger.insert(entries)
        for (const [index, { record }] of entries.entries()) {
          if (answers[index]?.status === 'done') this.#write(process, record, true)
        }
        return answers
      },
      update: async (changes) => {
        const answers = await ledger.update(changes)
        for (const [index, { transition }] of changes.entries()) {
          const answer = answers[index]
          if (answer?.status === 'done' && answer.record !== undefined) this.#write(process, answer.record, transition)
        }
        return answers
      },
    }
  }

  #asSeen(process: string, id: string | undefined, record: TaskRecord | undefined): TaskRecord | undefined {
    const latest = id === undefined ? undefined : this.#latest.get(id)
    const now = this.#clock.now()
    if (latest === undefined || now - latest.at >= staleForMs || !this.#isStale(process, this.#lateReads++))
      return record
    const { before } = latest
    return before?.expiresAt !== undefined && before.expiresAt * 1_000 <= now ? undefined : before
  }

  #write(process: string, after: TaskRecord, transition: boolean): void {
    const before = this.records.get(after.id)
    const change: Change = { at: this.#clock.now(), order: this.#order(), process, before, after, transition }
    this.records.set(after.id, after)
    this.#latest.set(after.id, change)
    if (transition) this.last.set(after.id, change)
    this.#journal.changes.push(change)
  }
}

/**
 * Writes down what gets into dead-letter queues, and tells when anything may have become visible.
 *
 * @param changed `queue`: something in it may be visible now; undefined: only later
 */
export function recordedBroker(
  broker: Broker,
  clock: Clock,
  journal: Journal,
  changed: (queue: string | undefined) => void,
): Broker {
  const then = <Answer>(answer: Answer, queue?: string): Answer => {
    changed(queue)
    return answer
  }
  return {
    ...broker,
    send: async (queue, messages) => then(await broker.send(queue, messages), queue),
    hide: async (queue, requests) =>
      then(
        await broker.hide(queue, requests),
        requests.some(({ delaySeconds }) => delaySeconds === 0) ? queue : undefined,
      ),
    // What was received appears again, if nobody deletes it.
    receive: async (queue, how) => {
      const deliveries = await broker.receive(queue, how)
      return deliveries.length === 0 ? deliveries : then(deliveries)
    },
    async sendDead(queue, messages) {
      const answers = await broker.sendDead(queue, messages)
      for (const [index, { body }] of messages.entries()) {
        if (answers[index]?.status === 'sent') journal.letters.push({ at: clock.now(), queue, body })
      }
      return answers
    },
  }
}
