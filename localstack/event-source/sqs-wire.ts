import { Agent, request } from 'node:http'

/** A message as SQS's JSON protocol has it; binary values in base64. */
export interface WireMessage {
  readonly MessageId: string
  readonly ReceiptHandle: string
  readonly Body: string
  readonly MD5OfBody: string
  readonly MD5OfMessageAttributes?: string
  readonly Attributes?: Readonly<Record<string, string>>
  readonly MessageAttributes?: Readonly<
    Record<string, { readonly DataType: string; readonly StringValue?: string; readonly BinaryValue?: string }>
  >
}

/** An error answer. */
export class WireError extends Error {
  /** SQS's name of the error, e.g. `QueueAlreadyExists`. */
  readonly errorName: string

  constructor(action: string, errorName: string, message: string) {
    super(`SQS ${action}: ${errorName}: ${message}`)
    this.name = 'WireError'
    this.errorName = errorName
  }
}

/** The 20 s of a long poll, plus time for the network. */
const answerLimitMs = 30_000

/**
 * The few SQS requests of an event source mapping, in SQS's JSON protocol, without the SDK. A poller makes two
 * requests per batch; through the SDK they would cost more than the work of the batch. Requests are unsigned: use it
 * only with Celeriac's own server on this machine.
 */
export class SqsWire {
  readonly #endpoint: URL
  readonly #agent = new Agent({ keepAlive: true, noDelay: true })

  constructor(endpoint: string) {
    this.#endpoint = new URL(endpoint)
  }

  async receive(
    queueUrl: string,
    options: { readonly max: number; readonly waitSeconds: number; readonly signal: AbortSignal },
  ): Promise<readonly WireMessage[]> {
    if (options.signal.aborted) return []
    try {
      const { Messages = [] } = (await this.call(
        'ReceiveMessage',
        {
          QueueUrl: queueUrl,
          MaxNumberOfMessages: options.max,
          WaitTimeSeconds: options.waitSeconds,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        },
        options.signal,
      )) as { readonly Messages?: readonly WireMessage[] }
      return Messages
    } catch (error) {
      if (options.signal.aborted) return []
      throw error
    }
  }

  /** @returns receipts that could not be deleted */
  async delete(queueUrl: string, receipts: readonly string[]): Promise<readonly string[]> {
    const { Failed = [] } = (await this.call('DeleteMessageBatch', {
      QueueUrl: queueUrl,
      Entries: receipts.map((receipt, index) => ({ Id: String(index), ReceiptHandle: receipt })),
    })) as { readonly Failed?: readonly { readonly Id: string }[] }
    return Failed.flatMap(({ Id }) => receipts[Number(Id)] ?? [])
  }

  /** Makes a queue, or gives the one that is there these attributes. @returns its URL */
  async ensureQueue(name: string, attributes: Readonly<Record<string, string>>): Promise<string> {
    try {
      return urlOf(await this.call('CreateQueue', { QueueName: name, Attributes: attributes }))
    } catch (error) {
      if (!(error instanceof WireError) || !/QueueAlreadyExists|QueueNameExists/.test(error.errorName)) throw error
      const url = urlOf(await this.call('GetQueueUrl', { QueueName: name }))
      await this.call('SetQueueAttributes', { QueueUrl: url, Attributes: attributes })
      return url
    }
  }

  call(action: string, input: object, signal?: AbortSignal): Promise<unknown> {
    const body = JSON.stringify(input)
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          agent: this.#agent,
          host: this.#endpoint.hostname,
          port: this.#endpoint.port,
          path: '/',
          method: 'POST',
          headers: {
            'content-type': 'application/x-amz-json-1.0',
            'x-amz-target': `AmazonSQS.${action}`,
            'content-length': Buffer.byteLength(body),
          },
          timeout: answerLimitMs,
          ...(signal && { signal }),
        },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8')
            try {
              const answer: unknown = text === '' ? {} : JSON.parse(text)
              if (response.statusCode === 200) resolve(answer)
              else reject(wireError(action, response.statusCode, answer))
            } catch (error) {
              reject(error)
            }
          })
        },
      )
      outgoing.on('timeout', () => outgoing.destroy(new Error(`SQS ${action}: no answer within ${answerLimitMs} ms.`)))
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}

function urlOf(answer: unknown): string {
  const { QueueUrl } = answer as { readonly QueueUrl?: string }
  if (QueueUrl === undefined) throw new Error('SQS gave no queue URL.')
  return QueueUrl
}

function wireError(action: string, status: number | undefined, answer: unknown): WireError {
  const { __type = String(status), message = '' } = answer as { readonly __type?: string; readonly message?: string }
  return new WireError(action, __type.slice(__type.indexOf('#') + 1), message)
}
