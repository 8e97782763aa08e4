import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { SqsError } from '../model/index.ts'
import { internalFailure, RequestError } from './request-error.ts'

const JSON_1_0 = 'application/x-amz-json-1.0'

/** Answers a request; false when the client has gone. */
export function respond(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}) {
  if (response.destroyed || response.headersSent) return false
  response.writeHead(status, {
    'content-type': JSON_1_0,
    'x-amzn-requestid': randomUUID(),
    'content-length': Buffer.byteLength(body),
    ...headers,
  })
  if (response.req.complete) response.end(body)
  else {
    response.write(body)
    endWithRequest(response)
  }
  return true
}

/** How long a client may keep sending after it got an early answer. */
const LINGER_MS = 5_000

/** Reads and drops the rest of the request: closing earlier would reset the connection and lose the answer. */
function endWithRequest(response: ServerResponse): void {
  const { req: request } = response
  const end = (): void => {
    clearTimeout(timer)
    response.end()
  }
  const timer = setTimeout(end, LINGER_MS).unref()
  request.once('end', end).once('close', end).resume()
}

/** An error in the form that every SDK reads: `__type` in the body, the older code in `x-amzn-query-error`. */
export function respondError(response: ServerResponse, error: unknown, headers: Record<string, string> = {}): void {
  const known =
    error instanceof SqsError || error instanceof RequestError
      ? error
      : internalFailure(error instanceof Error ? error.message : String(error))
  const { status, type, code, senderFault, message } = known
  const body = JSON.stringify({ __type: type, message })
  const fault = `${code};${senderFault ? 'Sender' : 'Receiver'}`
  respond(response, status, body, { 'x-amzn-query-error': fault, ...headers })
}

/** An XML error that clients of the older Query protocol can read. */
export function respondQueryProtocol(response: ServerResponse): void {
  const message =
    'This server speaks the AWS JSON 1.0 protocol of SQS only, not the older Query protocol: ' +
    'use an SDK of 2023 or later (boto3 1.28.82, Java 2.21.19, JavaScript 3.447, CLI 2.13.33, or newer).'
  const body =
    '<?xml version="1.0"?><ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><Error>' +
    `<Type>Sender</Type><Code>InvalidAction</Code><Message>${message}</Message><Detail/></Error>` +
    `<RequestId>${randomUUID()}</RequestId></ErrorResponse>`
  respond(response, 400, body, { 'content-type': 'text/xml' })
}
