import type { IncomingMessage } from 'node:http'
import { tooLarge } from './request-error.ts'

/** Ten messages of 1 MiB with every character escaped still fit; the model then says what is too long. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024

/** Reads a request's body. Calls `done` with the body or an error, or not at all when the client disconnects early. */
export function readBody(request: IncomingMessage, done: (body: Buffer | undefined, error?: Error) => void): void {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) {
    done(undefined, tooLarge(MAX_BODY_BYTES))
    return
  }
  let first: Buffer | undefined
  let more: Buffer[] | undefined
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) {
      request.removeAllListeners('data')
      request.removeAllListeners('end')
      done(undefined, tooLarge(MAX_BODY_BYTES))
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
