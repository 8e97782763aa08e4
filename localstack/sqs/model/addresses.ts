import { invalidParameter, SqsError } from './errors.ts'

/** The account and region of a model, and the base of its queue URLs. */
export interface Addresses {
  readonly accountId: string
  readonly region: string
  baseUrl: string
}

export const queueArn = (at: Addresses, name: string): string => `arn:aws:sqs:${at.region}:${at.accountId}:${name}`
export const queueUrl = (at: Addresses, name: string): string => `${at.baseUrl}/${at.accountId}/${name}`

const STANDARD_NAME = /^[A-Za-z0-9_-]{1,80}$/
const FIFO_NAME = /^[A-Za-z0-9_-]{1,75}\.fifo$/

/** API_CreateQueue, `QueueName`: at most 80 characters, the `.fifo` of a FIFO queue included. */
export function assertQueueName(name: string, fifo: boolean): void {
  if (fifo && !FIFO_NAME.test(name)) {
    throw invalidParameter(
      'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, ' +
        'must end with .fifo suffix and be 1 to 80 in length.',
    )
  }
  if (!fifo && !STANDARD_NAME.test(name)) {
    throw invalidParameter('Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length')
  }
}

const nonExistentQueue = (): SqsError => new SqsError('QueueDoesNotExist', 'The specified queue does not exist.')

/**
 * The queue's name in a queue URL. Host and leading path are ignored, so a URL made for another port or host name
 * still works. The last two segments must be account and name. A bare name is also accepted, as on AWS: LocalStack's
 * tests recorded that.
 */
export function nameInUrl(at: Addresses, url: string | undefined): string {
  if (url === undefined || url === '') throw nonExistentQueue()
  const end = url.endsWith('/') ? url.length - 1 : url.length
  const beforeName = url.lastIndexOf('/', end - 1)
  if (beforeName < 0) return url.slice(0, end)
  const beforeAccount = beforeName === 0 ? -1 : url.lastIndexOf('/', beforeName - 1)
  if (beforeAccount < 0) {
    throw new SqsError('InvalidAddress', `The address ${url} is not valid for this endpoint.`)
  }
  if (url.slice(beforeAccount + 1, beforeName) !== at.accountId) throw nonExistentQueue()
  return url.slice(beforeName + 1, end)
}

/** The queue's name in an ARN of this account and region; undefined for any other text. */
export function nameInArn(at: Addresses, arn: string): string | undefined {
  const prefix = queueArn(at, '')
  return arn.startsWith(prefix) && arn.length > prefix.length ? arn.slice(prefix.length) : undefined
}

export { nonExistentQueue }
