import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'

/**
 * What happens to one request on the wire.
 *
 * - `drop-before`: it never arrives.
 * - `drop-after`: it takes effect, the answer gets lost.
 * - `duplicate`: it arrives twice; the answer is that of the second arrival.
 * - `throttle`: it is turned away (400).
 * - `break`: 500, without effect. `break-after`: 500, with it.
 * - a list of numbers: these statements of a batch are turned away, the others run.
 */
export type WireFault =
  | 'drop-before'
  | 'drop-after'
  | 'duplicate'
  | 'throttle'
  | 'break'
  | 'break-after'
  | readonly number[]

export interface WireRequest {
  /** `BatchExecuteStatement` */
  readonly action: string
  readonly input: Readonly<Record<string, unknown>>
  /** The same for all tries of one `send()`. */
  readonly invocation: string
  /** Which try of it, from 1. */
  readonly attempt: number
}

interface HttpRequest {
  readonly headers: Record<string, string>
  body?: unknown
}

interface HttpResponse {
  readonly statusCode: number
  readonly headers: Record<string, string>
  body?: unknown
}

type Handle = (request: HttpRequest, options?: unknown) => Promise<{ response: HttpResponse }>

/** Puts faults between a client and the wire, and keeps what was asked. For engines that check no signatures. */
export function faultyWire(
  client: DynamoDBClient,
  decide: (request: WireRequest) => WireFault | undefined = () => undefined,
): readonly WireRequest[] {
  const requests: WireRequest[] = []
  const attempts = new Map<string, number>()
  const inner = client.config.requestHandler
  const send = inner.handle.bind(inner) as unknown as Handle
  const handle: Handle = async (request, options) => {
    const action = request.headers['x-amz-target']?.split('.')[1] ?? ''
    const invocation = request.headers['amz-sdk-invocation-id'] ?? ''
    const attempt = (attempts.get(invocation) ?? 0) + 1
    attempts.set(invocation, attempt)
    const input = JSON.parse(textOf(request.body)) as Record<string, unknown>
    const seen = { action, input, invocation, attempt }
    requests.push(seen)
    const fault = decide(seen)
    switch (fault) {
      case undefined:
        return send(request, options)
      case 'drop-before':
        throw reset()
      case 'drop-after':
        await bodyOf(await send(request, options))
        throw reset()
      case 'duplicate':
        await bodyOf(await send(request, options))
        return send(request, options)
      case 'throttle':
        return answer(400, { __type: 'com.amazonaws.dynamodb.v20120810#ThrottlingException', message: 'injected' })
      case 'break':
        return answer(500, { __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError', message: 'injected' })
      case 'break-after':
        await bodyOf(await send(request, options))
        return answer(500, { __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError', message: 'injected' })
      default:
        return withoutStatements(request, input, fault, (passed) => send(passed, options))
    }
  }
  client.config.requestHandler = Object.assign(Object.create(inner) as typeof inner, { handle })
  return requests
}

async function withoutStatements(
  request: HttpRequest,
  input: Readonly<Record<string, unknown>>,
  throttled: readonly number[],
  send: (request: HttpRequest) => Promise<{ response: HttpResponse }>,
): Promise<{ response: HttpResponse }> {
  const statements = (input.Statements ?? []) as readonly unknown[]
  const passed = statements.filter((_, index) => !throttled.includes(index))
  let told: readonly unknown[] = []
  if (passed.length > 0) {
    const body = JSON.stringify({ ...input, Statements: passed })
    const headers = { ...request.headers, 'content-length': String(Buffer.byteLength(body)) }
    // A request's own class keeps what else the handler reads from it.
    const answered = await send(Object.assign(Object.create(request) as HttpRequest, { headers, body }))
    if (answered.response.statusCode !== 200) return answered
    told = (JSON.parse(await bodyOf(answered)) as { Responses: readonly unknown[] }).Responses
  }
  const answers = [...told]
  const Responses = statements.map((_, index) =>
    throttled.includes(index) ? { Error: { Code: 'ThrottlingError', Message: 'injected' } } : answers.shift(),
  )
  return answer(200, { Responses })
}

async function bodyOf({ response }: { readonly response: HttpResponse }): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function textOf(body: unknown): string {
  return body instanceof Uint8Array ? new TextDecoder().decode(body) : String(body)
}

function answer(statusCode: number, body: object): { response: HttpResponse } {
  const headers = { 'content-type': 'application/x-amz-json-1.0' }
  return { response: { statusCode, headers, body: new TextEncoder().encode(JSON.stringify(body)) } }
}

function reset(): NodeJS.ErrnoException {
  return Object.assign(new Error('socket hang up (injected)'), { code: 'ECONNRESET' })
}
