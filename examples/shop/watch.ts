import type { App, TaskEvent } from 'celeriac'

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
  readonly succeeded: number
  /** Tasks that failed for good. */
  readonly failed: number
  /** Times that a task was tried again. */
  readonly retried: number
}

/** Events that end a task. */
const ends: ReadonlySet<TaskEvent['type']> = new Set(['succeeded', 'failed', 'ignored', 'revoked', 'expired'])

const lookEveryMs = 100
/** Events are news, records the truth: after a silence they are asked. */
const silenceMs = 3_000
const readTogether = 100

/** Follows the tasks of one queue to their ends: by their events while they run, by their records at the end. */
export class Watch {
  readonly #app: App
  readonly #ids = new Set<string>()
  /** Enqueued, and not heard of an end. */
  readonly #open = new Set<string>()
  /** Ended: the event may come before the producer knows the id. */
  readonly #ended = new Set<string>()
  readonly #counts = { succeeded: 0, failed: 0, retried: 0 }
  #heardAt = Date.now()
  #complete = false

  constructor(app: App) {
    this.#app = app
  }

  get progress(): Progress {
    return this.#counts
  }

  hear({ type, id }: TaskEvent): void {
    this.#heardAt = Date.now()
    if (type === 'retried') this.#counts.retried++
    if (ends.has(type)) this.#end(id, type === 'succeeded')
  }

  /**
   * A task that is to be awaited.
   *
   * @param isOpened the enqueue opened it: for a known id, anew after it had failed
   * @returns whether the id was new
   */
  add(id: string, isOpened: boolean): boolean {
    const isNew = !this.#ids.has(id)
    this.#ids.add(id)
    if (!isNew && isOpened && this.#ended.delete(id)) this.#counts.failed--
    if (!this.#ended.has(id)) this.#open.add(id)
    return isNew
  }

  /** No more tasks will come. */
  complete(): void {
    this.#complete = true
  }

  /** Resolves with all tasks when they have ended; rejects with the signal's reason. */
  async untilEnded(signal: AbortSignal): Promise<readonly Ended[]> {
    while (!this.#complete || this.#open.size > 0) {
      await pause(lookEveryMs, signal)
      signal.throwIfAborted()
      if (Date.now() - this.#heardAt < silenceMs) continue
      for (const { id, state } of await this.#read([...this.#open])) this.#end(id, state === 'SUCCESS')
      this.#heardAt = Date.now()
    }
    return this.#read([...this.#ids])
  }

  #end(id: string, isSuccess: boolean): void {
    if (this.#ended.has(id)) return
    this.#ended.add(id)
    this.#open.delete(id)
    if (isSuccess) this.#counts.succeeded++
    else this.#counts.failed++
  }

  /** Those that have ended, a hundred with each request. */
  async #read(ids: readonly string[]): Promise<readonly Ended[]> {
    const { records } = this.#app.ports()
    const ended: Ended[] = []
    for (let start = 0; start < ids.length; start += readTogether) {
      for (const record of await records.read(ids.slice(start, start + readTogether), { consistent: true })) {
        if (record?.finishedAt === undefined || openStates.has(record.state)) continue
        const { id, state, attempt, enqueuedAt, finishedAt } = record
        ended.push({ id, state, attempts: attempt, enqueuedAt, finishedAt })
      }
    }
    return ended
  }
}

const openStates: ReadonlySet<string> = new Set(['QUEUED', 'STARTED', 'RETRY'])

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
