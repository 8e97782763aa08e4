import { IndexedHeap, type Slotted } from './indexed-heap.ts'
import { DELAYED, GONE, IN_FLIGHT, type MessageReceipt, type StoredMessage, VISIBLE } from './stored-message.ts'

/** The state of a message that receives and changes of visibility set. */
export type Standing = Pick<StoredMessage, 'receives' | 'receipt' | 'visibleAt'> & { inFlight: boolean }

/** A position in a walk over a store. The store may change between two steps. */
export interface Cursor {
  next: StoredMessage | undefined
}

/** A message with an older send time than a message before it: a dead letter keeps its first send time. */
interface Backdated extends Slotted {
  readonly message: StoredMessage
}

/**
 * The messages of one queue and their states: visible, delayed or in flight. The subclass (`StandardStore`,
 * `FifoStore`) decides which visible message comes next. Every step takes at most O(log n).
 */
export abstract class MessageStore {
  visible = 0
  delayed = 0
  inFlight = 0
  /** True when a message became available since this was last set to false. */
  news = false
  /** Every message that was received at least once from this queue. Only these have receipt handles. */
  readonly received = new Map<string, StoredMessage>()
  /** First of the list in order of arrival. */
  oldest: StoredMessage | undefined = undefined
  private newest: StoredMessage | undefined = undefined
  private latestSentAt = 0
  /** Delayed and in flight, by the time they become visible. */
  protected readonly hidden = new IndexedHeap<StoredMessage>((a, b) => a.visibleAt < b.visibleAt)
  private readonly backdated = new IndexedHeap<Backdated>((a, b) => a.message.sentAt < b.message.sentAt)
  private readonly cursors = new Set<Cursor>()

  /** The message became visible. */
  protected abstract enter(message: StoredMessage): void
  /** The message is no longer visible. */
  protected abstract leave(message: StoredMessage): void
  /** The message came into the queue, in any state. Called before `enter`. */
  protected abstract joined(message: StoredMessage): void
  /** The message left the queue for good. Called after `leave`. */
  protected abstract parted(message: StoredMessage): void
  /** The message became in flight (1) or stopped being in flight (-1). */
  protected abstract flightChanged(message: StoredMessage, by: 1 | -1): void
  /**
   * Offers visible messages in the order of the queue until `offer` has returned true `max` times. `offer` must hide
   * or remove the message: a message that stays visible is offered again.
   */
  abstract take(max: number, offer: (message: StoredMessage) => boolean): void

  get size(): number {
    return this.visible + this.delayed + this.inFlight
  }

  /** Adds a message. It is hidden until `visibleAt` if that time is in the future. */
  add(message: StoredMessage, now: number): void {
    const newest = this.newest
    if (message.sentAt < this.latestSentAt) this.backdated.push({ slot: -1, message })
    else this.latestSentAt = message.sentAt
    message.older = newest
    message.newer = undefined
    if (newest === undefined) this.oldest = message
    else newest.newer = message
    this.newest = message
    message.slot = -1
    this.joined(message)
    this.stand(message, now)
  }

  /** Marks a message as received: in flight until `visibleAt`. */
  hide(message: StoredMessage, visibleAt: number, receipt: MessageReceipt): void {
    message.receives += 1
    message.receipt = receipt
    this.received.set(message.id, message)
    this.conceal(message, visibleAt)
  }

  /**
   * Changes when a hidden message becomes visible, or hides a visible one. A time in the past makes it visible at
   * once.
   */
  retime(message: StoredMessage, visibleAt: number, now: number): void {
    if (message.state === VISIBLE) {
      if (visibleAt > now) this.conceal(message, visibleAt)
    } else if (visibleAt > now) {
      message.visibleAt = visibleAt
      this.hidden.update(message)
    } else {
      this.takeOut(message)
      this.show(message)
    }
  }

  /** Restores the state of a message from a record, at its old place in the order. */
  restate(message: StoredMessage, to: Standing, now: number): void {
    this.takeOut(message)
    message.receives = to.receives
    message.receipt = to.receipt
    message.visibleAt = to.visibleAt
    if (to.receipt === undefined) this.received.delete(message.id)
    message.state = to.inFlight ? IN_FLIGHT : DELAYED
    this.stand(message, now)
  }

  /** Removes the receipt, as if the message had never been received. For a message whose only receive was undone. */
  forgetReceipt(message: StoredMessage): void {
    message.receipt = undefined
    this.received.delete(message.id)
  }

  remove(message: StoredMessage): void {
    this.takeOut(message)
    message.state = GONE
    this.received.delete(message.id)
    this.unlink(message)
    this.parted(message)
  }

  /** Shows messages that have become visible and drops messages older than the retention period. */
  advance(now: number, oldestSentAt: number): void {
    for (let due = this.hidden.peek(); due !== undefined && due.visibleAt <= now; due = this.hidden.peek()) {
      this.takeOut(due)
      this.show(due)
    }
    while (this.oldest !== undefined && this.oldest.sentAt < oldestSentAt) this.remove(this.oldest)
    if (this.backdated.size > 0) this.dropBackdated(oldestSentAt)
  }

  /** When the next hidden message becomes visible. */
  get nextVisibleAt(): number | undefined {
    return this.hidden.peek()?.visibleAt
  }

  clear(): void {
    for (let message = this.oldest; message !== undefined; message = this.oldest) this.remove(message)
    this.backdated.clear()
  }

  /** All messages in order of arrival. Messages may be added and removed between two steps. */
  *walk(): Generator<StoredMessage> {
    const cursor: Cursor = { next: this.oldest }
    this.cursors.add(cursor)
    try {
      for (let message = cursor.next; message !== undefined; message = cursor.next) {
        cursor.next = message.newer
        yield message
        // The last message may have a successor now.
        if (cursor.next === undefined && message.state !== GONE) cursor.next = message.newer
      }
    } finally {
      this.cursors.delete(cursor)
    }
  }

  private conceal(message: StoredMessage, visibleAt: number): void {
    this.takeOut(message)
    message.state = IN_FLIGHT
    message.visibleAt = visibleAt
    this.inFlight += 1
    this.flightChanged(message, 1)
    this.hidden.push(message)
  }

  private stand(message: StoredMessage, now: number): void {
    if (message.receipt !== undefined) this.received.set(message.id, message)
    if (message.visibleAt <= now) {
      this.show(message)
      return
    }
    if (message.state === IN_FLIGHT) {
      this.inFlight += 1
      this.flightChanged(message, 1)
    } else {
      message.state = DELAYED
      this.delayed += 1
    }
    this.hidden.push(message)
  }

  private show(message: StoredMessage): void {
    message.state = VISIBLE
    message.visibleAt = 0
    this.visible += 1
    this.enter(message)
    this.news = true
  }

  /** Removes a message from its current state. The caller must give it a new state or delete it. */
  private takeOut(message: StoredMessage): void {
    if (message.state === VISIBLE) {
      this.visible -= 1
      this.leave(message)
      return
    }
    this.hidden.remove(message)
    if (message.state === IN_FLIGHT) {
      this.inFlight -= 1
      this.flightChanged(message, -1)
    } else {
      this.delayed -= 1
    }
  }

  private unlink(message: StoredMessage): void {
    const { older, newer } = message
    if (older === undefined) this.oldest = newer
    else older.newer = newer
    if (newer === undefined) this.newest = older
    else newer.older = older
    if (this.cursors.size > 0) for (const cursor of this.cursors) if (cursor.next === message) cursor.next = newer
    message.older = undefined
    message.newer = undefined
  }

  private dropBackdated(oldestSentAt: number): void {
    for (let first = this.backdated.peek(); first !== undefined; first = this.backdated.peek()) {
      const gone = first.message.state === GONE
      if (!gone && first.message.sentAt >= oldestSentAt) break
      this.backdated.pop()
      if (!gone) this.remove(first.message)
    }
    // Rebuild when the majority was deleted from the middle.
    if (this.backdated.size <= 2 * this.size + 64) return
    const left = [...this.backdated].filter((entry) => entry.message.state !== GONE)
    this.backdated.clear()
    for (const entry of left) this.backdated.push(entry)
  }
}
