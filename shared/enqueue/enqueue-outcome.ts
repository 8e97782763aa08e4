import { EnqueueError } from '../core/errors.ts'
import type { TaskRecord } from '../core/record.ts'
import type { Ports } from '../ports/index.ts'
import type { PreparedCall } from './prepared-call.ts'

/** The opening of an id that a handle stands for. Instants in epoch ms. */
export interface Opening {
  readonly generation: number
  readonly enqueuedAt: number
  /** Names the opening: a redrive does not change it, and no two openings of an id share it. Undefined for an id that cannot be used again. */
  readonly keyUntil?: number
}

/** The outcome of one enqueue. `deduplicated`: the task existed already. `opening`: the task's opening; undefined with the ledger off. */
export type EnqueueOutcome =
  | { readonly status: 'accepted'; readonly deduplicated: boolean; readonly opening: Opening | undefined }
  | { readonly status: 'failed'; readonly error: Error }

function openingOf({ generation, enqueuedAt, keyUntil }: TaskRecord): Opening {
  return { generation, enqueuedAt, ...(keyUntil !== undefined && { keyUntil }) }
}

export interface Doubts {
  readonly cause: unknown
  /** The message may be in the queue. */
  readonly maybeSent: boolean
  /** The task may run, although this enqueue is reported as failed. */
  readonly mayRun: boolean
}

/** Collects the outcome of each prepared call of one batch, and reports accepted ones to telemetry. */
export class EnqueueOutcomes {
  readonly #ports: Pick<Ports, 'clock' | 'telemetry'>
  readonly #outcomes = new Map<PreparedCall, EnqueueOutcome>()

  constructor(ports: Pick<Ports, 'clock' | 'telemetry'>) {
    this.#ports = ports
  }

  has(prepared: PreparedCall): boolean {
    return this.#outcomes.has(prepared)
  }

  accept(prepared: PreparedCall, deduplicated: boolean, record: TaskRecord | undefined): void {
    const opening = record && openingOf(record)
    this.#outcomes.set(prepared, { status: 'accepted', deduplicated, opening })
    const { queue, task, id, availableAt } = prepared.call
    this.#ports.telemetry.event({
      type: 'queued',
      at: this.#ports.clock.now(),
      queue,
      task,
      id,
      ...(availableAt !== undefined && { availableAt }),
      ...(deduplicated && { deduplicated }),
    })
  }

  refuse(prepared: PreparedCall, error: Error): void {
    this.#outcomes.set(prepared, { status: 'failed', error })
  }

  fail(prepared: PreparedCall, { cause, maybeSent, mayRun }: Doubts): void {
    const { task, id } = prepared.call
    this.refuse(prepared, new EnqueueError(task, id, maybeSent, { cause, mayRun }))
  }

  of(prepared: PreparedCall): EnqueueOutcome {
    const outcome = this.#outcomes.get(prepared)
    if (outcome === undefined) throw new Error(`The enqueue of ${prepared.call.id} came to no end: a bug in Celeriac.`)
    return outcome
  }
}
