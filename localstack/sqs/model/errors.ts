/** HTTP status, `__type` and query code of every error SQS can give here. */
const CATALOGUE = {
  BatchEntryIdsNotDistinct: [400, 'AWS.SimpleQueueService.BatchEntryIdsNotDistinct'],
  BatchRequestTooLong: [400, 'AWS.SimpleQueueService.BatchRequestTooLong'],
  EmptyBatchRequest: [400, 'AWS.SimpleQueueService.EmptyBatchRequest'],
  InvalidAddress: [404, 'InvalidAddress'],
  InvalidAttributeName: [400, 'InvalidAttributeName'],
  InvalidAttributeValue: [400, 'InvalidAttributeValue'],
  InvalidBatchEntryId: [400, 'AWS.SimpleQueueService.InvalidBatchEntryId'],
  InvalidMessageContents: [400, 'InvalidMessageContents'],
  OverLimit: [403, 'OverLimit'],
  PurgeQueueInProgress: [403, 'AWS.SimpleQueueService.PurgeQueueInProgress'],
  QueueDeletedRecently: [400, 'AWS.SimpleQueueService.QueueDeletedRecently'],
  QueueDoesNotExist: [400, 'AWS.SimpleQueueService.NonExistentQueue'],
  QueueNameExists: [400, 'QueueAlreadyExists'],
  ReceiptHandleIsInvalid: [404, 'ReceiptHandleIsInvalid'],
  ResourceNotFoundException: [404, 'ResourceNotFoundException'],
  TooManyEntriesInBatchRequest: [400, 'AWS.SimpleQueueService.TooManyEntriesInBatchRequest'],
  UnsupportedOperation: [400, 'AWS.SimpleQueueService.UnsupportedOperation'],
  // Errors common to AWS services, which SQS's own model does not list.
  InvalidParameterValueException: [400, 'InvalidParameterValue'],
  MissingRequiredParameterException: [400, 'MissingParameter'],
} as const satisfies Record<string, readonly [status: number, code: string]>

/** An error's name as the API's model spells it (the part of `__type` behind the `#`). */
export type SqsErrorName = keyof typeof CATALOGUE

/**
 * An error answer of SQS. `name` is the shape's name. `code` is the older query code: SDKs read it from the
 * `x-amzn-query-error` header, and failed batch entries contain it. Some names and codes differ (`QueueDoesNotExist`
 * is `AWS.SimpleQueueService.NonExistentQueue`).
 * Source: the `httpError` and `awsQueryError` traits of SQS's service model.
 */
export class SqsError extends Error {
  override readonly name: SqsErrorName
  readonly code: string
  readonly status: number
  /** True for sender faults. The model throws no other errors. */
  readonly senderFault = true

  constructor(name: SqsErrorName, message: string) {
    super(message)
    this.name = name
    const [status, code] = CATALOGUE[name]
    this.status = status
    this.code = code
  }

  /** The `__type` on the wire. */
  get type(): string {
    const common = this.name === 'InvalidParameterValueException' || this.name === 'MissingRequiredParameterException'
    return `${common ? 'com.amazon.coral.service' : 'com.amazonaws.sqs'}#${this.name}`
  }
}

export const missingParameter = (parameter: string): SqsError =>
  new SqsError('MissingRequiredParameterException', `The request must contain the parameter ${parameter}.`)

export const invalidParameter = (message: string): SqsError => new SqsError('InvalidParameterValueException', message)

export const invalidValue = (value: unknown, parameter: string, reason: string): SqsError =>
  invalidParameter(`Value ${value} for parameter ${parameter} is invalid. Reason: ${reason}`)

export const unknownAttribute = (name: string): SqsError =>
  new SqsError('InvalidAttributeName', `Unknown Attribute ${name}.`)

export const invalidAttribute = (name: string, reason?: string): SqsError =>
  new SqsError(
    'InvalidAttributeValue',
    `Invalid value for the parameter ${name}.${reason === undefined ? '' : ` Reason: ${reason}`}`,
  )
