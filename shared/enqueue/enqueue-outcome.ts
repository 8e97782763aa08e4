import { EnqueueError } from '../core/errors.ts'
import type { Ports } from '../ports/index.ts'
import type { Draft } from './prepared-call.ts'

/** What became of one enqueue. `deduplicated`: it was an existing task's. `epoch`: the opening that it belongs to. */
export type EnqueueOutcome =
  | { readonly status: 'accepted'; readonly deduplicated: boolean; readonly epoch: number }
  | { readonly status: 'failed'; readonly error: Error }

export interface Doubts {
  readonly cause: unknown
  /** The message may lie in the queue. */
  readonly maybeSent: boolean
  /** The task may run, although this enqueue is reported as failed. */
  readonly mayRun: boolean
}

/** Collects the fate of each draft of one batch, and tells telemetry of those accepted. */
export class EnqueueOutcomes {
  readonly #ports: Pick<Ports, 'clock' | 'telemetry'>
  readonly #outcomes = new Map<Draft, EnqueueOutcome>()

  constructor(ports: Pick<Ports, 'clock' | 'telemetry'>) {
    this.#ports = ports
  }

  has(draft: Draft): boolean {
    return this.#outcomes.has(draft)
  }

  accept(draft: Draft, deduplicated: boolean, epoch: number): void {
    this.#outcomes.set(draft, { status: 'accepted', deduplicated, epoch })
    const { queue, task, id, availableAt } = draft.signature
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

  refuse(draft: Draft, error: Error): void {
    this.#outcomes.set(draft, { status: 'failed', error })
  }

  fail(draft: Draft, { cause, maybeSent, mayRun }: Doubts): void {
    const { task, id } = draft.signature
    this.refuse(draft, new EnqueueError(task, id, maybeSent, { cause, mayRun }))
  }

  of(draft: Draft): EnqueueOutcome {
    const outcome = this.#outcomes.get(draft)
    if (outcome === undefined)
      throw new Error(`The enqueue of ${draft.signature.id} came to no end: a bug in Celeriac.`)
    return outcome
  }
}
