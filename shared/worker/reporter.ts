import { callHooks, hookOwners } from '../core/attempt.ts'
import type { TaskContext } from '../core/context.ts'
import type { Settlement } from '../core/decide.ts'
import { errorText, toErrorData } from '../core/error-data.ts'
import { decode, type Json } from '../core/json.ts'
import type { ErrorData } from '../core/record.ts'
import { isTerminal } from '../core/states.ts'
import type { TaskHooks } from '../core/task.ts'
import type { Ports, TaskEvent } from '../ports/index.ts'
import { type Arrival, isWithoutLedger } from './arrival.ts'
import { Tally } from './tally.ts'

/** What is particular to one kind of event. */
type EventDetails = TaskEvent extends infer Each
  ? Each extends TaskEvent
    ? Omit<Each, 'at' | 'queue' | 'task' | 'id'>
    : never
  : never

/** A run that ended, as told. */
export interface EndedRun {
  /** 1-based. */
  readonly attempt: number
  readonly runMs: number
  readonly startedAt: number
  readonly scrub: (text: string) => string
}

/** Tells the outside what happened to tasks: events, statistics and hooks. Changes nothing. */
export class Reporter {
  readonly #ports: Ports
  readonly #queue: string
  readonly #appHooks: TaskHooks
  readonly tally: Tally

  constructor(ports: Ports, queue: string, appHooks: TaskHooks) {
    this.#ports = ports
    this.#queue = queue
    this.#appHooks = appHooks
    this.tally = new Tally(queue)
  }

  event({ message }: Arrival, details: EventDetails): void {
    this.#ports.telemetry.event({
      at: this.#ports.clock.now(),
      queue: this.#queue,
      task: message.task,
      id: message.id,
      ...details,
    })
  }

  /** Event and counters of a settlement that is certain. */
  settled(arrival: Arrival, settlement: Settlement, ended: EndedRun): void {
    // Without a ledger there is no table, or need be none.
    if (!isWithoutLedger(arrival)) this.tally.settled(settlement, ended.runMs)
    this.event(arrival, eventOf(arrival, settlement, ended))
  }

  /** The hooks of app and task, if they have any, for a run that settled. */
  callHooks(
    hooks: TaskHooks,
    context: TaskContext,
    settlement: Settlement,
    scrub: (text: string) => string,
  ): Promise<void> | undefined {
    const owners = hookOwners(this.#appHooks, hooks)
    return owners.length === 0 ? undefined : this.#callHooks(owners, context, settlement, scrub)
  }

  async #callHooks(
    owners: readonly TaskHooks[],
    context: TaskContext,
    settlement: Settlement,
    scrub: (text: string) => string,
  ): Promise<void> {
    const world = {
      timer: (delayMs: number, fire: () => void) => this.#ports.clock.timer(delayMs, fire),
      warn: (message: string, error: unknown) => context.log.warn(message, { error: errorText(error) }),
    }
    const { state, result, delayMs = 0 } = settlement
    if (state === 'SUCCESS') {
      const output = result === undefined || result === '' ? undefined : decode(JSON.parse(result) as Json)
      await callHooks(owners, 'onSuccess', world, (each) => each.onSuccess?.(context, output))
    } else if (state === 'RETRY') {
      await callHooks(owners, 'onRetry', world, (each) => each.onRetry?.(context, errorOf(settlement, scrub), delayMs))
    } else if (state === 'FAILURE') {
      await callHooks(owners, 'onFailure', world, (each) => each.onFailure?.(context, errorOf(settlement, scrub)))
    }
    if (settlement.counts || isTerminal(state))
      await callHooks(owners, 'onSettled', world, (each) => each.onSettled?.(context, state))
  }
}

function eventOf(
  { message }: Arrival,
  settlement: Settlement,
  { attempt, runMs, startedAt, scrub }: EndedRun,
): EventDetails {
  const { state, delayMs = 0 } = settlement
  switch (state) {
    case 'SUCCESS': {
      const waitMs = Math.max(0, startedAt - (message.sentAt ?? startedAt))
      return { type: 'succeeded', attempt, runMs, waitMs }
    }
    case 'RETRY':
      return { type: 'retried', attempt, delayMs, error: errorOf(settlement, scrub) }
    case 'FAILURE':
      return { type: 'failed', attempt, error: errorOf(settlement, scrub), expected: settlement.expected ?? false }
    case 'QUEUED':
      return { type: settlement.error === undefined ? 'snoozed' : 'requeued', delayMs }
    case 'IGNORED':
      return { type: 'ignored' }
    case 'REVOKED':
      return { type: 'revoked' }
    case 'EXPIRED':
      return { type: 'expired' }
  }
}

/** `ctx.retry()` without an error is told as one, so that hooks and events always have something to say. */
function errorOf({ error }: Settlement, scrub: (text: string) => string): ErrorData {
  return error === undefined ? { name: 'Retry', message: 'The task asked to be retried.' } : toErrorData(error, scrub)
}
