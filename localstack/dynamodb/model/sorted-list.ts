/** How many entries a block has when it is split. */
const SPLIT_AT = 256

interface Block<Key, Value> {
  readonly keys: Key[]
  readonly values: Value[]
}

/** Where a walk begins. `before` and `after` stand for the place in front of, or behind, all entries of the key. */
export type Place<Tie> = 'before' | 'after' | Tie

export interface Start<Key, Tie> {
  readonly key: Key
  readonly place: Place<Tie>
}

/** The last key of a walk. */
export interface Bound<Key> {
  readonly key: Key
  readonly including: boolean
}

/**
 * Entries in the order of their keys, and of `tie` where keys are equal; flat in cost from one entry to millions.
 * A B-tree of two levels: blocks of some hundred entries.
 */
export class SortedList<Key extends string | number, Value extends Tie, Tie = Value> {
  length = 0
  private readonly blocks: Block<Key, Value>[] = []
  private readonly tie: (a: Tie, b: Tie) => number

  constructor(tie: (a: Tie, b: Tie) => number) {
    this.tie = tie
  }

  /** The new entry must not be there yet. */
  insert(key: Key, value: Value): void {
    this.length += 1
    const { blocks } = this
    if (blocks.length === 0) {
      blocks.push({ keys: [key], values: [value] })
      return
    }
    const at = Math.min(this.blockFor(key, value), blocks.length - 1)
    const { keys, values } = blocks[at] as Block<Key, Value>
    const index = this.indexIn(keys, values, key, value)
    if (index === keys.length) {
      keys.push(key)
      values.push(value)
    } else {
      keys.splice(index, 0, key)
      values.splice(index, 0, value)
    }
    if (keys.length <= SPLIT_AT) return
    // What only grows at its end keeps its blocks full.
    const half = at === blocks.length - 1 && index === keys.length - 1 ? SPLIT_AT : SPLIT_AT >> 1
    blocks.splice(at + 1, 0, { keys: keys.splice(half), values: values.splice(half) })
  }

  /** @returns whether it was there */
  remove(key: Key, value: Value): boolean {
    const at = this.blockFor(key, value)
    const block = this.blocks[at]
    if (block === undefined) return false
    const { keys, values } = block
    const index = this.indexIn(keys, values, key, value)
    if (index === keys.length || this.compare(keys[index] as Key, values[index] as Value, key, value) !== 0)
      return false
    this.length -= 1
    if (keys.length === 1) this.blocks.splice(at, 1)
    else {
      keys.splice(index, 1)
      values.splice(index, 1)
    }
    return true
  }

  /** The first entry of a key. */
  find(key: Key): Value | undefined {
    const at = this.blockFor(key, 'before')
    const block = this.blocks[at]
    if (block === undefined) return undefined
    const index = this.indexIn(block.keys, block.values, key, 'before')
    return block.keys[index] === key ? block.values[index] : undefined
  }

  /** From a place on, or from one end, to a bound, or to the other end; in order, or against it when `forward` is false. */
  *walk(forward: boolean, start?: Start<Key, Tie>, end?: Bound<Key>): Generator<Value, void> {
    const { blocks } = this
    let at = forward ? 0 : blocks.length - 1
    let index = forward ? 0 : (blocks[at]?.keys.length ?? 0) - 1
    if (start !== undefined) {
      at = this.blockFor(start.key, start.place)
      const block = blocks[at]
      index = block === undefined ? 0 : this.indexIn(block.keys, block.values, start.key, start.place)
      // Backwards begins with the entry in front of the place.
      if (!forward) index -= 1
      if (index < 0) {
        at -= 1
        index = (blocks[at]?.keys.length ?? 0) - 1
      }
    }
    const step = forward ? 1 : -1
    for (let block = blocks[at]; block !== undefined; block = blocks[at]) {
      const { keys, values } = block
      for (; index >= 0 && index < values.length; index += step) {
        if (end !== undefined && isBeyond(keys[index] as Key, end, forward)) return
        yield values[index] as Value
      }
      at += step
      index = forward ? 0 : (blocks[at]?.keys.length ?? 0) - 1
    }
  }

  /** The first block whose last entry does not come before the place, or the number of blocks if every block's does. */
  private blockFor(key: Key, place: Place<Tie>): number {
    let low = 0
    let high = this.blocks.length
    while (low < high) {
      const middle = (low + high) >> 1
      const { keys, values } = this.blocks[middle] as Block<Key, Value>
      const last = keys.length - 1
      if (this.compare(keys[last] as Key, values[last] as Value, key, place) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The first index whose entry is not in front of the place. */
  private indexIn(keys: Key[], values: Value[], key: Key, place: Place<Tie>): number {
    let low = 0
    let high = keys.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.compare(keys[middle] as Key, values[middle] as Value, key, place) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  private compare(keyA: Key, valueA: Value, keyB: Key, placeB: Place<Tie>): number {
    if (keyA !== keyB) return keyA < keyB ? -1 : 1
    if (placeB === 'before') return 1
    if (placeB === 'after') return -1
    return this.tie(valueA, placeB)
  }
}

/** Whether a key lies behind a bound, seen in the direction of the walk. */
export function isBeyond<Key extends string | number>(key: Key, end: Bound<Key>, forward: boolean): boolean {
  if (key === end.key) return !end.including
  return forward ? key > end.key : key < end.key
}
