import { dueShardOf, dueSort } from '../core/due.ts'
import type { Due, DueItem, DueKey, WriteAnswer } from '../ports/index.ts'

/** The due port in memory, with a view that tests and virtual time look through. */
export interface MemoryDue extends Due {
  items(): readonly DueItem[]
  /** The least minute that holds something. */
  nextMinute(): number | undefined
}

export interface MemoryDueOptions {
  /** Items in a page. @default 100 */
  readonly pageSize?: number
}

/** A call takes effect as a whole at once, and answers in a later turn. */
export function createMemoryDue({ pageSize = 100 }: MemoryDueOptions = {}): MemoryDue {
  const buckets = new Map<string, Map<string, DueItem>>()
  const bucketOf = ({ minute, id }: DueKey): string => `${minute}#${dueShardOf(id)}`
  const sortOf = ({ at, kind, id }: DueKey): string => dueSort(at, kind, id)

  return {
    async put(items) {
      return items.map((item): WriteAnswer => {
        const key = bucketOf(item)
        const bucket = buckets.get(key) ?? new Map<string, DueItem>()
        buckets.set(key, bucket)
        bucket.set(sortOf(item), Object.freeze({ ...item }))
        return { status: 'done' }
      })
    },
    async list(minute, shard, cursor = '') {
      const bucket = buckets.get(`${minute}#${shard}`) ?? new Map<string, DueItem>()
      const sorts = [...bucket.keys()].filter((sort) => sort > cursor).sort()
      const page = sorts.slice(0, pageSize)
      const last = page.at(-1)
      const items = page.map((sort) => bucket.get(sort) as DueItem)
      return { items, ...(sorts.length > page.length && last !== undefined && { cursor: last }) }
    },
    async remove(keys) {
      for (const key of keys) {
        const bucket = buckets.get(bucketOf(key))
        bucket?.delete(sortOf(key))
        if (bucket?.size === 0) buckets.delete(bucketOf(key))
      }
    },
    items: () => [...buckets.values()].flatMap((bucket) => [...bucket.values()]),
    nextMinute() {
      const minutes = [...buckets.keys()].map((key) => Number(key.split('#')[0]))
      return minutes.length === 0 ? undefined : Math.min(...minutes)
    },
  }
}
