import { channel } from 'node:diagnostics_channel'
import type { ClientRequest } from 'node:http'

/** Counts the AWS requests that this process makes, whoever makes them: by the operation named in their headers. */
export class RequestCounter {
  readonly #counts = new Map<string, number>()
  readonly #channel = channel('http.client.request.start')
  readonly #listener = (message: unknown): void => {
    const target = (message as { request: ClientRequest }).request.getHeader('x-amz-target')
    const operation = String(target ?? 'other').replace(/^.*\./, '')
    this.#counts.set(operation, (this.#counts.get(operation) ?? 0) + 1)
  }

  start(): void {
    this.#counts.clear()
    this.#channel.subscribe(this.#listener)
  }

  stop(): ReadonlyMap<string, number> {
    this.#channel.unsubscribe(this.#listener)
    return new Map([...this.#counts].sort((a, b) => b[1] - a[1]))
  }
}
