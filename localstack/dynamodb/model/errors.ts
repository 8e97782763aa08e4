import type { Item } from './attribute-value.ts'

const dynamo = 'com.amazonaws.dynamodb.v20120810'
const coral = 'com.amazon.coral'

/** Where each error is at home, as `__type` spells it. Source: the errors of DynamoDB's service model, all of status 400. */
const HOMES = {
  ConditionalCheckFailedException: dynamo,
  DuplicateItemException: dynamo,
  IdempotentParameterMismatchException: dynamo,
  LimitExceededException: dynamo,
  ResourceInUseException: dynamo,
  ResourceNotFoundException: dynamo,
  TableNotFoundException: dynamo,
  TransactionCanceledException: dynamo,
  ContinuousBackupsUnavailableException: dynamo,
  SerializationException: `${coral}.service`,
  UnknownOperationException: `${coral}.service`,
  ValidationException: `${coral}.validate`,
} as const

export type DynamoDbErrorName = keyof typeof HOMES

export interface CancellationReason {
  Code: string
  Message?: string
  Item?: Item
}

/** What travels with an error beside its message. */
export interface ErrorDetails {
  /** The item that made a condition fail, when the request asked for it. */
  Item?: Item
  CancellationReasons?: CancellationReason[]
}

/** What DynamoDB answers when it refuses something. */
export class DynamoDbError extends Error {
  override readonly name: DynamoDbErrorName
  readonly status = 400
  readonly details: ErrorDetails

  constructor(name: DynamoDbErrorName, message: string, details: ErrorDetails = {}) {
    // Conditions fail all the time, and nobody reads the stack of a refusal: making one takes longer than the refusal.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(message)
    Error.stackTraceLimit = stackTraceLimit
    this.name = name
    this.details = details
  }

  /** The `__type` on the wire. */
  get type(): string {
    return `${HOMES[this.name]}#${this.name}`
  }
}

export const validation = (message: string): DynamoDbError => new DynamoDbError('ValidationException', message)

export const invalidValues = (reason: string): DynamoDbError =>
  validation(`One or more parameter values were invalid: ${reason}`)

export const serialization = (message: string): DynamoDbError => new DynamoDbError('SerializationException', message)

export const tableNotFound = (): DynamoDbError =>
  new DynamoDbError('ResourceNotFoundException', 'Requested resource not found')

export const namedTableNotFound = (name: string): DynamoDbError =>
  new DynamoDbError('ResourceNotFoundException', `Requested resource not found: Table: ${name} not found`)

export const conditionFailed = (item?: Item): DynamoDbError =>
  new DynamoDbError(
    'ConditionalCheckFailedException',
    'The conditional request failed',
    item === undefined ? {} : { Item: item },
  )
