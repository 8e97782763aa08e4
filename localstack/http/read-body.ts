import type { IncomingMessage } from 'node:http'

/**
 * Reads a request's body. Calls `done` with the body or an error, or not at all when the client disconnects early.
 *
 * @param maxBytes a longer body is not read
 * @param tooLarge makes the error for a longer body
 */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  tooLarge: (maxBytes: number) => Error,
  done: (body: Buffer | undefined, error?: Error) => void,
): void {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
    done(undefined, tooLarge(maxBytes))
    return
  }
  let first: Buffer | undefined
  let more: Buffer[] | undefined
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > maxBytes) {
      request.removeAllListeners('data')
      request.removeAllListeners('end')
      done(undefined, tooLarge(maxBytes))
    } else if (first === undefined) {
      first = chunk
    } else {
      more ??= [first]
      more.push(chunk)
    }
  })
  request.on('end', () => done(more === undefined ? (first ?? Buffer.alloc(0)) : Buffer.concat(more)))
  request.on('error', () => {})
}
