import { EnqueueError } from '../core/errors.ts'
import type { Ports } from '../ports/index.ts'
import type { PreparedCall } from './prepared-call.ts'

/** What became of one enqueue. `deduplicated`: it was an existing task's. `generation`: the opening that it belongs to. */
export type EnqueueOutcome =
  | { readonly status: 'accepted'; readonly deduplicated: boolean; readonly generation: number }
  | { readonly status: 'failed'; readonly error: Error }

export interface Doubts {
  readonly cause: unknown
  /** The message may lie in the queue. */
  readonly maybeSent: boolean
  /** The task may run, although this enqueue is reported as failed. */
  readonly mayRun: boolean
}

/** Collects the fate of each prepared of one batch, and tells telemetry of those accepted. */
export class EnqueueOutcomes {
  readonly #ports: Pick<Ports, 'clock' | 'telemetry'>
  readonly #outcomes = new Map<PreparedCall, EnqueueOutcome>()

  constructor(ports: Pick<Ports, 'clock' | 'telemetry'>) {
    this.#ports = ports
  }

  has(prepared: PreparedCall): boolean {
    return this.#outcomes.has(prepared)
  }

  accept(prepared: PreparedCall, deduplicated: boolean, generation: number): void {
    this.#outcomes.set(prepared, { status: 'accepted', deduplicated, generation })
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
