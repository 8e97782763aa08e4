import type { Addresses } from './addresses.ts'
import { nameInArn, nameInUrl, nonExistentQueue } from './addresses.ts'
import type { SqsClock } from './clock.ts'
import type { Sums } from './md5.ts'
import type { Queue } from './queue.ts'
import type { SqsRecord } from './record.ts'

/** State that the actions of one model share. */
export interface Context {
  readonly clock: SqsClock
  readonly ids: () => string
  readonly random: () => number
  readonly addresses: Addresses
  readonly senderId: string
  readonly shortPollMissRate: number
  readonly sums: Sums
  readonly queues: Map<string, Queue>
  /** Names of deleted queues and when: a name is blocked for 60 s. */
  readonly deletedNames: Map<string, number>
  readonly emit: (record: SqsRecord) => void
  /** False when nobody listens: then the model builds no records. */
  readonly recording: boolean
}

/** The queue of a URL, advanced to the current time. */
export function queueAt(context: Context, url: string | undefined): Queue {
  const queue = context.queues.get(nameInUrl(context.addresses, url))
  if (queue === undefined) throw nonExistentQueue()
  queue.advance(context.clock.now())
  return queue
}

/** The queue of an ARN, if there is one here. */
export function queueOfArn(context: Context, arn: string): Queue | undefined {
  const name = nameInArn(context.addresses, arn)
  const queue = name === undefined ? undefined : context.queues.get(name)
  queue?.advance(context.clock.now())
  return queue
}

/**
 * Call after any change that may make a message available. Serves waiting polls and sets the timer for the next
 * message.
 */
export function settle(context: Context, queue: Queue): void {
  if (queue.waiting.size === 0) return
  if (queue.store.news) {
    queue.store.news = false
    queue.waiting.serveAll()
  }
  if (queue.waiting.size > 0) {
    queue.waiting.alarm(queue.store.nextVisibleAt, () => {
      queue.advance(context.clock.now())
      settle(context, queue)
    })
  }
}
