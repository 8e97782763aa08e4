import { IndexedHeap, type Slotted } from './indexed-heap.ts'
import { RECEIVES_BEFORE_BACK } from './limits.ts'
import { MessageStore } from './message-store.ts'
import type { StoredMessage } from './stored-message.ts'

/** The messages of one tenant of a fair queue, or all those without a group. */
class Tenant implements Slotted {
  readonly id: string | undefined
  slot = -1
  /** Among the tenants that have to wait. */
  noisy = false
  inFlight = 0
  size = 0
  readonly visible = new IndexedHeap<StoredMessage>((a, b) => a.order < b.order)

  constructor(id: string | undefined) {
    this.id = id
  }
}

const byHead = (a: Tenant, b: Tenant): boolean => (a.visible.peek()?.order ?? 0) < (b.visible.peek()?.order ?? 0)

// A tenant is noisy with at least this many messages in flight, ...
const NOISY_FROM = 2
// ... and this many times as many as the others have on average.
const NOISY_TIMES = 2

/**
 * A standard queue: first come, first served as far as possible, which is SQS's best-effort order without its chance.
 * Two things change the order. A message that was received three times goes behind all others. And messages with a
 * group make the queue fair: a tenant with a disproportionate share of what is in flight waits while others have
 * something; nobody is slowed down when only noisy tenants have anything.
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

  /** Keeps the tenant in its heap, in the right place, exactly while it has something visible. */
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
