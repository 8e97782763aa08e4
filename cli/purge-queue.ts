import { parseMessage } from '../shared/core/message-codec.ts'
import { isTerminal } from '../shared/core/states.ts'
import type { App } from '../shared/index.ts'
import { codeOf } from './failure.ts'

export interface PurgeOptions {
  /** The queue's dead letters instead of what waits in it. */
  readonly dead?: boolean
  /** How long to listen for more before it counts as empty. @default 1, because a request to SQS may not return every message */
  readonly waitSeconds?: number
}

export interface PurgeReport {
  /** Messages that are gone. */
  readonly removed: number
  /** Tasks that were revoked with their message. */
  readonly revoked: number
  /** Messages whose task runs: left alone. */
  readonly running: number
  /** Messages that nobody can receive now: delayed, or held by a worker. */
  readonly hidden: number
}

const requestSize = 10
/** Requests at a time. */
const lanes = 4
/** Clocks differ by less. Messages sent later than this are not purged. */
const clockToleranceMs = 10_000

/**
 * Removes the messages that wait in a queue, and revokes their tasks: a record whose message is gone would otherwise be sent again by `reconcile`.
 * Tasks that run go on, as does what is enqueued from now on. Unlike SQS's own PurgeQueue it may be called again at once, and can say how many there were.
 */
export async function purgeQueue(app: App, queue: string, options: PurgeOptions = {}): Promise<PurgeReport> {
  const { dead = false, waitSeconds = 1 } = options
  const { queues, clock } = app.ports()
  const until = clock.now() + clockToleranceMs
  const counts = { removed: 0, revoked: 0, running: 0 }

  const lane = async (): Promise<void> => {
    for (;;) {
      const deliveries = await queues.receive(queue, { max: requestSize, waitSeconds, dead })
      if (deliveries.length === 0) return
      const older = deliveries.filter(({ sentAt }) => sentAt <= until)
      const removable = await Promise.all(
        older.map(async ({ body }) => dead || (await withdraw(app, idOf(body), counts))),
      )
      const done = older.filter((_, index) => removable[index])
      const gone = await queues.acknowledge(
        queue,
        done.map(({ receipt }) => receipt),
        { dead },
      )
      counts.removed += gone.filter(Boolean).length
      if (older.length === deliveries.length) continue
      const newer = deliveries.filter(({ sentAt }) => sentAt > until)
      if (!dead) {
        await queues.hide(
          queue,
          newer.map(({ receipt }) => ({ receipt, delaySeconds: 0 })),
        )
      }
      return
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  const { inFlight, delayed } = await queues.depth(queue)
  return { ...counts, hidden: dead ? 0 : inFlight + delayed }
}

/** @returns whether the message may go */
async function withdraw(
  app: App,
  id: string | undefined,
  counts: { revoked: number; running: number },
): Promise<boolean> {
  // A message that is not ours has no record.
  if (id === undefined) return true
  const handle = app.result(id)
  try {
    const before = await handle.state()
    if (isTerminal(before)) return true
    const after = before === 'STARTED' ? before : await handle.revoke()
    if (after === 'STARTED') {
      counts.running += 1
      return false
    }
    counts.revoked += 1
    return true
  } catch (error) {
    // Of a task with the ledger off, or its record has expired.
    if (codeOf(error) === 'task-not-found') return true
    throw error
  }
}

function idOf(body: string): string | undefined {
  try {
    return parseMessage(body).id
  } catch {
    return undefined
  }
}
