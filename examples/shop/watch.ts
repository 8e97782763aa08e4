import type { App, Ports } from 'celeriac'

type TaskRecord = NonNullable<Awaited<ReturnType<Ports['ledger']['read']>>[number]>

/** What became of one task. Instants in epoch ms. */
export interface Ended {
  readonly id: string
  readonly state: string
  readonly attempts: number
  readonly enqueuedAt: number
  readonly finishedAt: number
}

/** How far a queue is. */
export interface Progress {
  /** Tasks that were enqueued so far. */
  enqueued: number
  succeeded: number
  /** Tasks that failed for good. */
  failed: number
  /** Tasks that needed another attempt. */
  retried: number
}

const windowSize = 300
const pauseMs = 250
const retriesEveryMs = 1_000

/**
 * Follows the tasks of one queue to their ends, a hundred with each read. `handle.get()` would do for a few; for thousands it is cheaper to look
 * where something is to be expected: at the oldest ones, and at those that are retried once a second.
 */
export class Watch {
  readonly progress: Progress = { enqueued: 0, succeeded: 0, failed: 0, retried: 0 }
  readonly ended: Ended[] = []
  readonly #ids = new Set<string>()
  readonly #app: App
  #waiting: string[] = []
  #retrying: string[] = []
  #complete = false

  constructor(app: App) {
    this.#app = app
  }

  /** An id that is known already is the same task. */
  add(id: string): void {
    if (this.#ids.has(id)) return
    this.#ids.add(id)
    this.#waiting.push(id)
    this.progress.enqueued++
  }

  /** No more tasks will come. */
  complete(): void {
    this.#complete = true
  }

  /** Resolves when all tasks have ended; rejects with the signal's reason. */
  async run(signal: AbortSignal): Promise<void> {
    let retriesAt = 0
    while (!this.#complete || this.#waiting.length + this.#retrying.length > 0) {
      const front = this.#waiting.slice(0, windowSize)
      const open = await this.#look(front)
      this.#waiting = [
        ...open.filter(({ state }) => state !== 'RETRY').map(({ id }) => id),
        ...this.#waiting.slice(front.length),
      ]
      this.#retrying.push(...open.filter(({ state }) => state === 'RETRY').map(({ id }) => id))
      if (Date.now() >= retriesAt) {
        this.#retrying = (await this.#look(this.#retrying)).map(({ id }) => id)
        retriesAt = Date.now() + retriesEveryMs
      }
      if (open.length > front.length / 2 || front.length === 0) await pause(pauseMs, signal)
      signal.throwIfAborted()
    }
  }

  /** Notes those that have ended and returns the others. */
  async #look(ids: readonly string[]): Promise<readonly TaskRecord[]> {
    if (ids.length === 0) return []
    const records = await this.#app.ports().ledger.read(ids, { consistent: true })
    return records.filter((record): record is TaskRecord => record !== undefined && !this.#note(record))
  }

  #note({ id, state, attempt, enqueuedAt, finishedAt }: TaskRecord): boolean {
    if (finishedAt === undefined || state === 'QUEUED' || state === 'STARTED' || state === 'RETRY') return false
    this.ended.push({ id, state, attempts: attempt, enqueuedAt, finishedAt })
    if (state === 'SUCCESS') this.progress.succeeded++
    else this.progress.failed++
    if (attempt > 1) this.progress.retried++
    return true
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
