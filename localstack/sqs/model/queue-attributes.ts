import { invalidAttribute, SqsError, unknownAttribute } from './errors.ts'
import { MAX_DELAY_SECONDS, MAX_MESSAGE_BYTES, MAX_VISIBILITY_SECONDS, MAX_WAIT_SECONDS } from './limits.ts'
import { checkPolicy } from './permissions.ts'
import { parseRedriveAllowPolicy, parseRedrivePolicy, type RedriveAllowPolicy, type RedrivePolicy } from './redrive.ts'
import type { StringMap } from './types.ts'

/** The settable attributes of a queue, read. Source: API_CreateQueue, API_SetQueueAttributes. */
export interface QueueAttributes {
  fifo: boolean
  delaySeconds: number
  maximumMessageSize: number
  retentionSeconds: number
  waitSeconds: number
  visibilitySeconds: number
  policy: string | undefined
  redrive: RedrivePolicy | undefined
  redriveAllow: RedriveAllowPolicy | undefined
  kmsKeyId: string | undefined
  kmsReuseSeconds: number
  managedSse: boolean
  contentDedup: boolean
  dedupScope: 'queue' | 'messageGroup'
  throughputLimit: 'perQueue' | 'perMessageGroupId'
}

const DEFAULTS: Omit<QueueAttributes, 'fifo'> = {
  delaySeconds: 0,
  maximumMessageSize: MAX_MESSAGE_BYTES,
  retentionSeconds: 345_600,
  waitSeconds: 0,
  visibilitySeconds: 30,
  policy: undefined,
  redrive: undefined,
  redriveAllow: undefined,
  kmsKeyId: undefined,
  kmsReuseSeconds: 300,
  managedSse: true,
  contentDedup: false,
  dedupScope: 'queue',
  throughputLimit: 'perQueue',
}

const NUMBERS: Record<string, [field: NumberField, low: number, high: number]> = {
  DelaySeconds: ['delaySeconds', 0, MAX_DELAY_SECONDS],
  MaximumMessageSize: ['maximumMessageSize', 1_024, MAX_MESSAGE_BYTES],
  MessageRetentionPeriod: ['retentionSeconds', 60, 1_209_600],
  ReceiveMessageWaitTimeSeconds: ['waitSeconds', 0, MAX_WAIT_SECONDS],
  VisibilityTimeout: ['visibilitySeconds', 0, MAX_VISIBILITY_SECONDS],
  KmsDataKeyReusePeriodSeconds: ['kmsReuseSeconds', 60, 86_400],
}
type NumberField =
  | 'delaySeconds'
  | 'maximumMessageSize'
  | 'retentionSeconds'
  | 'waitSeconds'
  | 'visibilitySeconds'
  | 'kmsReuseSeconds'

const FIFO_ONLY = new Set(['FifoQueue', 'ContentBasedDeduplication', 'DeduplicationScope', 'FifoThroughputLimit'])

/** The attributes of a new queue. */
export function newAttributes(given: Partial<StringMap>): QueueAttributes {
  const type = given.FifoQueue
  const fifo = type !== undefined && flag('FifoQueue', type)
  // A standard queue accepts no FIFO attribute, not even FifoQueue=false.
  if (type !== undefined && !fifo) throw unknownAttribute('FifoQueue')
  return changedAttributes({ fifo, ...DEFAULTS }, given)
}

/** The attributes after a change. If one attribute is invalid, the whole change is refused. */
export function changedAttributes(current: QueueAttributes, given: Partial<StringMap>): QueueAttributes {
  const next = { ...current }
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) setOne(next, name, value)
  }
  checkEncryption(next, given)
  if (next.throughputLimit === 'perMessageGroupId' && next.dedupScope !== 'messageGroup') {
    throw invalidAttribute(
      'FifoThroughputLimit',
      'The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup.',
    )
  }
  return next
}

function setOne(attributes: QueueAttributes, name: string, value: string): void {
  if (FIFO_ONLY.has(name) && !attributes.fifo) throw unknownToStandard(name)
  const number = NUMBERS[name]
  if (number !== undefined) {
    const [field, low, high] = number
    // An empty value means the default: recorded from AWS for every one of these.
    attributes[field] = value === '' ? DEFAULTS[field] : integer(name, value, low, high)
    return
  }
  switch (name) {
    case 'Policy':
      attributes.policy = value === '' ? undefined : checkPolicy(value)
      return
    case 'RedrivePolicy':
      attributes.redrive = value === '' ? undefined : parseRedrivePolicy(value)
      return
    case 'RedriveAllowPolicy':
      attributes.redriveAllow = value === '' ? undefined : parseRedriveAllowPolicy(value)
      return
    case 'KmsMasterKeyId':
      attributes.kmsKeyId = value === '' ? undefined : value
      return
    case 'SqsManagedSseEnabled':
      attributes.managedSse = flag(name, value)
      return
    case 'FifoQueue':
      if (!flag(name, value)) throw invalidAttribute(name, 'Modifying queue type is not supported.')
      return
    case 'ContentBasedDeduplication':
      attributes.contentDedup = flag(name, value)
      return
    case 'DeduplicationScope':
      if (value !== 'queue' && value !== 'messageGroup') throw invalidAttribute(name)
      attributes.dedupScope = value
      return
    case 'FifoThroughputLimit':
      if (value !== 'perQueue' && value !== 'perMessageGroupId') throw invalidAttribute(name)
      attributes.throughputLimit = value
      return
    default:
      throw unknownAttribute(name)
  }
}

function unknownToStandard(name: string): SqsError {
  return name === 'DeduplicationScope' || name === 'FifoThroughputLimit'
    ? new SqsError('InvalidAttributeName', `You can specify the ${name} only when FifoQueue is set to true.`)
    : unknownAttribute(name)
}

// One kind of encryption at a time: a KMS key switches SSE-SQS off unless the caller asks for both.
function checkEncryption(attributes: QueueAttributes, given: Partial<StringMap>): void {
  if (attributes.kmsKeyId === undefined || !attributes.managedSse) return
  if (given.SqsManagedSseEnabled === undefined) {
    attributes.managedSse = false
    return
  }
  throw new SqsError(
    'InvalidAttributeName',
    'You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.',
  )
}

function integer(name: string, text: string, low: number, high: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= low && value <= high)) throw invalidAttribute(name)
  return value
}

function flag(name: string, text: string): boolean {
  if (/^true$/i.test(text)) return true
  if (/^false$/i.test(text)) return false
  throw invalidAttribute(name)
}

/** The settable attributes as GetQueueAttributes shows them; those without a value are not shown. */
export function shownAttributes(attributes: QueueAttributes): StringMap {
  const shown: StringMap = {
    VisibilityTimeout: String(attributes.visibilitySeconds),
    MaximumMessageSize: String(attributes.maximumMessageSize),
    MessageRetentionPeriod: String(attributes.retentionSeconds),
    DelaySeconds: String(attributes.delaySeconds),
    ReceiveMessageWaitTimeSeconds: String(attributes.waitSeconds),
    SqsManagedSseEnabled: String(attributes.managedSse),
  }
  if (attributes.policy !== undefined) shown.Policy = attributes.policy
  if (attributes.redrive !== undefined) shown.RedrivePolicy = JSON.stringify(attributes.redrive)
  if (attributes.redriveAllow !== undefined) shown.RedriveAllowPolicy = JSON.stringify(attributes.redriveAllow)
  if (attributes.kmsKeyId !== undefined) {
    shown.KmsMasterKeyId = attributes.kmsKeyId
    shown.KmsDataKeyReusePeriodSeconds = String(attributes.kmsReuseSeconds)
  }
  if (attributes.fifo) {
    shown.FifoQueue = 'true'
    shown.ContentBasedDeduplication = String(attributes.contentDedup)
    shown.DeduplicationScope = attributes.dedupScope
    shown.FifoThroughputLimit = attributes.throughputLimit
  }
  return shown
}

/** The first requested attribute whose value differs from the existing queue's. */
export function differingAttribute(existing: QueueAttributes, given: Partial<StringMap>): string | undefined {
  if (/^true$/i.test(given.FifoQueue ?? 'false') !== existing.fifo) return 'FifoQueue'
  const now = shownAttributes(existing)
  const asked = shownAttributes(changedAttributes(existing, given))
  return Object.keys(given).find((name) => given[name] !== undefined && now[name] !== asked[name])
}

/** All attribute names. A standard queue does not have the last four. */
export const READABLE = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
  'CreatedTimestamp',
  'DelaySeconds',
  'KmsDataKeyReusePeriodSeconds',
  'KmsMasterKeyId',
  'LastModifiedTimestamp',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'Policy',
  'QueueArn',
  'ReceiveMessageWaitTimeSeconds',
  'RedriveAllowPolicy',
  'RedrivePolicy',
  'SqsManagedSseEnabled',
  'VisibilityTimeout',
] as const

export function assertReadable(name: string, fifo: boolean): void {
  const known = (READABLE as readonly string[]).includes(name) || (fifo && FIFO_ONLY.has(name))
  if (!known) throw unknownAttribute(name)
}
