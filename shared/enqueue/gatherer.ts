import { gather } from '../core/defaults.ts'
import type { EnqueueOutcome } from './enqueue-outcome.ts'
import type { Enqueuer } from './enqueuer.ts'
import type { PreparedCall } from './prepared-call.ts'

interface Waiting {
  readonly prepared: PreparedCall
  resolve(outcome: EnqueueOutcome): void
  reject(error: unknown): void
}

/**
 * Gathers the single calls of one turn of the event loop into batches: `Promise.all` of a thousand `delay()`s makes a seventh of the requests, and a
 * bounded number of them at a time, so that no request waits for a free connection. Calls stay in order, and each gets its own outcome.
 *
 *     delay() ─┐
 *     delay() ─┼─ end of the turn ── batches of 50 ── at most 8 in flight ── each call's outcome
 *     delay() ─┘
 */
export class Gatherer {
  readonly #enqueuer: Pick<Enqueuer, 'enqueue'>
  #waiting: Waiting[] = []
  #inFlight = 0
  #planned = false

  constructor(enqueuer: Pick<Enqueuer, 'enqueue'>) {
    this.#enqueuer = enqueuer
  }

  enqueue(prepared: PreparedCall): Promise<EnqueueOutcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ prepared, resolve, reject })
      if (this.#planned) return
      this.#planned = true
      // Runs after all promise callbacks of this turn, so a single call does not wait for anything else.
      process.nextTick(() => {
        this.#planned = false
        this.#start()
      })
    })
  }

  #start(): void {
    while (this.#inFlight < gather.batchesInFlight && this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, gather.batchSize)
      this.#waiting = this.#waiting.slice(gather.batchSize)
      this.#inFlight++
      void this.#enqueue(batch)
    }
  }

  async #enqueue(batch: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.#enqueuer.enqueue(batch.map(({ prepared }) => prepared))
      for (const [index, { resolve }] of batch.entries()) resolve(outcomes[index] as EnqueueOutcome)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    } finally {
      this.#inFlight--
      this.#start()
    }
  }
}
