import type { AppDefinition } from '../core/app.ts'
import type { Settlement } from '../core/decide.ts'
import { settledError } from '../core/hooks.ts'
import type { QueueDefinition } from '../core/queue.ts'
import type { Ports, TaskEvent } from '../ports/index.ts'
import { QueueStatistics } from './queue-statistics.ts'
import type { ReceivedTask } from './received-task.ts'

/** Fields that belong to one kind of event. */
type EventDetails = TaskEvent extends infer Each
  ? Each extends TaskEvent
    ? Omit<Each, 'at' | 'queue' | 'task' | 'id'>
    : never
  : never

/** What is reported about the end of a task. */
export interface EndReport {
  /** 1-based. */
  readonly attempt: number
  /** Whether the task's function ran. */
  readonly hasRun: boolean
  readonly runMs: number
  readonly startedAt: number
  readonly scrub: (text: string) => string
}

/** Reports what happened to tasks: events and statistics. Changes nothing. */
export class Reporter {
  readonly #ports: Ports
  readonly #queue: string
  readonly #statistics: QueueStatistics

  constructor(ports: Ports, queue: QueueDefinition, tasks: AppDefinition['tasks']) {
    this.#ports = ports
    this.#queue = queue.name
    this.#statistics = new QueueStatistics(queue, tasks)
  }

  event({ message }: ReceivedTask, details: EventDetails): void {
    this.#ports.telemetry.event({
      at: this.#ports.clock.now(),
      queue: this.#queue,
      task: message.task,
      id: message.id,
      ...details,
    })
  }

  /** Reports a settlement that was certainly written: event and counters. */
  settled(received: ReceivedTask, settlement: Settlement, facts: EndReport): void {
    // A task without a ledger is not counted: there may be no table.
    if (!received.withoutLedger) this.#count(received, settlement, facts)
    this.event(received, eventOf(received, settlement, facts))
  }

  #count({ message }: ReceivedTask, settlement: Settlement, { hasRun, attempt, runMs, startedAt }: EndReport): void {
    const dueAt = message.sentAt === undefined ? undefined : Math.max(message.sentAt, message.availableAt ?? 0)
    this.#statistics.settled({
      task: message.task,
      settlement,
      runMs: hasRun ? runMs : undefined,
      waitMs: hasRun && attempt === 1 && dueAt !== undefined ? Math.max(0, startedAt - dueAt) : undefined,
    })
  }

  /** Writes the statistics of the batch, in one request. */
  writeStatistics(): Promise<void> {
    return this.#statistics.write(this.#ports)
  }
}

function eventOf(
  { message }: ReceivedTask,
  settlement: Settlement,
  { attempt, runMs, startedAt, scrub }: EndReport,
): EventDetails {
  const { state, delayMs = 0 } = settlement
  switch (state) {
    case 'SUCCESS': {
      const waitMs = Math.max(0, startedAt - (message.sentAt ?? startedAt))
      return { type: 'succeeded', attempt, runMs, waitMs }
    }
    case 'RETRY':
      return { type: 'retried', attempt, delayMs, error: settledError(settlement, scrub) }
    case 'FAILURE':
      return {
        type: 'failed',
        attempt,
        error: settledError(settlement, scrub),
        expected: settlement.expected ?? false,
      }
    case 'QUEUED':
      if (settlement.handedBack) return { type: 'handed-back' }
      return { type: settlement.error === undefined ? 'snoozed' : 'requeued', delayMs }
    case 'IGNORED':
      return { type: 'ignored' }
    case 'REVOKED':
      return { type: 'revoked' }
    case 'EXPIRED':
      return { type: 'expired' }
  }
}
