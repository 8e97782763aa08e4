import type { Item } from './attribute-value.ts'

/** The place of a row in an order of rows: partition and sort key as `sortKeyText` gives them; '' without a sort key. */
export interface RowKey {
  readonly partition: string
  readonly sort: string
}

/** `expiresAt` of an item that does not expire. */
export const NEVER = -1

/** One item of a table. Its keys never change; indexes point to it, so an update that leaves their keys alone does not touch them. */
export class Row implements RowKey {
  readonly partition: string
  readonly sort: string
  /** When its time to live ends, in seconds since the epoch. */
  expiresAt: number
  /** Text is JSON that nobody has looked at since it was read from a log: it takes less memory and no time. */
  private content: Item | string
  private size: number

  constructor(partition: string, sort: string, content: Item | string, size: number, expiresAt: number) {
    this.partition = partition
    this.sort = sort
    this.content = content
    this.size = size
    this.expiresAt = expiresAt
  }

  get item(): Item {
    if (typeof this.content === 'string') this.content = JSON.parse(this.content) as Item
    return this.content
  }

  /** The item, for who goes over all rows and should not blow them up. */
  get glimpse(): Item {
    return typeof this.content === 'string' ? (JSON.parse(this.content) as Item) : this.content
  }

  get json(): string {
    return typeof this.content === 'string' ? this.content : JSON.stringify(this.content)
  }

  get bytes(): number {
    return this.size
  }

  replace(content: Item | string, size: number, expiresAt: number): void {
    this.content = content
    this.size = size
    this.expiresAt = expiresAt
  }
}

/** The order of rows with equal keys in an index: that of their primary keys. */
export function compareRows(a: RowKey, b: RowKey): number {
  if (a.partition !== b.partition) return a.partition < b.partition ? -1 : 1
  return a.sort === b.sort ? 0 : a.sort < b.sort ? -1 : 1
}
