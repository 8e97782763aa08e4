import { once } from 'node:events'
import { createServer } from 'node:net'

/** A port that is taken until `close`. */
export async function takePort(host: string): Promise<{ readonly port: string; close(): void }> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error(`expected a port, received ${address}`)
  return { port: String(address.port), close: () => server.close() }
}
