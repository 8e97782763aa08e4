import { type Context, queueAt, settle } from './context.ts'
import { SqsError } from './errors.ts'
import { PURGE_INTERVAL_MS } from './limits.ts'
import { withoutPermission, withPermission } from './permissions.ts'
import type { Queue } from './queue.ts'
import { assertReadable, changedAttributes, type QueueAttributes, shownAttributes } from './queue-attributes.ts'
import { checkDeadLetterQueue } from './queues.ts'
import { stateRecord } from './recording.ts'
import { DELAYED } from './stored-message.ts'
import { withoutTags, withTags } from './tags.ts'
import type * as api from './types.ts'

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

/**
 * Source: API_SetQueueAttributes. Changes apply at once; SQS takes up to 60 s, or 15 minutes for the retention
 * period.
 */
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

/**
 * A new delay of a FIFO queue also applies to messages that are already delayed; on a standard queue it does not.
 * (Delay queues, Developer Guide)
 */
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

/**
 * Source: API_PurgeQueue. Deletes all messages at once, also in-flight and delayed ones. A FIFO queue also forgets
 * its deduplication ids: LocalStack's tests recorded that from AWS.
 */
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
  queue.purge()
  context.emit({ t: 'purged', queue: queue.name, at: now })
}
