import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { crc32 } from 'node:zlib'
import { DynamoDbError } from '../model/index.ts'
import { internalFailure, RequestError } from './request-error.ts'

const JSON_1_0 = 'application/x-amz-json-1.0'

/** Answers a request, unless the client has gone. */
export function respond(response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}) {
  if (response.destroyed || response.headersSent) return
  const body = Buffer.from(text)
  response.writeHead(status, {
    'content-type': JSON_1_0,
    'x-amzn-requestid': randomUUID(),
    // Some SDKs compare it.
    'x-amz-crc32': crc32(body),
    'content-length': body.length,
    ...headers,
  })
  if (response.req.complete) response.end(body)
  else {
    response.write(body)
    endWithRequest(response)
  }
}

/** How long a client that was answered before it had said all may go on. */
const LINGER_MS = 5_000

/** What is still coming is read and dropped: to close in the middle of it would reset the connection, and the answer with it. */
function endWithRequest(response: ServerResponse): void {
  const { req: request } = response
  const end = (): void => {
    clearTimeout(timer)
    response.end()
  }
  const timer = setTimeout(end, LINGER_MS).unref()
  request.once('end', end).once('close', end).resume()
}

/** An error in the form that every SDK reads: `__type` and `message` in the body, beside what the error carries. */
export function respondError(response: ServerResponse, error: unknown, headers: Record<string, string> = {}): void {
  if (error instanceof DynamoDbError) {
    const { type, message, details, status } = error
    respond(response, status, JSON.stringify({ __type: type, message, ...details }), headers)
    return
  }
  const { type, message, status } =
    error instanceof RequestError ? error : internalFailure(error instanceof Error ? error.message : String(error))
  respond(response, status, JSON.stringify({ __type: type, message }), headers)
}
