import { hashOf, SEGMENT_SPACE } from './hash.ts'
import { compareRows, type Row, type RowKey } from './row.ts'
import { type Bound, isBeyond, SortedList, type Start } from './sorted-list.ts'

/** Where a page goes on: behind this row. `row` is its primary key, which tells rows of an index with equal keys apart. */
export interface After extends RowKey {
  readonly row: RowKey
}

/** Bounds of sort keys, as `sortKeyText` gives them. */
export interface SortRange {
  readonly from?: Bound<string>
  readonly to?: Bound<string>
}

type Rows = SortedList<string, Row, RowKey>

/**
 * The rows of a table, or those that an index holds: partitions, each in the order of its sort keys; the partitions in
 * the order of a hash, for scans. In a table sort keys are unique within their partition, in an index they need not be.
 */
export class RowSpace {
  count = 0
  /** Most partitions of most tables hold one row: it needs no list around it. */
  private readonly partitions = new Map<string, Row | Rows>()
  private readonly order = new SortedList<number, string>(compareTexts)
  private readonly sortOf: (row: Row) => string

  /** @param sortOf the sort key in this space of a row that is in it */
  constructor(sortOf: (row: Row) => string) {
    this.sortOf = sortOf
  }

  /** The row of a table's key. */
  get(partition: string, sort: string): Row | undefined {
    const held = this.partitions.get(partition)
    if (held === undefined) return undefined
    if (held instanceof SortedList) return held.find(sort)
    return this.sortOf(held) === sort ? held : undefined
  }

  /** @param row must not be there under these keys yet */
  add(partition: string, sort: string, row: Row): void {
    this.count += 1
    const held = this.partitions.get(partition)
    if (held instanceof SortedList) {
      held.insert(sort, row)
    } else if (held === undefined) {
      this.partitions.set(partition, row)
      this.order.insert(hashOf(partition), partition)
    } else {
      const rows: Rows = new SortedList(compareRows)
      rows.insert(this.sortOf(held), held)
      rows.insert(sort, row)
      this.partitions.set(partition, rows)
    }
  }

  /** @param row must be there under these keys */
  remove(partition: string, sort: string, row: Row): void {
    const held = this.partitions.get(partition)
    if (held === undefined) return
    this.count -= 1
    if (held instanceof SortedList) {
      held.remove(sort, row)
      if (held.length > 0) return
    }
    this.partitions.delete(partition)
    this.order.remove(hashOf(partition), partition)
  }

  /** The rows of one partition in the order of their sort keys, or against it. */
  *query(partition: string, range: SortRange, forward: boolean, after?: After): Generator<Row, void> {
    const held = this.partitions.get(partition)
    if (held === undefined) return
    const [first, last] = forward ? [range.from, range.to] : [range.to, range.from]
    if (held instanceof SortedList) {
      for (const row of held.walk(forward, startOf(first, forward, after), last)) {
        // The walk begins with the row of the place itself, unless it has gone.
        if (after === undefined || compareRows(row, after.row) !== 0) yield row
      }
      return
    }
    const sort = this.sortOf(held)
    const isInside =
      (first === undefined || !isBeyond(sort, first, !forward)) &&
      (last === undefined || !isBeyond(sort, last, forward))
    if (isInside && (after === undefined || isBehind(sort, held, after, forward))) yield held
  }

  /** All rows of a segment of the space, partition by partition. */
  *scan(segment: number, segments: number, after?: After): Generator<Row, void> {
    const from = Math.ceil((segment * SEGMENT_SPACE) / segments)
    const to = Math.ceil(((segment + 1) * SEGMENT_SPACE) / segments)
    const reached = after === undefined ? -1 : hashOf(after.partition)
    const start: Start<number, string> =
      after === undefined || reached < from ? { key: from, place: 'before' } : { key: reached, place: after.partition }
    for (const partition of this.order.walk(true, start, { key: to, including: false })) {
      yield* this.query(partition, {}, true, partition === after?.partition ? after : undefined)
    }
  }

  /** Every row, in no order that means anything. The space may change between two of them. */
  *rows(): Generator<Row, void> {
    for (const held of this.partitions.values()) {
      if (held instanceof SortedList) yield* [...held.walk(true)]
      else yield held
    }
  }
}

function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}

function startOf(first: Bound<string> | undefined, forward: boolean, after: After | undefined) {
  // A place in front of the range begins with the range.
  if (after !== undefined && (first === undefined || !isBeyond(after.sort, first, !forward))) {
    return { key: after.sort, place: after.row }
  }
  if (first === undefined) return undefined
  const place = first.including === forward ? 'before' : 'after'
  return { key: first.key, place } as const
}

function isBehind(sort: string, row: RowKey, after: After, forward: boolean): boolean {
  const order = sort === after.sort ? compareRows(row, after.row) : sort < after.sort ? -1 : 1
  return forward ? order > 0 : order < 0
}
