import type { Slotted } from './indexed-heap.ts'
import type { MessageAttributes } from './types.ts'

export const VISIBLE = 0
export const DELAYED = 1
export const IN_FLIGHT = 2
export const GONE = 3
export type MessageState = typeof VISIBLE | typeof DELAYED | typeof IN_FLIGHT | typeof GONE

/** Fields that few messages have. They are separate to keep the main object small: there may be a million. */
export interface MessageExtra {
  attributes?: MessageAttributes | undefined
  traceHeader?: string | undefined
  deadLetterSourceArn?: string | undefined
}

/** Fields that only received messages have. */
export interface MessageReceipt {
  receivedAt: number
  firstReceivedAt: number
}

/**
 * A message in a queue. One object of fixed shape per message, threaded by itself into the queue's list (`older`,
 * `newer`: order of arrival) and into at most one heap (`slot`: the visible ones by `order`, the hidden ones by
 * `visibleAt`), so that a queue of a million needs no further index.
 */
export class StoredMessage implements Slotted {
  readonly id: string
  readonly body: string
  readonly group: string | undefined
  readonly extra: MessageExtra | undefined
  receipt: MessageReceipt | undefined = undefined
  sentAt: number
  visibleAt = 0
  order = 0
  receives = 0
  slot = -1
  state: MessageState = VISIBLE
  older: StoredMessage | undefined = undefined
  newer: StoredMessage | undefined = undefined

  constructor(id: string, body: string, sentAt: number, group?: string, extra?: MessageExtra) {
    this.id = id
    this.body = body
    this.sentAt = sentAt
    this.group = group
    this.extra = extra
  }
}

/** A message of a FIFO queue: also threaded into its group, in the order it was sent. */
export class FifoMessage extends StoredMessage {
  readonly dedupId: string
  readonly sequence: number
  ahead: FifoMessage | undefined = undefined
  behind: FifoMessage | undefined = undefined

  constructor(
    id: string,
    body: string,
    sentAt: number,
    group: string,
    dedupId: string,
    sequence: number,
    extra?: MessageExtra,
  ) {
    super(id, body, sentAt, group, extra)
    this.dedupId = dedupId
    this.sequence = sequence
  }
}

const FIRST_SEQUENCE = 18_800_000_000_000_000_000n
const STEP = 256n

/** 20 digits, increasing, with gaps, like the numbers of SQS. */
export const sequenceNumber = (sequence: number): string => String(FIRST_SEQUENCE + BigInt(sequence) * STEP)
