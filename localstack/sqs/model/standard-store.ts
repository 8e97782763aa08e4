import { IndexedHeap, type Slotted } from './indexed-heap.ts'
import { RECEIVES_BEFORE_BACK } from './limits.ts'
import { MessageStore } from './message-store.ts'
import type { StoredMessage } from './stored-message.ts'

/** The messages of one tenant of a fair queue, or all messages without a group. */
class Tenant implements Slotted {
  readonly id: string | undefined
  slot = -1
  /** True while this tenant has to wait for the others. */
  noisy = false
  inFlight = 0
  size = 0
  readonly visible = new IndexedHeap<StoredMessage>((a, b) => a.order < b.order)

  constructor(id: string | undefined) {
    this.id = id
  }
}

const byHead = (a: Tenant, b: Tenant): boolean => (a.visible.peek()?.order ?? 0) < (b.visible.peek()?.order ?? 0)

// A tenant is noisy when it has at least this many messages in flight, ...
const NOISY_FROM = 2
// ... and this many times the average of the other tenants.
const NOISY_TIMES = 2

/**
 * A standard queue: first in, first out where possible. SQS orders on a best-effort basis; this model leaves out the
 * randomness. Two rules change the order. A message that was received three times goes behind all others. Messages
 * with a group make the queue fair: a tenant with a disproportionate share of the messages in flight waits while
 * other tenants have messages. When only noisy tenants have messages, none of them waits.
 * Sources: Developer Guide, "Amazon SQS fair queues"; "Available CloudWatch metrics for Amazon SQS".
 */
export class StandardStore extends MessageStore {
  private lastOrder = 0
  private readonly tenants = new Map<string | undefined, Tenant>()
  private readonly quiet = new IndexedHeap<Tenant>(byHead)
  private readonly loud = new IndexedHeap<Tenant>(byHead)

  protected joined(message: StoredMessage): void {
    message.order = ++this.lastOrder
    this.tenantOf(message).size += 1
  }

  protected parted(message: StoredMessage): void {
    const tenant = this.tenantOf(message)
    tenant.size -= 1
    if (tenant.size === 0) this.tenants.delete(tenant.id)
  }

  protected enter(message: StoredMessage): void {
    if (message.receives >= RECEIVES_BEFORE_BACK) message.order = ++this.lastOrder
    const tenant = this.tenantOf(message)
    tenant.visible.push(message)
    this.seat(tenant)
  }

  protected leave(message: StoredMessage): void {
    const tenant = this.tenantOf(message)
    tenant.visible.remove(message)
    this.seat(tenant)
  }

  protected flightChanged(message: StoredMessage, by: 1 | -1): void {
    const tenant = this.tenantOf(message)
    tenant.inFlight += by
    if (by < 0 && tenant.noisy && !this.isNoisy(tenant)) this.reseat(tenant, false)
  }

  take(max: number, offer: (message: StoredMessage) => boolean): void {
    for (let taken = 0; taken < max; ) {
      const message = this.next()
      if (message === undefined) return
      if (offer(message)) taken += 1
    }
  }

  private next(): StoredMessage | undefined {
    for (let tenant = this.quiet.peek(); tenant !== undefined; tenant = this.quiet.peek()) {
      if (!this.isNoisy(tenant)) return tenant.visible.peek()
      this.reseat(tenant, true)
    }
    return this.loud.peek()?.visible.peek()
  }

  private isNoisy(tenant: Tenant): boolean {
    if (tenant.id === undefined || tenant.inFlight < NOISY_FROM) return false
    const others = this.tenants.size - 1
    if (others === 0) return false
    return tenant.inFlight > NOISY_TIMES * ((this.inFlight - tenant.inFlight) / others)
  }

  private tenantOf(message: StoredMessage): Tenant {
    let tenant = this.tenants.get(message.group)
    if (tenant === undefined) {
      tenant = new Tenant(message.group)
      this.tenants.set(message.group, tenant)
    }
    return tenant
  }

  /** Keeps the tenant at the right place in its heap while it has visible messages, and out of the heap otherwise. */
  private seat(tenant: Tenant): void {
    const heap = tenant.noisy ? this.loud : this.quiet
    if (tenant.visible.size === 0) {
      if (tenant.slot >= 0) heap.remove(tenant)
    } else if (tenant.slot < 0) {
      heap.push(tenant)
    } else {
      heap.update(tenant)
    }
  }

  private reseat(tenant: Tenant, noisy: boolean): void {
    if (tenant.slot >= 0) (tenant.noisy ? this.loud : this.quiet).remove(tenant)
    tenant.noisy = noisy
    this.seat(tenant)
  }
}
