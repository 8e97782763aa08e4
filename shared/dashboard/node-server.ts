import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isLoopbackHost } from './guard.ts'

/** A server on this machine. */
export interface LocalServer {
  readonly port: number
  close(): Promise<void>
}

const largestBody = 1_024 * 1_024

/**
 * Serves a handler on 127.0.0.1 only. Requests for another host than this machine are refused before anything else (DNS rebinding).
 *
 * @param port 0: any free one
 * @throws {Error} the port is taken
 */
export async function serveLocally(
  handler: (request: Request) => Promise<Response>,
  port: number,
): Promise<LocalServer> {
  const server = createServer((incoming, outgoing) => {
    const { port: own } = server.address() as AddressInfo
    respond(incoming, outgoing, handler, own).catch(() => outgoing.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function respond(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handler: (request: Request) => Promise<Response>,
  port: number,
): Promise<void> {
  if (!isLoopbackHost(incoming.headers.host, port)) {
    outgoing
      .writeHead(421, { 'content-type': 'text/plain' })
      .end('Wrong host: open the dashboard at http://127.0.0.1.\n')
    return
  }
  const body = await bodyOf(incoming)
  if (body === undefined) {
    outgoing
      .writeHead(413, { 'content-type': 'text/plain', connection: 'close' })
      .end(`A body may have ${largestBody} bytes.\n`)
    return
  }
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headers))
    if (value !== undefined) headers.set(name, String(value))
  const { method = 'GET', url = '/' } = incoming
  const request = new Request(new URL(url, `http://${incoming.headers.host}`), {
    method,
    headers,
    ...(method !== 'GET' && method !== 'HEAD' && { body: new Uint8Array(body) }),
  })
  const response = await handler(request)
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  outgoing.end(method === 'HEAD' ? undefined : Buffer.from(await response.arrayBuffer()))
}

/** Undefined if the body is too large. */
async function bodyOf(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of incoming) {
    bytes += (chunk as Buffer).length
    if (bytes > largestBody) return undefined
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}
