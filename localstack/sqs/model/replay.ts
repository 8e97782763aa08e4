import { queueArn } from './addresses.ts'
import type { Context } from './context.ts'
import type { MoveTasks } from './move-tasks.ts'
import { Queue } from './queue.ts'
import { newAttributes } from './queue-attributes.ts'
import type { SqsRecord } from './record.ts'
import { messageRecord, recallMessage } from './recording.ts'
import type { StoredMessage } from './stored-message.ts'

/** The whole state as records. The model may change between two records; see `SqsRecord`. */
export function* records(context: Context, tasks: MoveTasks): Generator<SqsRecord> {
  const queues = [...context.queues.values()]
  const exists = (queue: Queue): boolean => context.queues.get(queue.name) === queue
  for (const queue of queues) if (exists(queue)) yield queue.record()
  for (const [name, at] of context.deletedNames) yield { t: 'queue-deleted', name, at }
  yield* tasks.records()
  for (const queue of queues) {
    for (const [key, { id, sequence, at }] of queue.deduplication.entries()) {
      yield { t: 'dedup', queue: queue.name, key, id, sequence, at }
    }
    for (const message of queue.store.walk()) {
      if (!exists(queue)) break
      yield { t: 'message', queue: queue.name, message: messageRecord(message) }
    }
  }
}

/** Fills an empty model from records. */
export function replay(context: Context, tasks: MoveTasks, source: Iterable<SqsRecord>): void {
  if (context.queues.size > 0) {
    throw new Error(`records can only be put into an empty model; this one has ${context.queues.size} queues`)
  }
  // Needed only here: elsewhere, only received messages are looked up by id.
  const byId = new Map<Queue, Map<string, StoredMessage>>()
  const now = context.clock.now()
  for (const record of source) apply(context, tasks, byId, record, now)
  for (const queue of context.queues.values()) {
    queue.advance(now)
    queue.store.news = false
  }
  tasks.resume()
}

type Index = Map<Queue, Map<string, StoredMessage>>

function apply(context: Context, tasks: MoveTasks, index: Index, record: SqsRecord, now: number): void {
  switch (record.t) {
    case 'queue':
      putQueue(context, index, record)
      return
    case 'queue-deleted':
      context.queues.delete(record.name)
      context.deletedNames.set(record.name, record.at)
      return
    case 'task':
      tasks.restore(record)
      return
  }
  const queue = context.queues.get(record.queue)
  const messages = queue && index.get(queue)
  if (queue === undefined || messages === undefined) return
  switch (record.t) {
    case 'message': {
      const known = messages.get(record.message.id)
      if (known !== undefined) queue.store.remove(known)
      const message = recallMessage(record.message, queue.fifo)
      messages.set(message.id, message)
      queue.sequence = Math.max(queue.sequence, record.message.sequence ?? 0)
      queue.store.add(message, now)
      return
    }
    case 'state': {
      const message = messages.get(record.id)
      if (message !== undefined) putState(queue, message, record, now)
      return
    }
    case 'gone':
      for (const id of record.ids) {
        const message = messages.get(id)
        if (message === undefined) continue
        queue.store.remove(message)
        messages.delete(id)
      }
      return
    case 'purged':
      queue.purge()
      messages.clear()
      queue.purgedAt = record.at
      return
    case 'dedup':
      queue.deduplication.add(record.key, { id: record.id, sequence: record.sequence, at: record.at })
      queue.sequence = Math.max(queue.sequence, record.sequence)
      return
    default:
      record satisfies never
  }
}

function putQueue(context: Context, index: Index, record: Extract<SqsRecord, { t: 'queue' }>): void {
  const { name, uid, attributes, tags, createdAt, modifiedAt, purgedAt, sequence = 0 } = record
  let queue = context.queues.get(name)
  if (queue === undefined) {
    const arn = queueArn(context.addresses, name)
    queue = new Queue(name, arn, uid, newAttributes(attributes), tags, createdAt, context.clock)
    context.queues.set(name, queue)
    context.deletedNames.delete(name)
    index.set(queue, new Map())
  }
  queue.attributes = newAttributes(attributes)
  queue.tags = tags
  queue.modifiedAt = modifiedAt
  if (purgedAt !== undefined) queue.purgedAt = purgedAt
  queue.sequence = Math.max(queue.sequence, sequence)
}

function putState(queue: Queue, message: StoredMessage, record: Extract<SqsRecord, { t: 'state' }>, now: number): void {
  const { receivedAt, firstReceivedAt, receives, visibleAt, inFlight } = record
  const receipt = receivedAt === undefined ? undefined : { receivedAt, firstReceivedAt: firstReceivedAt ?? receivedAt }
  queue.store.restate(message, { receives, receipt, visibleAt, inFlight }, now)
}
