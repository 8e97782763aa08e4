import { assertQueueName, queueArn, queueUrl } from './addresses.ts'
import { type Context, queueAt, queueOfArn } from './context.ts'
import { invalidParameter, SqsError } from './errors.ts'
import { NAME_REUSE_MS } from './limits.ts'
import { page } from './pages.ts'
import { Queue } from './queue.ts'
import { differingAttribute, newAttributes, type QueueAttributes } from './queue-attributes.ts'
import { allowsSource, deadLetterForbidden, deadLetterMissing, deadLetterOfOtherType } from './redrive.ts'
import { withTags } from './tags.ts'
import type * as api from './types.ts'

/** Source: API_CreateQueue. Returns an existing queue unless a requested attribute differs. */
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

/**
 * Throws when the dead-letter queue of a redrive policy is missing, has the other type, or does not allow this
 * source.
 */
export function checkDeadLetterQueue(context: Context, attributes: QueueAttributes, sourceArn: string): void {
  const policy = attributes.redrive
  if (policy === undefined) return
  const target = queueOfArn(context, policy.deadLetterTargetArn)
  if (target === undefined) throw deadLetterMissing(policy)
  if (target.fifo !== attributes.fifo) throw deadLetterOfOtherType(policy)
  if (!allowsSource(target.attributes.redriveAllow, sourceArn)) throw deadLetterForbidden(policy)
}

/** Source: API_DeleteQueue. Takes effect at once; waiting polls get an empty answer. */
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

/** Names of the queues that use this one as their dead-letter queue, sorted. */
export function sourcesOf(context: Context, queue: Queue): string[] {
  const sources = [...context.queues.values()].filter(
    (source) => source.attributes.redrive?.deadLetterTargetArn === queue.arn,
  )
  return sources.map((source) => source.name).sort()
}
