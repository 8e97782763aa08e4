import { type AppDefinition, timesOf } from '../core/app.ts'
import { messageOf } from '../core/call.ts'
import type { Json } from '../core/json.ts'
import { messageText } from '../core/message-codec.ts'
import type { QueueTimes } from '../core/queue.ts'
import type { TaskRecord } from '../core/record.ts'
import { isTerminal } from '../core/states.ts'
import type { Ports } from '../ports/index.ts'

export interface ReconcileOptions {
  /** Only these queues. @default all of the app's */
  readonly queues?: readonly string[]
  /** Look at tasks enqueued at or after this instant, epoch ms. @default twice the retention ago */
  readonly from?: number
  /** Called after each page. */
  readonly onProgress?: (report: ReconcileReport) => void
  readonly signal?: AbortSignal
}

export interface ReconcileReport {
  /** Number of records read. */
  readonly examined: number
  readonly open: number
  /** Tasks whose message was sent again. */
  readonly sentAgain: readonly {
    readonly id: string
    readonly task: string
    readonly queue: string
    readonly state: string
  }[]
  /** Tasks that could not be sent again: call reconcile once more. */
  readonly failed: readonly { readonly id: string; readonly error: string }[]
}

const pageSize = 100

/**
 * Walks the time index once and sends tasks again whose message was lost: tasks QUEUED or in RETRY far longer than their queue can explain, and tasks
 * STARTED far beyond their lease. Harmless if the message was not lost (G2): the claim decides, and a second copy finds the task finished or held.
 *
 * An empty queue explains a wait up to its visibility time; a backlog explains a wait up to half of the retention, after which messages are
 * replaced by fresh copies.
 */
export async function reconcile(
  app: AppDefinition,
  ports: Ports,
  options: ReconcileOptions = {},
): Promise<ReconcileReport> {
  const report = {
    examined: 0,
    open: 0,
    sentAgain: [] as { id: string; task: string; queue: string; state: string }[],
    failed: [] as { id: string; error: string }[],
  }
  for (const queue of options.queues ?? Object.keys(app.queues)) {
    const times = timesOf(app, queue)
    const { waiting, inFlight, delayed } = await ports.queues.depth(queue)
    const patienceMs = waiting + inFlight + delayed === 0 ? 2 * times.visibilityMs : times.retentionMs / 2
    const now = ports.clock.now()
    const query = {
      queue,
      from: options.from ?? now - 2 * times.retentionMs,
      to: now,
      limit: pageSize,
      order: 'oldest',
    } as const
    let cursor: string | undefined
    do {
      options.signal?.throwIfAborted()
      const page = await ports.records.listByTime({ ...query, ...(cursor !== undefined && { cursor }) })
      cursor = page.cursor
      const records = (await ports.records.read(page.ids, { consistent: true })).filter(
        (record) => record !== undefined,
      )
      const open = records.filter((record) => !isTerminal(record.state))
      report.examined += records.length
      report.open += open.length
      const lost = open.filter((record) => isLost(record, now, patienceMs, times))
      await sendAgain(queue, lost, ports, report)
      options.onProgress?.(report)
    } while (cursor !== undefined)
  }
  return report
}

function isLost(record: TaskRecord, now: number, patienceMs: number, times: QueueTimes): boolean {
  // A WAITING task has no message: it waits for other tasks, which are checked themselves.
  if (record.state === 'WAITING') return false
  if (record.state === 'STARTED') return (record.leaseUntil ?? now) + 2 * times.visibilityMs < now
  return Math.max(record.enqueuedAt, record.availableAt ?? 0) + patienceMs < now
}

async function sendAgain(
  queue: string,
  records: readonly TaskRecord[],
  ports: Ports,
  report: {
    sentAgain: { id: string; task: string; queue: string; state: string }[]
    failed: { id: string; error: string }[]
  },
): Promise<void> {
  if (records.length === 0) return
  const apart = records.flatMap((record) =>
    record.inputRef === undefined ? [] : [{ id: record.id, ref: record.inputRef }],
  )
  const texts = await ports.inputs.read(apart)
  const inputs = new Map(apart.map(({ id }, index) => [id, texts[index]]))
  const sendable = records.flatMap((record) => {
    const text = record.input ?? inputs.get(record.id)
    if (text === undefined)
      report.failed.push({ id: record.id, error: 'Its input is gone: forgotten, or stored too long ago.' })
    return text === undefined ? [] : [{ record, body: messageText(messageOf(record, JSON.parse(text) as Json)) }]
  })
  const answers = await ports.queues.send(
    queue,
    sendable.map(({ body }) => ({ body })),
  )
  for (const [index, { record }] of sendable.entries()) {
    const answer = answers[index]
    if (answer?.status === 'sent')
      report.sentAgain.push({ id: record.id, task: record.task, queue, state: record.state })
    else report.failed.push({ id: record.id, error: answer?.error.message ?? 'No answer.' })
  }
}
