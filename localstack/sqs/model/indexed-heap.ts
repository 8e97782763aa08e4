/** A heap item stores its own position, so removal from the middle is O(log n). -1: in no heap. */
export interface Slotted {
  slot: number
}

/** A binary min-heap whose members can be removed and re-ordered in place. A member is in at most one heap. */
export class IndexedHeap<Item extends Slotted> {
  private readonly items: Item[] = []
  private readonly before: (a: Item, b: Item) => boolean

  constructor(before: (a: Item, b: Item) => boolean) {
    this.before = before
  }

  get size(): number {
    return this.items.length
  }

  peek(): Item | undefined {
    return this.items[0]
  }

  push(item: Item): void {
    this.items.push(item)
    this.rise(item, this.items.length - 1)
  }

  pop(): Item | undefined {
    const top = this.items[0]
    if (top !== undefined) this.remove(top)
    return top
  }

  remove(item: Item): void {
    const slot = item.slot
    const last = this.items.pop()
    item.slot = -1
    if (last === undefined || last === item) return
    this.rise(last, slot)
    this.sink(last, last.slot)
  }

  /** Call after the item's key changed. */
  update(item: Item): void {
    this.rise(item, item.slot)
    this.sink(item, item.slot)
  }

  clear(): void {
    for (const item of this.items) item.slot = -1
    this.items.length = 0
  }

  [Symbol.iterator](): IterableIterator<Item> {
    return this.items[Symbol.iterator]()
  }

  private rise(item: Item, from: number): void {
    const items = this.items
    let slot = from
    while (slot > 0) {
      const above = (slot - 1) >> 1
      const parent = items[above] as Item
      if (!this.before(item, parent)) break
      items[slot] = parent
      parent.slot = slot
      slot = above
    }
    items[slot] = item
    item.slot = slot
  }

  private sink(item: Item, from: number): void {
    const items = this.items
    const size = items.length
    let slot = from
    for (;;) {
      let below = 2 * slot + 1
      if (below >= size) break
      let child = items[below] as Item
      if (below + 1 < size) {
        const right = items[below + 1] as Item
        if (this.before(right, child)) {
          child = right
          below += 1
        }
      }
      if (!this.before(child, item)) break
      items[slot] = child
      child.slot = slot
      slot = below
    }
    items[slot] = item
    item.slot = slot
  }
}
