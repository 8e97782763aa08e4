import { SQSClient } from '@aws-sdk/client-sqs'

/** One answer of the wire: an HTTP response, an error of the connection, or what a real server does. */
export type Turn =
  | { readonly status: number; readonly body: object; readonly queryError?: string }
  | { readonly error: NodeJS.ErrnoException }

interface HttpRequest {
  readonly headers: Record<string, string>
  readonly body?: string | Uint8Array
}

/** The SDK's client on a wire that answers by script: what came is in `requests`. The last turn answers all that follow. */
export function scriptedSqs(turns: readonly [Turn, ...Turn[]], maxAttempts = 1) {
  const requests: { readonly action: string; readonly input: Record<string, unknown> }[] = []
  const sqs = new SQSClient({
    endpoint: 'http://127.0.0.1:1',
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    useQueueUrlAsEndpoint: false,
    maxAttempts,
    md5: false,
    requestHandler: {
      async handle(request: HttpRequest) {
        const turn = turns[Math.min(requests.length, turns.length - 1)] ?? turns[0]
        const action = request.headers['x-amz-target']?.split('.')[1] ?? ''
        requests.push({
          action,
          input: JSON.parse(new TextDecoder().decode(bytesOf(request.body))) as Record<string, unknown>,
        })
        if ('error' in turn) throw turn.error
        const headers: Record<string, string> = { 'content-type': 'application/x-amz-json-1.0' }
        if (turn.queryError !== undefined) headers['x-amzn-query-error'] = turn.queryError
        const body = new TextEncoder().encode(JSON.stringify(turn.body))
        return { response: { statusCode: turn.status, headers, body } }
      },
    },
  })
  return { sqs, requests }
}

export function connectionError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`connection: ${code}`), { code })
}

function bytesOf(body: HttpRequest['body']): Uint8Array {
  return body instanceof Uint8Array ? body : new TextEncoder().encode(body)
}
