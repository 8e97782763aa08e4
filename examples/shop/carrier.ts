import { once, setMaxListeners } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { numberOf } from './chance.ts'

/** Longer than any caller waits. */
const slowMs = 1_500

export interface Carrier {
  readonly url: string
  /** Parcel numbers by idempotency key. */
  readonly parcels: ReadonlyMap<string, string>
  /** Bookings by order: more than one is a parcel too many. */
  readonly bookings: ReadonlyMap<string, number>
  readonly requests: number
  readonly failures: number
  close(): Promise<void>
}

/**
 * The API of a parcel service on loopback that fails a third of the time, each way as often as the others: 503 without booking; booked, but
 * the answer comes too late; booked, but the connection is reset. The same orders fail in the same way every time.
 */
export async function startCarrier(): Promise<Carrier> {
  const parcels = new Map<string, string>()
  const bookings = new Map<string, number>()
  const tries = new Map<string, number>()
  const closing = new AbortController()
  // Every slow answer listens.
  setMaxListeners(0, closing.signal)
  let requests = 0
  let failures = 0

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { order } = (await json(request)) as { order: string }
    const key = request.headers['idempotency-key']
    if (typeof key !== 'string') return reply(response, 400, { error: 'idempotency-key is missing' })
    requests++
    const nth = (tries.get(order) ?? 0) + 1
    tries.set(order, nth)
    const fate = numberOf(`carrier ${order} ${nth}`, 9)
    if (fate < 3) failures++
    if (fate === 0) return reply(response, 503, { error: 'overloaded' })
    let parcel = parcels.get(key)
    if (parcel === undefined) {
      parcel = `P${String(parcels.size + 1).padStart(8, '0')}`
      parcels.set(key, parcel)
      bookings.set(order, (bookings.get(order) ?? 0) + 1)
    }
    if (fate === 1) await sleep(slowMs, undefined, { signal: closing.signal, ref: false })
    if (fate === 2) request.socket.resetAndDestroy()
    else reply(response, 201, { parcel })
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    parcels,
    bookings,
    get requests() {
      return requests
    },
    get failures() {
      return failures
    },
    close() {
      closing.abort()
      server.closeAllConnections()
      return new Promise((done) => server.close(() => done()))
    },
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
