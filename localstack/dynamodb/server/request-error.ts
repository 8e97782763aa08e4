/** A request that never reached the model: not HTTP as DynamoDB speaks it, too long, or at the wrong time. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly status: number
  /** The `__type` on the wire. */
  readonly type: string

  constructor(status: number, shape: string, message: string) {
    super(message)
    this.status = status
    this.type = `com.amazon.coral.service#${shape}`
  }
}

export const malformed = (message: string): RequestError => new RequestError(400, 'SerializationException', message)

export const unknownOperation = (message: string): RequestError =>
  new RequestError(400, 'UnknownOperationException', message)

export const tooLarge = (limit: number): RequestError =>
  new RequestError(
    413,
    'RequestEntityTooLargeException',
    `The request is longer than the ${limit} bytes this server reads. DynamoDB takes at most 16 MB at a time.`,
  )

export const unavailable = (message: string): RequestError =>
  new RequestError(503, 'ServiceUnavailableException', message)

export const internalFailure = (message: string): RequestError => new RequestError(500, 'InternalServerError', message)
