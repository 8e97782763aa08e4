/**
 * A request that is refused before it reaches the model: not JSON, wrong type, another protocol, too long. Uses the
 * error names of AWS's front end.
 */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly status: number
  /** The `__type` on the wire. */
  readonly type: string
  /** The older query code, for the `x-amzn-query-error` header. */
  readonly code: string
  readonly senderFault: boolean

  constructor(status: number, shape: string, code: string, message: string) {
    super(message)
    this.status = status
    this.type = `com.amazon.coral.service#${shape}`
    this.code = code
    this.senderFault = status < 500
  }
}

export const malformed = (message: string): RequestError =>
  new RequestError(400, 'SerializationException', 'MalformedInput', message)

export const unknownOperation = (message: string): RequestError =>
  new RequestError(400, 'UnknownOperationException', 'InvalidAction', message)

export const tooLarge = (limit: number): RequestError =>
  new RequestError(
    413,
    'RequestEntityTooLargeException',
    'RequestEntityTooLarge',
    `The request is longer than the ${limit} bytes this server reads. SQS takes at most 1 MiB of messages at a time.`,
  )

export const unavailable = (message: string): RequestError =>
  new RequestError(503, 'ServiceUnavailableException', 'ServiceUnavailable', message)

export const internalFailure = (message: string): RequestError =>
  new RequestError(500, 'InternalFailure', 'InternalFailure', message)
