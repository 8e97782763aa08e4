import { ledgerPatienceMs } from '../core/defaults.ts'
import { LedgerUnavailableError } from '../core/errors.ts'
import type { TaskRecord } from '../core/record.ts'
import type { Clock, Inputs, NewRecord, Random, RecordChange, Records, WriteAnswer } from '../ports/index.ts'
import { sleep } from './sleep.ts'

/** The outcome of an insert. Certain unless `failed`. */
export type InsertOutcome =
  | { readonly status: 'inserted'; readonly record: TaskRecord }
  /** The id belongs to another writer's record. */
  | { readonly status: 'exists'; readonly record: TaskRecord }
  /** `maybeDone`: patience ended before it was certain. */
  | { readonly status: 'failed'; readonly error: Error; readonly maybeDone: boolean }

export type ChangeOutcome =
  /** The change took effect. `record`: the record right after it if the table returned it, otherwise as read later. */
  | { readonly status: 'done'; readonly record: TaskRecord | undefined }
  /** The change did not and never will take effect: the record has moved on, or is gone. */
  | { readonly status: 'lost'; readonly record: TaskRecord | undefined }
  | { readonly status: 'failed'; readonly error: Error; readonly maybeDone: boolean }

export interface Patience {
  /** Unclear writes are checked until this instant, epoch ms, if that is later than the usual patience. */
  readonly doubtUntil?: number | undefined
}

const firstPauseMs = 25
const slowestPauseMs = 1_000

/**
 * Writes that tell the caller for certain whether they happened.
 *
 * A write may have taken effect although the answer was an error, a time-out, or "condition failed" (the SDK retries by itself, and
 * the retry then finds the effect of the first try). So after everything but a plain yes the record is read consistently:
 *
 *     my token is there            → it happened
 *     the version is still mine    → it did not happen: try again
 *     anything else                → someone else's write came first: lost
 *
 * Throttled statements did not happen and are tried again alone. A call may contain an id only once.
 */
export class CertainLedger {
  readonly #records: Records
  readonly #inputs: Inputs
  readonly #clock: Clock
  readonly #random: Random
  readonly #patienceMs: number

  constructor(
    ports: { readonly records: Records; readonly inputs: Inputs; readonly clock: Clock; readonly random: Random },
    patienceMs: number = ledgerPatienceMs,
  ) {
    this.#records = ports.records
    this.#inputs = ports.inputs
    this.#clock = ports.clock
    this.#random = ports.random
    this.#patienceMs = patienceMs
  }

  /** Insert records. Each carries a fresh `token`, which tells its own record (with a lost answer) from another writer's record. */
  insert(entries: readonly NewRecord[], patience: Patience = {}): Promise<readonly InsertOutcome[]> {
    return this.#settle<NewRecord, InsertOutcome>(entries, patience, {
      write: (pending) => this.#records.insert(pending),
      idOf: (entry) => entry.record.id,
      done: (entry) => ({ status: 'inserted', record: entry.record }),
      judge: (entry, found) => {
        if (found === undefined) return undefined
        // Only the record's own insert wrote this token at version 1; later versions by its holder carry later tokens.
        return found.token === entry.record.token && found.v === entry.record.v
          ? // The record is there. Its input item may not be: write both again, which changes nothing that is.
            entry.inputItem === undefined
            ? { status: 'inserted', record: entry.record }
            : this.#inputs.write([entry.inputItem]).then(
                (): InsertOutcome => ({ status: 'inserted', record: entry.record }),
                () => undefined,
              )
          : { status: 'exists', record: found }
      },
      failed: (error, maybeDone) => ({ status: 'failed', error, maybeDone }),
    })
  }

  /**
   * Apply changes. A transition must set `token`: a fresh one for a claim, the claim's own for its settlement. A change that is no transition
   * must be harmless when applied twice.
   */
  change(changes: readonly RecordChange[], patience: Patience = {}): Promise<readonly ChangeOutcome[]> {
    return this.#settle<RecordChange, ChangeOutcome>(changes, patience, {
      write: (pending) => this.#records.update(pending),
      idOf: (change) => change.id,
      done: (_change, record) => ({ status: 'done', record }),
      judge: (change, found) => {
        if (found === undefined) return { status: 'lost', record: undefined }
        if (change.transition && found.v === change.v + 1 && found.token === change.set.token)
          return { status: 'done', record: found }
        // If another transition followed ours, it looks like a lost one. Either way, the writer no longer holds a claim.
        if (found.v !== change.v) return { status: 'lost', record: found }
        return undefined
      },
      failed: (error, maybeDone) => ({ status: 'failed', error, maybeDone }),
    })
  }

  async #settle<Entry, Outcome>(
    entries: readonly Entry[],
    { doubtUntil = 0 }: Patience,
    rules: WriteRules<Entry, Outcome>,
  ): Promise<readonly Outcome[]> {
    if (entries.length === 0) return []
    const outcomes = new Map<Entry, Outcome>()
    const doubtful = new Set<Entry>()
    const giveUpAt = this.#clock.now() + this.#patienceMs
    let pending = entries
    let lastError: Error | undefined
    for (let round = 0; pending.length > 0; round++) {
      if (round > 0) {
        const now = this.#clock.now()
        if (now >= giveUpAt) pending = now < doubtUntil ? pending.filter((entry) => doubtful.has(entry)) : []
        if (pending.length === 0) break
        await sleep(this.#clock, this.#pauseMs(round))
      }
      const answers = await rules.write(pending)
      // The usual case: every answer was a plain yes.
      if (round === 0 && answers.length === entries.length && answers.every((answer) => answer.status === 'done'))
        return entries.map((entry, index) => rules.done(entry, answers[index]?.record))
      const unclear: Entry[] = []
      for (const [index, entry] of pending.entries()) {
        const answer = answers[index] ?? { status: 'unknown', error: new Error('The ledger gave no answer.') }
        if (answer.status === 'done') outcomes.set(entry, rules.done(entry, answer.record))
        else if (answer.status === 'invalid') outcomes.set(entry, rules.failed(answer.error, false))
        else if (answer.status !== 'throttled') {
          // A refusal is unclear too: it may answer the SDK's retry, which found the effect of the first try.
          unclear.push(entry)
          doubtful.add(entry)
          if (answer.status === 'unknown') lastError = answer.error
        }
      }
      if (unclear.length > 0) lastError = (await this.#readBack(unclear, rules, outcomes)) ?? lastError
      pending = pending.filter((entry) => !outcomes.has(entry))
    }
    return entries.map(
      (entry) =>
        outcomes.get(entry) ??
        rules.failed(
          new LedgerUnavailableError(
            `The table gave no clear answer within ${this.#patienceMs} ms: ${lastError?.message ?? 'it throttles all writes.'}`,
            { cause: lastError },
          ),
          doubtful.has(entry),
        ),
    )
  }

  /** Reads what is unclear and judges it. Returns the error when the read itself failed. */
  async #readBack<Entry, Outcome>(
    unclear: readonly Entry[],
    rules: WriteRules<Entry, Outcome>,
    outcomes: Map<Entry, Outcome>,
  ): Promise<Error | undefined> {
    let found: readonly (TaskRecord | undefined)[]
    try {
      found = await this.#records.read(unclear.map(rules.idOf), { consistent: true })
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
    for (const [index, entry] of unclear.entries()) {
      const outcome = await rules.judge(entry, found[index])
      if (outcome !== undefined) outcomes.set(entry, outcome)
    }
    return undefined
  }

  /** Doubling with full jitter: writes that were throttled together must not come back together. */
  #pauseMs(round: number): number {
    return Math.ceil(Math.min(slowestPauseMs, firstPauseMs * 2 ** (round - 1)) * (0.5 + this.#random.fraction() / 2))
  }
}

interface WriteRules<Entry, Outcome> {
  write(pending: readonly Entry[]): Promise<readonly WriteAnswer[]>
  idOf(entry: Entry): string
  done(entry: Entry, record: TaskRecord | undefined): Outcome
  /** The outcome of an unclear write according to a consistent read. Undefined: it did not happen, try again. */
  judge(entry: Entry, found: TaskRecord | undefined): Outcome | undefined | Promise<Outcome | undefined>
  failed(error: Error, maybeDone: boolean): Outcome
}
