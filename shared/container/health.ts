import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Health {
  readonly status: 'working' | 'draining' | 'failing'
  /** Number of tasks that run now. */
  readonly running: number
  readonly queues: readonly string[]
}

export interface HealthServer {
  readonly port: number
  close(): Promise<void>
}

/** Answers GET with the health as JSON: 200 while it works, 503 while it drains or cannot receive. For load balancers and orchestrators. */
export async function startHealthServer(port: number, host: string, health: () => Health): Promise<HealthServer> {
  const server = createServer((request, response) => {
    request.resume()
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    const now = health()
    const text = `${JSON.stringify(now)}\n`
    response.writeHead(!isRead ? 405 : now.status === 'working' ? 200 : 503, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      connection: 'close',
    })
    response.end(request.method === 'HEAD' ? undefined : text)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === 'EADDRINUSE'
      reject(
        taken
          ? new Error(`Health endpoint: port ${port} on ${host} is taken. Give another one (0 takes any free one).`, {
              cause,
            })
          : cause,
      )
    })
    server.listen(port, host, resolve)
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
