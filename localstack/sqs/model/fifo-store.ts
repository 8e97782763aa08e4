import { IndexedHeap, type Slotted } from './indexed-heap.ts'
import { MessageStore } from './message-store.ts'
import { type FifoMessage, type StoredMessage, VISIBLE } from './stored-message.ts'

/** The messages of one group, a list in the order they were sent. */
class Group implements Slotted {
  readonly id: string
  slot = -1
  /** Position in the order of groups: the lowest is served first. */
  turn: number
  head: FifoMessage | undefined = undefined
  tail: FifoMessage | undefined = undefined

  constructor(id: string, turn: number) {
    this.id = id
    this.turn = turn
  }
}

const byTurn = (a: Group, b: Group): boolean => a.turn < b.turn

/**
 * A FIFO queue: strict order within a group. A receive takes the messages of a group from its head and stops at the
 * first hidden one. So a message that is in flight or delayed blocks the messages behind it, not those before it. One
 * receive takes as many messages of a group as it can before the next group. A group that gave a message goes behind
 * all others.
 * Sources: Developer Guide, "FIFO queue and message group ID behavior"; API_ReceiveMessage, ReceiveRequestAttemptId.
 * AWS does not document the order among groups; LocalStack's tests recorded this order from AWS.
 */
export class FifoStore extends MessageStore {
  private lastTurn = 0
  private readonly groups = new Map<string, Group>()
  /** Groups whose head is visible. */
  private readonly open = new IndexedHeap<Group>(byTurn)

  protected joined(stored: StoredMessage): void {
    const message = stored as FifoMessage
    const id = message.group ?? ''
    let group = this.groups.get(id)
    if (group === undefined) {
      group = new Group(id, ++this.lastTurn)
      this.groups.set(id, group)
    }
    message.ahead = group.tail
    message.behind = undefined
    if (group.tail === undefined) group.head = message
    else group.tail.behind = message
    group.tail = message
  }

  protected parted(stored: StoredMessage): void {
    const message = stored as FifoMessage
    const group = this.groupOf(message)
    if (group === undefined) return
    const { ahead, behind } = message
    if (ahead === undefined) group.head = behind
    else ahead.behind = behind
    if (behind === undefined) group.tail = ahead
    else behind.ahead = ahead
    message.ahead = undefined
    message.behind = undefined
    if (group.head === undefined) this.groups.delete(group.id)
    else this.refresh(group)
  }

  protected enter(message: StoredMessage): void {
    const group = this.groupOf(message)
    if (group?.head === message) this.refresh(group)
  }

  protected leave(message: StoredMessage): void {
    const group = this.groupOf(message)
    if (group?.head === message && group.slot >= 0) this.open.remove(group)
  }

  protected flightChanged(): void {}

  take(max: number, offer: (message: StoredMessage) => boolean): void {
    for (let taken = 0; taken < max; ) {
      const group = this.open.peek()
      if (group === undefined) return
      const before = taken
      let message = group.head
      while (message !== undefined && message.state === VISIBLE && taken < max) {
        const behind: FifoMessage | undefined = message.behind
        if (offer(message)) taken += 1
        message = behind
      }
      // The receive hides the rest of the group. The group has left the heap and may enter it again at another place.
      if (taken > before) group.turn = ++this.lastTurn
    }
  }

  private refresh(group: Group): void {
    if (group.head?.state !== VISIBLE || group.slot >= 0) return
    this.open.push(group)
    this.news = true
  }

  private groupOf(message: StoredMessage): Group | undefined {
    return this.groups.get(message.group ?? '')
  }
}
