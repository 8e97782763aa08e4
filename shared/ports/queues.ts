import type { SendAnswer } from './answers.ts'
import { port } from './port.ts'

/** A message on its way to a queue. */
export interface OutgoingMessage {
  readonly body: string
  /** 0 to 900, whole. SQS: DelaySeconds. */
  readonly delaySeconds?: number
  /** Only what an operator filters by, never personal data: attributes are not encrypted by SQS. String attributes, at most ten. */
  readonly attributes?: Readonly<Record<string, string>>
}

/** One arrival of a message at a worker. Instants in epoch ms. */
export interface Delivery {
  readonly messageId: string
  readonly receipt: string
  readonly body: string
  /** SQS's ApproximateReceiveCount, 1 at the first arrival. Counts throttled invocations too: never an attempt. */
  readonly receiveCount: number
  /** When this copy was sent. */
  readonly sentAt: number
  readonly firstReceivedAt: number
  readonly attributes: Readonly<Record<string, string>>
}

export interface HideRequest {
  readonly receipt: string
  /** 0 to 43,200, whole, from now on. SQS: ChangeMessageVisibility. */
  readonly delaySeconds: number
}

export interface QueueDepth {
  /** Ready to be received. */
  readonly waiting: number
  readonly inFlight: number
  readonly delayed: number
  /** Ready in the dead-letter queue. */
  readonly dead: number
}

/**
 * The queues. Queue arguments are route names (`emails`), never URLs.
 *
 * Batches of any size are accepted and packed (SQS: 10 messages and 1 MiB a request); answers stand in the order of the entries.
 * Methods with per-entry answers never throw for what the service said of one entry; they throw only when the call as such makes no sense
 * (unknown queue).
 */
export interface Queues {
  /** Send messages. Entries that failed retryably were already tried again a few times. */
  send(queue: string, messages: readonly OutgoingMessage[]): Promise<readonly SendAnswer[]>
  /** Send messages to the queue's dead-letter queue. */
  sendDead(queue: string, messages: readonly OutgoingMessage[]): Promise<readonly SendAnswer[]>
  /**
   * Hide received messages for a while from now on; 0 s shows them again at once. A failed entry reappears when its visibility ends, so callers may
   * ignore `false`.
   */
  hide(
    queue: string,
    requests: readonly HideRequest[],
    options?: { readonly dead?: boolean },
  ): Promise<readonly boolean[]>
  /**
   * Wait up to `waitSeconds` (0 to 20) for up to `max` (1 to 10) messages. An aborted wait loses no message: one that was already on its way
   * reappears after its visibility time, which is the queue's if `hideSeconds` (0 to 43,200) is not given. SQS: VisibilityTimeout of ReceiveMessage.
   */
  receive(
    queue: string,
    options: {
      readonly max: number
      readonly waitSeconds: number
      readonly hideSeconds?: number
      readonly signal?: AbortSignal
      readonly dead?: boolean
    },
  ): Promise<readonly Delivery[]>
  /** Delete received messages. `false`: not deleted, it will come again. */
  acknowledge(
    queue: string,
    receipts: readonly string[],
    options?: { readonly dead?: boolean },
  ): Promise<readonly boolean[]>
  depth(queue: string): Promise<QueueDepth>
}

export const queuesPort = port<Queues>()('queues', {
  send: 'send',
  sendDead: 'send',
  hide: 'try',
  receive: 'read',
  acknowledge: 'try',
  depth: 'read',
})
