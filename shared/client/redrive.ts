import { DefinitionError } from '../core/errors.ts'
import type { Delivery } from '../ports/index.ts'
import { checkQueue } from './check-queue.ts'
import { type DeadLetterInfo, describeDeadLetter, showAgain } from './dead-letters.ts'
import type { Services } from './services.ts'

export interface RedriveOptions {
  /** Only from the dead-letter queues of these queues. @default all of the app's */
  readonly queues?: readonly string[]
  /** Only these: ids of tasks, or of messages. @default all */
  readonly ids?: readonly string[]
  /** Only of this task, by its name. */
  readonly task?: string
  /** Only those that died of this, such as `failure`, `rejected`, `input-refused`. */
  readonly reason?: string
  /** At most so many, of all queues together. @default all */
  readonly limit?: number
  /** Told after each request. */
  readonly onProgress?: (report: RedriveReport) => void
  readonly signal?: AbortSignal
}

/** A dead letter that was sent back. */
export interface Redriven {
  readonly messageId: string
  readonly queue: string
  readonly id: string | undefined
  readonly task: string | undefined
  readonly reason: string
}

export interface RedriveReport {
  /** Dead letters looked at. */
  readonly examined: number
  readonly redriven: readonly Redriven[]
  /** Did not fit the filter. They can be received again after two minutes. */
  readonly left: number
  /** Still in the dead-letter queue: run it again. */
  readonly failed: readonly (Redriven & { readonly error: string })[]
}

const pageSize = 10
/** Longer than a pass over a large queue takes, so that what was left is not seen twice in it. SQS: VisibilityTimeout. */
const hideSeconds = 120
/** A queue that shows no dead letters may hold some that somebody has just looked at, which hides them for three seconds. */
const firstWaitSeconds = 4
/** SQS does not show all it has at each request: empty is what stays empty for a second. */
const nextWaitSeconds = 1

interface Progress {
  examined: number
  left: number
  readonly redriven: Redriven[]
  readonly failed: (Redriven & { readonly error: string })[]
}

/**
 * Sends dead letters back to their queue. Nothing is lost: each is sent first and deleted after. One that is sent twice, because the delete failed,
 * runs once: the task's record opens a new generation for the first copy and takes the second for what it is. (A task with `ledger: 'off'` has no
 * record, and may run twice.)
 *
 * @throws {DefinitionError} an option that cannot work
 * @throws {UnknownQueueError} the queue is not deployed
 */
export async function redrive(services: Services, options: RedriveOptions = {}): Promise<RedriveReport> {
  const { queues = Object.keys(services.app.queues), limit = Number.POSITIVE_INFINITY } = options
  for (const queue of queues) checkQueue(services, 'redrive', queue)
  if (!(limit >= 1)) throw new DefinitionError(`redrive: limit: expected 1 or more, received ${String(limit)}.`)
  const progress: Progress = { examined: 0, left: 0, redriven: [], failed: [] }
  for (const queue of queues) await redriveQueue(services, queue, { ...options, limit }, progress)
  return progress
}

async function redriveQueue(
  { app, ports: { queues, clock } }: Services,
  queue: string,
  options: RedriveOptions & { readonly limit: number },
  progress: Progress,
): Promise<void> {
  const seen = new Set<string>()
  const kept = new Map<string, string>()
  const startedAt = clock.now()
  /** What was sent back may fail at once, and would be sent back for ever. */
  const diedAgain = ({ sentAt }: Delivery, { id }: DeadLetterInfo): boolean =>
    id === undefined ? sentAt > startedAt : progress.redriven.some((each) => each.id === id)
  const { dead } = await queues.depth(queue)
  const firstWait = dead > 0 ? nextWaitSeconds : firstWaitSeconds
  try {
    for (let waitSeconds = firstWait; progress.redriven.length < options.limit; waitSeconds = nextWaitSeconds) {
      options.signal?.throwIfAborted()
      const max = Math.min(pageSize, options.limit - progress.redriven.length)
      const received = await queues.receive(queue, { max, waitSeconds, hideSeconds, dead: true })
      const unseen = received.filter(({ messageId }) => !seen.has(messageId))
      // A pass is over when only what it left comes round again.
      if (unseen.length === 0) break
      for (const { messageId, receipt } of received) kept.set(messageId, receipt)
      for (const { messageId } of unseen) seen.add(messageId)
      const letters = unseen
        .map((delivery) => ({ delivery, info: describeDeadLetter(delivery, queue, app) }))
        .filter(({ delivery, info }) => !diedAgain(delivery, info))
      const wanted = letters.filter(({ info }) => fits(info, options))
      progress.examined += letters.length
      progress.left += letters.length - wanted.length
      if (wanted.length > 0) await sendBack(queues, queue, wanted, progress)
      for (const { messageId } of progress.redriven) kept.delete(messageId)
      options.onProgress?.(progress)
    }
  } finally {
    // What a filter left, or what could not be sent, may be looked at again at once.
    await showAgain(queues, queue, [...kept.values()])
  }
}

function fits({ id, messageId, task, reason }: DeadLetterInfo, options: RedriveOptions): boolean {
  const { ids, task: onlyTask, reason: onlyReason } = options
  if (ids !== undefined && !ids.includes(messageId) && (id === undefined || !ids.includes(id))) return false
  return (onlyTask === undefined || task === onlyTask) && (onlyReason === undefined || reason === onlyReason)
}

async function sendBack(
  queues: Services['ports']['queues'],
  queue: string,
  letters: readonly { readonly delivery: Delivery; readonly info: DeadLetterInfo }[],
  { redriven, failed }: Progress,
): Promise<void> {
  const answers = await queues.send(
    queue,
    // The attributes tell of the death that is over.
    letters.map(({ delivery: { body, attributes } }) => {
      const { reason: _reason, ...kept } = attributes
      return { body, attributes: kept }
    }),
  )
  const sent: string[] = []
  for (const [index, { delivery, info }] of letters.entries()) {
    const { messageId, id, task, reason } = info
    const answer = answers[index]
    if (answer?.status === 'sent') {
      sent.push(delivery.receipt)
      redriven.push({ messageId, queue, id, task, reason })
    } else failed.push({ messageId, queue, id, task, reason, error: answer?.error.message ?? 'No answer.' })
  }
  if (sent.length > 0) await queues.acknowledge(queue, sent, { dead: true })
}
