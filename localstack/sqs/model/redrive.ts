import { invalidParameter, invalidValue } from './errors.ts'

/** Source: API_CreateQueue, `RedrivePolicy`; Developer Guide, "Using dead-letter queues in Amazon SQS". */
export interface RedrivePolicy {
  deadLetterTargetArn: string
  maxReceiveCount: number
}

/** Source: API_CreateQueue, `RedriveAllowPolicy`. */
export interface RedriveAllowPolicy {
  redrivePermission: 'allowAll' | 'denyAll' | 'byQueue'
  sourceQueueArns?: string[]
}

const DEFAULT_MAX_RECEIVE_COUNT = 10
const MOST_RECEIVES = 1_000
const MOST_SOURCES = 10

function jsonObject(text: string, parameter: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // falls through to the one error below
  }
  throw invalidValue(text, parameter, 'Redrive policy is not a valid JSON map.')
}

export function parseRedrivePolicy(text: string): RedrivePolicy {
  const policy = jsonObject(text, 'RedrivePolicy')
  const refuse = (reason: string) => invalidValue(text, 'RedrivePolicy', reason)
  const arn = policy.deadLetterTargetArn
  if (arn === undefined) throw refuse('Redrive policy does not contain mandatory attribute: deadLetterTargetArn.')
  if (typeof arn !== 'string' || !/^arn:[^:]+:sqs:[^:]+:\d{12}:[^:]+$/.test(arn)) {
    throw refuse('Invalid value for deadLetterTargetArn.')
  }
  const given = policy.maxReceiveCount ?? DEFAULT_MAX_RECEIVE_COUNT
  const count = typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : given
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > MOST_RECEIVES) {
    throw refuse(
      `Invalid value for maxReceiveCount: ${given}, valid values are from 1 to ${MOST_RECEIVES} both inclusive.`,
    )
  }
  return { deadLetterTargetArn: arn, maxReceiveCount: count }
}

export function parseRedriveAllowPolicy(text: string): RedriveAllowPolicy {
  const policy = jsonObject(text, 'RedriveAllowPolicy')
  const refuse = (reason: string) => invalidValue(text, 'RedriveAllowPolicy', reason)
  const permission = policy.redrivePermission
  const sources = policy.sourceQueueArns
  if (permission !== 'allowAll' && permission !== 'denyAll' && permission !== 'byQueue') {
    throw refuse("redrivePermission must be one of 'allowAll', 'denyAll', 'byQueue'.")
  }
  if (permission !== 'byQueue') {
    if (sources !== undefined) throw refuse("sourceQueueArns can only be given when redrivePermission is 'byQueue'.")
    return { redrivePermission: permission }
  }
  if (!Array.isArray(sources) || sources.length < 1 || !sources.every((arn) => typeof arn === 'string')) {
    throw refuse("sourceQueueArns must list at least one queue ARN when redrivePermission is 'byQueue'.")
  }
  if (sources.length > MOST_SOURCES) {
    throw refuse(`sourceQueueArns can list at most ${MOST_SOURCES} queues; use 'allowAll' for more.`)
  }
  return { redrivePermission: permission, sourceQueueArns: sources }
}

/** May `sourceArn` name a queue with this policy as its dead-letter queue? */
export function allowsSource(policy: RedriveAllowPolicy | undefined, sourceArn: string): boolean {
  if (policy === undefined || policy.redrivePermission === 'allowAll') return true
  return policy.redrivePermission === 'byQueue' && (policy.sourceQueueArns ?? []).includes(sourceArn)
}

export const deadLetterMissing = (policy: RedrivePolicy) =>
  invalidValue(JSON.stringify(policy), 'RedrivePolicy', 'Dead letter target does not exist.')

export const deadLetterOfOtherType = (policy: RedrivePolicy) =>
  invalidValue(JSON.stringify(policy), 'RedrivePolicy', 'Dead-letter queue must be same type of queue as the source.')

export const deadLetterForbidden = (policy: RedrivePolicy) =>
  invalidParameter(
    `Value ${JSON.stringify(policy)} for parameter RedrivePolicy is invalid. ` +
      "Reason: The dead-letter queue's redrive allow policy does not permit this source queue.",
  )
