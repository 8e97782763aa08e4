import { assertQueueName, queueArn, queueUrl } from './addresses.ts'
import { type Context, queueAt, queueOfArn, settle } from './context.ts'
import { invalidParameter, SqsError } from './errors.ts'
import { NAME_REUSE_MS, PURGE_INTERVAL_MS } from './limits.ts'
import { page } from './pages.ts'
import { withoutPermission, withPermission } from './permissions.ts'
import { Queue } from './queue.ts'
import {
  assertReadable,
  changedAttributes,
  differingAttribute,
  newAttributes,
  type QueueAttributes,
  shownAttributes,
} from './queue-attributes.ts'
import { stateRecord } from './recording.ts'
import { allowsSource, deadLetterForbidden, deadLetterMissing, deadLetterOfOtherType } from './redrive.ts'
import { DELAYED } from './stored-message.ts'
import { withoutTags, withTags } from './tags.ts'
import type * as api from './types.ts'

/** Source: API_CreateQueue. An existing queue is answered unless an attribute that is asked for differs. */
export function createQueue(context: Context, input: api.CreateQueueRequest): api.QueueUrlResult {
  const { QueueName: name, Attributes: given = {}, tags = {} } = input
  if (name === undefined || name === '') throw invalidParameter('Queue name cannot be empty')
  const existing = context.queues.get(name)
  if (existing !== undefined) {
    const differing = differingAttribute(existing.attributes, given)
    if (differing !== undefined) {
      throw new SqsError(
        'QueueNameExists',
        `A queue already exists with the same name and a different value for attribute ${differing}`,
      )
    }
    return { QueueUrl: queueUrl(context.addresses, name) }
  }
  const now = context.clock.now()
  assertQueueName(name, /^true$/i.test(given.FifoQueue ?? ''))
  const attributes = newAttributes(given)
  const arn = queueArn(context.addresses, name)
  checkDeadLetterQueue(context, attributes, arn)
  const allTags = withTags({}, tags)
  assertNotJustDeleted(context, name, now)
  const queue = new Queue(name, arn, context.ids(), attributes, allTags, now, context.clock)
  context.queues.set(name, queue)
  context.emit(queue.record())
  return { QueueUrl: queueUrl(context.addresses, name) }
}

function assertNotJustDeleted(context: Context, name: string, now: number): void {
  const deletedAt = context.deletedNames.get(name)
  if (deletedAt !== undefined && deletedAt + NAME_REUSE_MS > now) {
    throw new SqsError(
      'QueueDeletedRecently',
      'You must wait 60 seconds after deleting a queue before you can create another with the same name.',
    )
  }
  context.deletedNames.delete(name)
}

function checkDeadLetterQueue(context: Context, attributes: QueueAttributes, sourceArn: string): void {
  const policy = attributes.redrive
  if (policy === undefined) return
  const target = queueOfArn(context, policy.deadLetterTargetArn)
  if (target === undefined) throw deadLetterMissing(policy)
  if (target.fifo !== attributes.fifo) throw deadLetterOfOtherType(policy)
  if (!allowsSource(target.attributes.redriveAllow, sourceArn)) throw deadLetterForbidden(policy)
}

/** Source: API_DeleteQueue. Here it takes no time; whoever polls it is answered with nothing. */
export function deleteQueue(context: Context, input: api.QueueRequest): void {
  const queue = queueAt(context, input.QueueUrl)
  const now = context.clock.now()
  context.queues.delete(queue.name)
  for (const [name, at] of context.deletedNames) if (at + NAME_REUSE_MS <= now) context.deletedNames.delete(name)
  context.deletedNames.set(queue.name, now)
  context.emit({ t: 'queue-deleted', name: queue.name, at: now })
  queue.waiting.empty()
}

export function getQueueUrl(context: Context, input: api.GetQueueUrlRequest): api.QueueUrlResult {
  const { QueueName: name, QueueOwnerAWSAccountId: owner } = input
  if (name === undefined || name === '') {
    throw invalidParameter('Value for parameter QueueName is invalid. Reason: Must specify a queue name.')
  }
  if (!context.queues.has(name) || (owner !== undefined && owner !== context.addresses.accountId)) {
    throw new SqsError('QueueDoesNotExist', 'The specified queue does not exist.')
  }
  return { QueueUrl: queueUrl(context.addresses, name) }
}

export function listQueues(context: Context, input: api.ListQueuesRequest): api.ListQueuesResult {
  const { QueueNamePrefix: prefix = '', MaxResults, NextToken } = input
  const matching = [...context.queues.keys()].filter((name) => name.startsWith(prefix)).sort()
  const { names, nextToken } = page(matching, MaxResults, NextToken)
  const result: api.ListQueuesResult = {}
  if (names.length > 0) result.QueueUrls = names.map((name) => queueUrl(context.addresses, name))
  if (nextToken !== undefined) result.NextToken = nextToken
  return result
}

export function listDeadLetterSourceQueues(
  context: Context,
  input: api.ListDeadLetterSourceQueuesRequest,
): api.ListDeadLetterSourceQueuesResult {
  const queue = queueAt(context, input.QueueUrl)
  const { names, nextToken } = page(sourcesOf(context, queue), input.MaxResults, input.NextToken)
  const queueUrls = names.map((name) => queueUrl(context.addresses, name))
  return nextToken === undefined ? { queueUrls } : { queueUrls, NextToken: nextToken }
}

/** Names of the queues whose dead letters go to this one, sorted. */
export function sourcesOf(context: Context, queue: Queue): string[] {
  const sources = [...context.queues.values()].filter(
    (source) => source.attributes.redrive?.deadLetterTargetArn === queue.arn,
  )
  return sources.map((source) => source.name).sort()
}

export function getQueueAttributes(
  context: Context,
  input: api.GetQueueAttributesRequest,
): { Attributes?: api.StringMap } {
  const queue = queueAt(context, input.QueueUrl)
  const names = input.AttributeNames ?? []
  const all = names.includes('All')
  for (const name of names) if (name !== 'All') assertReadable(name, queue.fifo)
  const values: api.StringMap = {
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(queue.store.visible),
    ApproximateNumberOfMessagesNotVisible: String(queue.store.inFlight),
    ApproximateNumberOfMessagesDelayed: String(queue.store.delayed),
    CreatedTimestamp: String(Math.floor(queue.createdAt / 1000)),
    LastModifiedTimestamp: String(Math.floor(queue.modifiedAt / 1000)),
    ...shownAttributes(queue.attributes),
  }
  const shown = Object.entries(values).filter(([name]) => all || names.includes(name))
  return shown.length === 0 ? {} : { Attributes: Object.fromEntries(shown) }
}

/** Source: API_SetQueueAttributes. Changes hold at once; SQS takes up to 60 s, or 15 minutes for the retention. */
export function setQueueAttributes(context: Context, input: api.SetQueueAttributesRequest): void {
  const queue = queueAt(context, input.QueueUrl)
  const given = input.Attributes ?? {}
  const attributes = changedAttributes(queue.attributes, given)
  if (given.RedrivePolicy !== undefined) checkDeadLetterQueue(context, attributes, queue.arn)
  const delayChanged = attributes.delaySeconds !== queue.attributes.delaySeconds
  setAttributes(context, queue, attributes)
  if (delayChanged && queue.fifo) delayAnew(context, queue)
  queue.advance(context.clock.now())
  settle(context, queue)
}

function setAttributes(context: Context, queue: Queue, attributes: QueueAttributes): void {
  queue.attributes = attributes
  queue.modifiedAt = context.clock.now()
  context.emit(queue.record())
}

/** A FIFO queue's delay also holds for what it delays already; a standard queue's does not. (Delay queues, Dev. Guide) */
function delayAnew(context: Context, queue: Queue): void {
  const now = context.clock.now()
  for (const message of [...queue.store.walk()]) {
    if (message.state !== DELAYED) continue
    queue.store.retime(message, message.sentAt + queue.attributes.delaySeconds * 1000, now)
    context.emit(stateRecord(queue.name, message))
  }
}

export function tagQueue(context: Context, input: api.TagQueueRequest): void {
  const queue = queueAt(context, input.QueueUrl)
  queue.tags = withTags(queue.tags, input.Tags ?? {})
  context.emit(queue.record())
}

export function untagQueue(context: Context, input: api.UntagQueueRequest): void {
  const queue = queueAt(context, input.QueueUrl)
  queue.tags = withoutTags(queue.tags, input.TagKeys ?? [])
  context.emit(queue.record())
}

export function listQueueTags(context: Context, input: api.QueueRequest): { Tags?: api.StringMap } {
  const { tags } = queueAt(context, input.QueueUrl)
  return Object.keys(tags).length === 0 ? {} : { Tags: { ...tags } }
}

export function addPermission(context: Context, input: api.AddPermissionRequest): void {
  const queue = queueAt(context, input.QueueUrl)
  const policy = withPermission(queue.attributes.policy, queue.arn, input)
  setAttributes(context, queue, { ...queue.attributes, policy })
}

export function removePermission(context: Context, input: api.RemovePermissionRequest): void {
  const queue = queueAt(context, input.QueueUrl)
  const policy = withoutPermission(queue.attributes.policy, input.Label)
  setAttributes(context, queue, { ...queue.attributes, policy })
}

/** Source: API_PurgeQueue. All messages go, in-flight and delayed ones too, and here they go at once. */
export function purgeQueue(context: Context, input: api.QueueRequest): void {
  const queue = queueAt(context, input.QueueUrl)
  const now = context.clock.now()
  if (queue.purgedAt !== undefined && queue.purgedAt + PURGE_INTERVAL_MS > now) {
    throw new SqsError(
      'PurgeQueueInProgress',
      `Only one PurgeQueue operation on ${queue.name} is allowed every 60 seconds.`,
    )
  }
  queue.purgedAt = now
  queue.store.clear()
  context.emit({ t: 'purged', queue: queue.name, at: now })
}
