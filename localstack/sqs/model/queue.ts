import type { SqsClock } from './clock.ts'
import { Deduplication } from './deduplication.ts'
import { FifoStore } from './fifo-store.ts'
import type { MessageStore } from './message-store.ts'
import { type QueueAttributes, shownAttributes } from './queue-attributes.ts'
import { ReceiveAttempts } from './receive-attempts.ts'
import type { SqsRecord } from './record.ts'
import { StandardStore } from './standard-store.ts'
import type { StringMap } from './types.ts'
import { WaitingRoom } from './waiting-room.ts'

/** One queue: its attributes, its messages, and the waiting polls. */
export class Queue {
  readonly name: string
  readonly arn: string
  /** Differs from earlier queues of the same name: a receipt handle is valid for one queue only. */
  readonly uid: string
  readonly createdAt: number
  modifiedAt: number
  attributes: QueueAttributes
  tags: StringMap
  purgedAt: number | undefined = undefined
  /** The last sequence number that was assigned. */
  sequence = 0
  readonly store: MessageStore
  readonly deduplication = new Deduplication()
  readonly attempts = new ReceiveAttempts()
  readonly waiting: WaitingRoom

  constructor(
    name: string,
    arn: string,
    uid: string,
    attributes: QueueAttributes,
    tags: StringMap,
    createdAt: number,
    clock: SqsClock,
  ) {
    this.name = name
    this.arn = arn
    this.uid = uid
    this.attributes = attributes
    this.tags = tags
    this.createdAt = createdAt
    this.modifiedAt = createdAt
    this.store = attributes.fifo ? new FifoStore() : new StandardStore()
    this.waiting = new WaitingRoom(clock)
  }

  get fifo(): boolean {
    return this.attributes.fifo
  }

  /** Applies the time that has passed. Call it before any look at the messages. */
  advance(now: number): void {
    this.store.advance(now, now - this.attributes.retentionSeconds * 1000)
  }

  purge(): void {
    this.store.clear()
    this.deduplication.clear()
  }

  record(): SqsRecord {
    return {
      t: 'queue',
      name: this.name,
      uid: this.uid,
      attributes: shownAttributes(this.attributes),
      tags: this.tags,
      createdAt: this.createdAt,
      modifiedAt: this.modifiedAt,
      ...(this.purgedAt === undefined ? {} : { purgedAt: this.purgedAt }),
      ...(this.sequence === 0 ? {} : { sequence: this.sequence }),
    }
  }
}
