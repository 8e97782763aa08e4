import { ledgerPatienceMs, pollMs } from '../core/defaults.ts'
import { LedgerUnavailableError, TableAccessError } from '../core/errors.ts'
import type { TaskRecord } from '../core/record.ts'
import type { Clock, Records } from '../ports/index.ts'

/** One wait for a record. */
interface Watch {
  readonly id: string
  readonly isDone: (record: TaskRecord | undefined) => boolean
  readonly resolve: (record: TaskRecord | undefined) => void
  readonly reject: (error: Error) => void
  intervalMs: number
  nextAt: number
  reading: boolean
  /** Since when every read has failed. */
  failingSince: number | undefined
}

/**
 * Waits for records, many with one read. Every handle has its own interval (50 ms, growing by half to 2 s), and a handle that has waited at least half of
 * its interval joins the read of the first one due. No timer is left when no handle waits.
 */
export class ResultPoller {
  readonly #records: Records
  readonly #clock: Clock
  readonly #watches = new Set<Watch>()
  #cancelTimer: (() => void) | undefined
  #wakesAt = Number.POSITIVE_INFINITY

  constructor(ports: { readonly records: Records; readonly clock: Clock }) {
    this.#records = ports.records
    this.#clock = ports.clock
  }

  /** Number of handles that wait now. */
  get waiting(): number {
    return this.#watches.size
  }

  /**
   * Resolves with the record as soon as a read finds it done.
   *
   * @param isDone also called for a missing record, after a consistent read has confirmed that it is missing
   * @throws the signal's reason, or LedgerUnavailableError when no read succeeded for 20 s
   */
  wait(
    id: string,
    isDone: (record: TaskRecord | undefined) => boolean,
    signal?: AbortSignal,
  ): Promise<TaskRecord | undefined> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const end = (): void => {
        signal?.removeEventListener('abort', onAbort)
        this.#watches.delete(watch)
        if (this.#watches.size === 0) this.#sleepUntil(Number.POSITIVE_INFINITY)
      }
      const onAbort = (): void => {
        end()
        reject(signal?.reason)
      }
      const watch: Watch = {
        id,
        isDone,
        resolve(record) {
          end()
          resolve(record)
        },
        reject(error) {
          end()
          reject(error)
        },
        intervalMs: pollMs.first,
        // The first read happens at once: the task may have ended long ago.
        nextAt: this.#clock.now(),
        reading: false,
        failingSince: undefined,
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#watches.add(watch)
      // The other watches need no check: none is due before the timer.
      if (watch.nextAt < this.#wakesAt) this.#sleepUntil(watch.nextAt)
    })
  }

  /** Sets the timer to the first watch that is due. */
  #plan(): void {
    let next = Number.POSITIVE_INFINITY
    for (const watch of this.#watches) if (!watch.reading) next = Math.min(next, watch.nextAt)
    this.#sleepUntil(next)
  }

  #sleepUntil(at: number): void {
    if (at === this.#wakesAt) return
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#wakesAt = at
    if (at === Number.POSITIVE_INFINITY) return
    this.#cancelTimer = this.#clock.timer(Math.max(0, at - this.#clock.now()), () => {
      this.#cancelTimer = undefined
      this.#wakesAt = Number.POSITIVE_INFINITY
      void this.#read()
    })
  }

  async #read(): Promise<void> {
    const now = this.#clock.now()
    const due: Watch[] = []
    for (const watch of this.#watches) {
      if (!watch.reading && watch.nextAt - now <= watch.intervalMs / 2) due.push(watch)
    }
    for (const watch of due) watch.reading = true
    this.#plan()
    try {
      const records = await this.#recordsOf([...new Set(due.map(({ id }) => id))])
      for (const watch of due) {
        watch.failingSince = undefined
        if (this.#watches.has(watch)) settle(watch, records.get(watch.id))
      }
    } catch (error) {
      for (const watch of due) {
        watch.failingSince ??= now
        if (!this.#watches.has(watch)) continue
        // The table refuses every request. Trying again does not help.
        if (error instanceof TableAccessError) watch.reject(error)
        else if (this.#clock.now() - watch.failingSince >= ledgerPatienceMs) watch.reject(unavailable(error))
      }
    }
    const later = this.#clock.now()
    for (const watch of due) {
      watch.reading = false
      watch.nextAt = later + watch.intervalMs
      watch.intervalMs = Math.min(pollMs.slowest, watch.intervalMs * pollMs.factor)
    }
    this.#plan()
  }

  /** Eventually consistent reads cost half; only what they miss is read again. */
  async #recordsOf(ids: readonly string[]): Promise<ReadonlyMap<string, TaskRecord | undefined>> {
    const records = new Map<string, TaskRecord | undefined>()
    for (const [index, record] of (await this.#records.read(ids, { consistent: false })).entries()) {
      records.set(ids[index] ?? '', record)
    }
    const missing = ids.filter((id) => records.get(id) === undefined)
    if (missing.length > 0) {
      for (const [index, record] of (await this.#records.read(missing, { consistent: true })).entries()) {
        records.set(missing[index] ?? '', record)
      }
    }
    return records
  }
}

/** If `isDone` throws for one watch, the others must not be blocked. */
function settle(watch: Watch, record: TaskRecord | undefined): void {
  try {
    if (watch.isDone(record)) watch.resolve(record)
  } catch (error) {
    watch.reject(error instanceof Error ? error : new Error(String(error)))
  }
}

function unavailable(error: unknown): LedgerUnavailableError {
  const why = error instanceof Error ? error.message : String(error)
  return new LedgerUnavailableError(`The table did not answer while waiting for a result: ${why}`, { cause: error })
}
