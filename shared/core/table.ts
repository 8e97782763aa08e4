import { createHash } from 'node:crypto'

/**
 * Keys and attributes of the one table. Adding a key attribute later would need a backfill.
 *
 * | Item | pk | sk |
 * |---|---|---|
 * | task record | `task#<id>` | `record` |
 * | input too large for the record | `task#<id>` | `input#<ref>` |
 * | queue control | `control` | `queue#<queue>` |
 * | statistics of five minutes | `stats#<queue>#<day>#<shard>` | `b#<epoch 5 min>#<names>` |
 * | task names that they count | `stats#<queue>` | `names#<names>` |
 */
export const table = {
  partitionKey: 'pk',
  sortKey: 'sk',
  /** DynamoDB deletes items some days after this instant (epoch seconds). */
  ttl: 'expiresAt',
  /**
   * Every record, by queue and day of its enqueue. DynamoDB rewrites an entry (one write unit) when a key or a projected attribute changes, so only attributes
   * that stay the same within an opening are projected. `schedule`, `workflow` and `priority` are reserved.
   */
  timeIndex: {
    name: 'byTime',
    partitionKey: 'timeKey',
    sortKey: 'timeSort',
    projected: ['task', 'tenant', 'tags', 'root', 'parent', 'schedule', 'workflow', 'priority'],
  },
  /** Records in FAILURE by queue and day. Sparse: only failures have the keys. The transition to FAILURE, or an earlier one, sets every projected attribute. */
  failureIndex: {
    name: 'byFailure',
    partitionKey: 'failureKey',
    sortKey: 'failureSort',
    projected: ['task', 'tenant', 'tags', 'fingerprint', 'errorName', 'errorText', 'reason', 'build', 'attempt'],
  },
} as const

/** An index partition takes 1,000 writes a second, so one day of one queue is spread over this many. */
export const indexShards = 8

export const recordSort = 'record'

export function recordKey(id: string): string {
  return `task#${id}`
}

export function inputSort(ref: string): string {
  return `input#${ref}`
}

export const controlKey = 'control'

export function controlSort(queue: string): string {
  return `queue#${queue}`
}

export const hourMs = 3_600_000
export const dayMs = 24 * hourMs

/** The index shard of an id. */
export function shardOf(id: string): number {
  return createHash('sha1').update(id).digest()[0]! % indexShards
}

export function timeKey(queue: string, at: number, shard: number): string {
  return `${queue}#${Math.floor(at / dayMs)}#${shard}`
}

export function failureKey(queue: string, at: number, shard: number): string {
  return `${queue}#${Math.floor(at / dayMs)}#${shard}`
}

/** Sorts by time: 13 digits hold epoch milliseconds until the year 2286. */
export function timeSort(at: number, id: string): string {
  return `${String(at).padStart(13, '0')}#${id}`
}

/** Statistics are kept in items of five minutes. */
export const blockMs = 300_000

/** The partition of a queue's statistics for one day and shard. */
export function statisticsKey(queue: string, at: number, shard: number): string {
  return `stats#${queue}#${Math.floor(at / dayMs)}#${shard}`
}

/** Sorts by time: 8 digits hold the number of five-minute blocks until the year 2920. */
export function statisticsSort(at: number, names: string): string {
  return `b#${String(Math.floor(at / blockMs)).padStart(8, '0')}#${names}`
}

/** The partition of the task names that statistics refer to by position. */
export function namesKey(queue: string): string {
  return `stats#${queue}`
}

export function namesSort(names: string): string {
  return `names#${names}`
}

/** How many shards a queue's statistics are written to. Readers query all eight, since the number may change at any time. One shard takes 1,000 batches a second. */
export function statisticsShards(concurrency: number | undefined): number {
  return concurrency === undefined ? indexShards : Math.min(indexShards, Math.max(1, Math.ceil(concurrency / 25)))
}

/** Items of statistics live this long. */
export const statisticsTtlMs = 14 * dayMs
