import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type FunctionError, failed, functionError, type InvokeResult } from './invoke-result.ts'
import { payloadBytes } from './limits.ts'

/** One invocation as the runtime receives it. */
export interface Invocation {
  readonly requestId: string
  /** JSON text. */
  readonly payload: string
  /** Epoch ms. */
  readonly deadlineAt: number
  readonly functionArn: string
  /** `X-Amzn-Trace-Id`, which becomes `_X_AMZN_TRACE_ID`. */
  readonly traceId: string
}

export interface RuntimeApiListener {
  /** The runtime asks for an invocation. The first call ends its init phase. */
  onNext(): void
  onResult(requestId: string, result: InvokeResult): void
  onInitError(error: FunctionError): void
}

const version = '/2018-06-01/runtime'
const invocationPath = /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(response|error)$/
/** Limit of a posted error with its stack. */
const errorBytes = 1024 * 1024

/**
 * The Lambda Runtime API of one execution environment, on a loopback port of its own, as `AWS_LAMBDA_RUNTIME_API` names it.
 * Any runtime that speaks it works: our bootstrap, AWS's aws-lambda-ric, a custom one.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export class RuntimeApi {
  readonly #server: Server
  readonly #listener: RuntimeApiListener
  #waiting: ServerResponse | undefined
  #current: string | undefined

  constructor(listener: RuntimeApiListener) {
    this.#listener = listener
    this.#server = createServer({ keepAlive: true, noDelay: true }, (request, response) => {
      this.#handle(request, response)
    })
    // No time-out: a runtime may wait for its next invocation for any time.
    this.#server.requestTimeout = 0
    this.#server.keepAliveTimeout = 0
    this.#server.on('clientError', (_error, socket) => socket.destroy())
  }

  /** @returns `127.0.0.1:<port>` */
  listen(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(0, '127.0.0.1', () => {
        resolve(`127.0.0.1:${(this.#server.address() as AddressInfo).port}`)
      })
    })
  }

  /** Sends the invocation to the waiting runtime. Call only after `onNext`. */
  deliver(invocation: Invocation): void {
    const response = this.#waiting
    if (response === undefined) throw new Error('The runtime did not ask for an invocation.')
    this.#waiting = undefined
    this.#current = invocation.requestId
    response.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': invocation.requestId,
      'lambda-runtime-deadline-ms': String(invocation.deadlineAt),
      'lambda-runtime-invoked-function-arn': invocation.functionArn,
      'lambda-runtime-trace-id': invocation.traceId,
      'content-length': Buffer.byteLength(invocation.payload),
    })
    response.end(invocation.payload)
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = '' } = request
    if (method === 'GET' && url === `${version}/invocation/next`) {
      request.resume()
      this.#next(response)
      return
    }
    if (method !== 'POST') {
      request.resume()
      answer(response, 404, { errorType: 'Runtime.NotFound', errorMessage: `${method} ${url}: no such path.` })
      return
    }
    if (url === `${version}/init/error`) {
      read(request, errorBytes, (body) => {
        answer(response, 202, { status: 'OK' })
        this.#listener.onInitError(functionError(body ?? '', errorHeader(request)))
      })
      return
    }
    const [, requestId, kind] = invocationPath.exec(url) ?? []
    if (requestId === undefined) {
      request.resume()
      answer(response, 404, { errorType: 'Runtime.NotFound', errorMessage: `POST ${url}: no such path.` })
      return
    }
    if (requestId !== this.#current) {
      request.resume()
      answer(response, 400, { errorType: 'InvalidRequestID', errorMessage: 'Invalid request ID' })
      return
    }
    if (kind === 'error') {
      read(request, errorBytes, (body) => {
        this.#end(requestId, { status: 'failed', error: functionError(body ?? '', errorHeader(request)) })
        answer(response, 202, { status: 'OK' })
      })
      return
    }
    read(request, payloadBytes, (body) => {
      if (body === undefined) {
        const text = `Response payload size exceeded maximum allowed payload size (${payloadBytes} bytes).`
        this.#end(requestId, failed('Function.ResponseSizeTooLarge', text))
        answer(response, 413, { errorType: 'RequestEntityTooLarge', errorMessage: text })
        return
      }
      this.#end(requestId, { status: 'returned', payload: body })
      answer(response, 202, { status: 'OK' })
    })
  }

  #next(response: ServerResponse): void {
    if (this.#current !== undefined || this.#waiting !== undefined) {
      answer(response, 403, {
        errorType: 'InvalidStateTransition',
        errorMessage: 'Expected an answer to the last invocation first.',
      })
      return
    }
    this.#waiting = response
    response.on('close', () => {
      if (this.#waiting === response) this.#waiting = undefined
    })
    this.#listener.onNext()
  }

  #end(requestId: string, result: InvokeResult): void {
    this.#current = undefined
    this.#listener.onResult(requestId, result)
  }
}

function errorHeader(request: IncomingMessage): string | undefined {
  const value = request.headers['lambda-runtime-function-error-type']
  return Array.isArray(value) ? value[0] : value
}

/** The whole body, or undefined when it exceeds the limit. */
function read(request: IncomingMessage, most: number, then: (body: string | undefined) => void): void {
  const chunks: Buffer[] = []
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= most) chunks.push(chunk)
    else chunks.length = 0
  })
  request.on('end', () => then(bytes <= most ? Buffer.concat(chunks).toString('utf8') : undefined))
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}
