import { retentionMs } from '../core/defaults.ts'
import { type Duration, toMs } from '../core/duration.ts'
import { DefinitionError } from '../core/errors.ts'
import { checkKeys } from '../core/options.ts'
import { type QueueCounts, totalOf } from '../core/statistics.ts'
import { blockMs } from '../core/table.ts'
import { checkQueue } from './check-queue.ts'
import { type DeadLetterInfo, type DeadLettersQuery, readDeadLetters } from './dead-letters.ts'
import { readRecord } from './record-actions.ts'
import type { Services } from './services.ts'
import { describeRecords, type TaskInfo } from './task-info.ts'

/** The current state of one queue, and what its worker counted lately. */
export interface QueueReport {
  readonly queue: string
  /** Messages ready to be received. SQS's numbers are approximate and up to a minute old. */
  readonly waiting: number
  readonly inFlight: number
  readonly delayed: number
  /** Messages in the dead-letter queue. */
  readonly dead: number
  readonly pausedAt: Date | undefined
  /** Maximum number of concurrent invocations, if the app limits them. */
  readonly concurrency: number | undefined
  /** Start of `counts`: up to five minutes before the window. */
  readonly since: Date
  /** `succeeded`, `failed`, `retried`, `expired`, `revoked`, `ignored`, `snoozed` (requeued ones too), `dead`, `runMs`; zeros are absent. */
  readonly counts: Readonly<Record<string, number>>
}

export interface QueuesQuery {
  /** Count this long back, at most 14 days. @default '1h' */
  readonly window?: Duration
}

export interface FailuresQuery {
  readonly queue: string
  /** Failed at or after. @default 14 days ago */
  readonly from?: Date
  /** Failed before. @default now */
  readonly to?: Date
  /** Failures per page, at most 100. @default 20 */
  readonly limit?: number
  /** The cursor of the page before. */
  readonly cursor?: string
}

export interface FailuresPage {
  /** Newest first. A page may hold fewer than `limit`, or none, and still have a next one. */
  readonly tasks: readonly TaskInfo[]
  /** Absent on the last page. */
  readonly cursor?: string
}

/** Read-only views of queues, tasks, failures and dead letters. */
export interface Inspect {
  queues(query?: QueuesQuery): Promise<readonly QueueReport[]>
  /** @throws {TaskNotFoundError} */
  task(id: string): Promise<TaskInfo>
  failures(query: FailuresQuery): Promise<FailuresPage>
  /** Dead letters of a queue, oldest first. They stay where they are. */
  deadLetters(query: DeadLettersQuery): Promise<readonly DeadLetterInfo[]>
}

const mostFailures = 100

export function createInspect(services: Services): Inspect {
  const { app, ports } = services
  return {
    async queues(query = {}) {
      checkKeys('inspect.queues', query, ['window'])
      const { window = 3_600 } = query
      const now = ports.clock.now()
      const from = Math.floor((now - toMs(window, 'inspect.queues: window')) / blockMs) * blockMs
      return Promise.all(
        Object.values(app.queues).map(async ({ name, concurrency }) => {
          const [depth, control, counts] = await Promise.all([
            ports.queues.depth(name),
            ports.controls.read(name),
            ports.statistics.sum({ queue: name, from, to: now + 1 }),
          ])
          const pausedAt = control.pausedAt === undefined ? undefined : new Date(control.pausedAt)
          return { queue: name, ...depth, pausedAt, concurrency, since: new Date(from), counts: reported(counts) }
        }),
      )
    },

    deadLetters: (query) => readDeadLetters(services, query),

    async task(id) {
      const record = await readRecord(services, id)
      const [info] = await describeRecords([record], app, ports.inputs, ports.clock.now())
      return info as TaskInfo
    },

    async failures(query) {
      checkKeys('inspect.failures', query, ['queue', 'from', 'to', 'limit', 'cursor'])
      const { queue, from, to, limit = 20, cursor } = query
      checkQueue(services, 'inspect.failures', queue)
      if (!Number.isInteger(limit) || limit < 1 || limit > mostFailures) {
        throw new DefinitionError(
          `inspect.failures: limit: expected a whole number from 1 to ${mostFailures}, received ${limit}.`,
        )
      }
      const now = ports.clock.now()
      const page = await ports.records.listFailures({
        queue,
        from: from?.getTime() ?? now - 2 * retentionMs,
        to: to?.getTime() ?? now + 1,
        limit,
        ...(cursor !== undefined && { cursor }),
      })
      const found = await ports.records.read(page.ids, { consistent: false })
      // The index lags: tasks that were reopened since are no longer failures.
      const failed = found.filter((record) => record !== undefined).filter(({ state }) => state === 'FAILURE')
      const tasks = await describeRecords(failed, app, ports.inputs, now)
      return { tasks, ...(page.cursor !== undefined && { cursor: page.cursor }) }
    },
  }
}

function reported(counts: QueueCounts): Readonly<Record<string, number>> {
  const { succeeded, failed, retried, back: snoozed, dead, runMs } = totalOf(counts)
  const { expired, revoked, ignored } = counts
  const all = { succeeded, failed, retried, expired, revoked, ignored, snoozed, dead, runMs }
  return Object.fromEntries(Object.entries(all).filter(([, amount]) => amount !== 0))
}
