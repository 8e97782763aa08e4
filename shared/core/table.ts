import { createHash } from 'node:crypto'

/**
 * Keys and attributes of the one table. Key attributes are right from the first version: adding one later means a backfill.
 *
 * | Item | pk | sk |
 * |---|---|---|
 * | task record | `task#<id>` | `record` |
 * | input too large for the record | `task#<id>` | `input#<ref>` |
 * | queue control | `control` | `queue#<queue>` |
 * | statistics | `stats#<queue>#<hour>#<shard>` | `counts` |
 */
export const table = {
  partitionKey: 'pk',
  sortKey: 'sk',
  /** DynamoDB deletes items some days after this instant (epoch seconds). */
  ttl: 'expiresAt',
  /** Every record by queue and hour of its enqueue, KEYS_ONLY. Fixed at enqueue: a state in an index key would cost two more writes per transition. */
  timeIndex: { name: 'byTime', partitionKey: 'timeKey', sortKey: 'timeSort' },
  /** Records in FAILURE by queue and day, KEYS_ONLY. Sparse: only failures have the attributes. */
  failureIndex: { name: 'byFailure', partitionKey: 'failureKey', sortKey: 'failureSort' },
} as const

/** An index partition takes 1,000 writes a second, so one hour of one queue is spread over this many. */
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

/** A shard of the indexes, the same for the same id. */
export function shardOf(id: string): number {
  return createHash('sha1').update(id).digest()[0]! % indexShards
}

export function timeKey(queue: string, at: number, shard: number): string {
  return `${queue}#${Math.floor(at / hourMs)}#${shard}`
}

export function failureKey(queue: string, at: number, shard: number): string {
  return `${queue}#${Math.floor(at / dayMs)}#${shard}`
}

/** Sorts as time does: 13 digits hold epoch milliseconds until the year 2286. */
export function timeSort(at: number, id: string): string {
  return `${String(at).padStart(13, '0')}#${id}`
}

export function statisticsKey(queue: string, at: number, shard: number): string {
  return `stats#${queue}#${Math.floor(at / hourMs)}#${shard}`
}

export const statisticsSort = 'counts'

/** Counters of one hour live this long. */
export const statisticsTtlMs = 14 * dayMs
