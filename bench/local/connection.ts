import { connect, type Socket } from 'node:net'

/** The server answered, with something else than 200. */
export class RefusedError extends Error {}

/** One kept-alive connection that asks and waits for the answer. An SDK, and Node's own HTTP client, would be the bottleneck. */
export interface Connection {
  /** @throws {RefusedError} on any status but 200 */
  ask(action: string, body: string): Promise<string>
  close(): void
}

/** Nobody checks it; engines of many services find SQS by it. */
const authorization =
  'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=none'

export function openConnection(endpoint: string): Promise<Connection> {
  const { hostname, port, host } = new URL(endpoint)
  return new Promise((resolve, reject) => {
    let settle: { resolve(body: string): void; reject(error: Error): void } = { resolve() {}, reject }
    let text = ''
    const socket: Socket = connect(Number(port || 80), hostname, () => resolve({ ask, close: () => socket.destroy() }))
    socket.setNoDelay(true)
    socket.setEncoding('latin1')
    socket.on('error', (error) => settle.reject(error))
    socket.on('close', () => settle.reject(new Error(`${endpoint} closed the connection.`)))
    socket.on('data', (part: string) => {
      text += part
      const answer = readAnswer(text)
      if (answer === undefined) return
      text = ''
      if (answer.status === 200) settle.resolve(answer.body)
      else settle.reject(new RefusedError(`${answer.status} ${answer.body.slice(0, 200)}`))
    })
    const ask = (action: string, body: string): Promise<string> =>
      new Promise((resolve, reject) => {
        settle = { resolve, reject }
        socket.write(
          `POST / HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/x-amz-json-1.0\r\nauthorization: ${authorization}\r\n` +
            `x-amz-target: AmazonSQS.${action}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        )
      })
  })
}

/** Undefined while it is not whole. */
function readAnswer(text: string): { readonly status: number; readonly body: string } | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const status = Number(text.slice(9, 12))
  const head = text.slice(0, end)
  const rest = text.slice(end + 4)
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length !== undefined) return rest.length < Number(length) ? undefined : { status, body: rest }
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return { status, body: '' }
  const body = unchunked(rest)
  return body === undefined ? undefined : { status, body }
}

function unchunked(text: string): string | undefined {
  let body = ''
  for (let at = 0; ; ) {
    const line = text.indexOf('\r\n', at)
    if (line < 0) return undefined
    const size = Number.parseInt(text.slice(at, line), 16)
    const next = line + 2 + size + 2
    if (text.length < next) return undefined
    if (size === 0) return body
    body += text.slice(line + 2, line + 2 + size)
    at = next
  }
}
