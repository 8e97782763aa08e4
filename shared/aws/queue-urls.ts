import { GetQueueUrlCommand, QueueDoesNotExist, type SQSClient } from '@aws-sdk/client-sqs'
import type { Environment } from '../core/environment.ts'
import { UnknownQueueError } from '../core/errors.ts'
import { deadQueueName, queueName } from '../core/names.ts'

/** URLs of the app's queues: made of the environment's base, or asked of SQS once per queue. */
export class QueueUrls {
  readonly #sqs: SQSClient
  readonly #environment: Environment
  readonly #asked = new Map<string, Promise<string>>()

  constructor(sqs: SQSClient, environment: Environment) {
    this.#sqs = sqs
    this.#environment = environment
  }

  /** @throws {UnknownQueueError} when SQS says so; any other error is that of the request */
  async of(queue: string, dead = false): Promise<string> {
    const name = this.#nameOf(queue, dead)
    const base = this.#environment.queueBaseUrl
    if (base !== undefined) return `${base}/${name}`
    const asked = this.#asked.get(name) ?? this.#ask(queue, name)
    this.#asked.set(name, asked)
    return asked
  }

  /** The error to throw for what a request on this queue threw: an UnknownQueueError where SQS says that there is none. */
  explain(error: unknown, queue: string, dead = false): unknown {
    if (!(error instanceof QueueDoesNotExist)) return error
    const name = this.#nameOf(queue, dead)
    this.#asked.delete(name)
    return new UnknownQueueError(queue, name, { cause: error })
  }

  async #ask(queue: string, name: string): Promise<string> {
    try {
      const { QueueUrl } = await this.#sqs.send(new GetQueueUrlCommand({ QueueName: name }))
      if (QueueUrl === undefined) throw new Error(`GetQueueUrl gave no URL for '${name}'.`)
      return QueueUrl
    } catch (error) {
      this.#asked.delete(name)
      throw error instanceof QueueDoesNotExist ? new UnknownQueueError(queue, name, { cause: error }) : error
    }
  }

  #nameOf(queue: string, dead: boolean): string {
    return dead ? deadQueueName(this.#environment.prefix, queue) : queueName(this.#environment.prefix, queue)
  }
}
