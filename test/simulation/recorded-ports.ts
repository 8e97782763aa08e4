import type { TaskRecord } from '../../shared/core/record.ts'
import { createMemoryTable, type MemoryTable } from '../../shared/memory/table.ts'
import type { Clock, Queues, ServicePorts } from '../../shared/ports/index.ts'
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
  readonly table: MemoryTable
  readonly #latest = new Map<string, Change>()
  readonly #clock: Clock
  readonly #journal: Journal
  readonly #order: () => number
  readonly #isStale: (process: string, nth: number) => boolean
  #lateReads = 0
  /** A call of the table takes effect before it returns: who made it is known by then. */
  #writer = ''

  /** @param isStale of reads soon after a change, counted by nth: whether this one misses it */
  constructor(clock: Clock, journal: Journal, order: () => number, isStale: (process: string, nth: number) => boolean) {
    this.table = createMemoryTable({ clock, onWrite: (record, transition) => this.#write(record, transition) })
    this.#clock = clock
    this.#journal = journal
    this.#order = order
    this.#isStale = isStale
  }

  /** The table's ports as one process sees them. */
  of(process: string): Omit<ServicePorts, 'queues'> {
    const { records, ...others } = this.table
    return {
      ...others,
      records: {
        ...records,
        read: (ids, how) => {
          const reading = records.read(ids, how)
          if (how.consistent) return reading
          return reading.then((found) => found.map((record, index) => this.#asSeen(process, ids[index], record)))
        },
        insert: (entries) => {
          this.#writer = process
          return records.insert(entries)
        },
        update: (changes) => {
          this.#writer = process
          return records.update(changes)
        },
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

  #write(after: TaskRecord, transition: boolean): void {
    const before = this.records.get(after.id)
    const change: Change = {
      at: this.#clock.now(),
      order: this.#order(),
      process: this.#writer,
      before,
      after,
      transition,
    }
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
export function recordedQueues(
  queues: Queues,
  clock: Clock,
  journal: Journal,
  changed: (queue: string | undefined) => void,
): Queues {
  return {
    ...queues,
    send: (queue, messages) => {
      const sending = queues.send(queue, messages)
      changed(queue)
      return sending
    },
    hide: (queue, requests) => {
      const hiding = queues.hide(queue, requests)
      changed(requests.some(({ delaySeconds }) => delaySeconds === 0) ? queue : undefined)
      return hiding
    },
    // What was received appears again, if nobody deletes it.
    receive: (queue, how) =>
      queues.receive(queue, how).then((deliveries) => {
        if (deliveries.length > 0) changed(undefined)
        return deliveries
      }),
    sendDead: (queue, messages) =>
      queues.sendDead(queue, messages).then((answers) => {
        for (const [index, { body }] of messages.entries()) {
          if (answers[index]?.status === 'sent') journal.letters.push({ at: clock.now(), queue, body })
        }
        return answers
      }),
  }
}
