import { nameInArn } from './addresses.ts'
import type { Context } from './context.ts'
import type { Queue } from './queue.ts'
import { DELAYED, FifoMessage, type StoredMessage, sequenceNumber, VISIBLE } from './stored-message.ts'
import type { InspectedMessage, SqsInspector } from './surface.ts'

/** Looks into a model for tests; see `SqsInspector`. */
export function inspector(context: Context): SqsInspector {
  const find = (given: string): Queue => {
    const queue =
      context.queues.get(given) ??
      context.queues.get(nameInArn(context.addresses, given) ?? given.slice(given.lastIndexOf('/') + 1))
    if (queue === undefined) {
      const known = [...context.queues.keys()].join(', ')
      throw new Error(`no queue '${given}' here: expected the name, URL or ARN of one of [${known}]`)
    }
    queue.advance(context.clock.now())
    return queue
  }
  return {
    queues: () => [...context.queues.keys()],
    counts(given) {
      const { visible, delayed, inFlight } = find(given).store
      return { visible, delayed, inFlight }
    },
    messages: (given) => [...find(given).store.walk()].map(inspected),
    waiting: (given) => find(given).waiting.size,
    nextChangeAt() {
      let next: number | undefined
      for (const queue of context.queues.values()) {
        const at = queue.store.nextVisibleAt
        if (at !== undefined && (next === undefined || at < next)) next = at
      }
      return next
    },
  }
}

function inspected(message: StoredMessage): InspectedMessage {
  const fifo = message instanceof FifoMessage ? message : undefined
  return {
    messageId: message.id,
    body: message.body,
    state: message.state === VISIBLE ? 'visible' : message.state === DELAYED ? 'delayed' : 'inFlight',
    receiveCount: message.receives,
    sentAt: message.sentAt,
    visibleAt: message.state === VISIBLE ? undefined : message.visibleAt,
    groupId: message.group,
    deduplicationId: fifo?.dedupId,
    sequenceNumber: fifo === undefined ? undefined : sequenceNumber(fifo.sequence),
    messageAttributes: message.extra?.attributes,
    traceHeader: message.extra?.traceHeader,
    deadLetterSourceArn: message.extra?.deadLetterSourceArn,
  }
}
