import { createHash } from 'node:crypto'

/**
 * Keys of what is due later. The minute and the number of shards are part of the keys: they never change.
 *
 * | Item | pk | sk |
 * |---|---|---|
 * | due task | `due#<minute>#<shard>` | `<epoch ms, 13 digits>#t#<id>` |
 * | due schedule | `due#<minute>#<shard>` | `<epoch ms, 13 digits>#s#<name>` |
 * | schedule | `schedule#<shard>` | `<name>` |
 * | tick | `control` | `tick#<from>-<to>` |
 */
export const minuteMs = 60_000

/** A partition takes 1,000 writes a second: 16,000 into one minute. An empty minute costs 16 queries. */
export const dueShards = 16

/** The tick sends this far ahead: three ticks may be missed before anything is late. SQS keeps what is sent until its time. */
export const lookAheadMs = 3 * minuteMs

/** What is due within this time is sent at once by whoever changes a schedule: the tick may be past its minute already. */
export const horizonMs = 4 * minuteMs

/** Keys hold instants of 13 digits: until the year 2286. */
export const latestMs = 9_999_999_999_999

/** A message up to this size lies in the due item; a larger one is made again from its record. One write unit for the item. */
export const dueBodyBytes = 900

/** The minute that an instant lies in, counted from 1970. */
export function minuteOf(at: number): number {
  return Math.floor(at / minuteMs)
}

export function dueShardOf(idOrName: string): number {
  return createHash('sha1').update(idOrName).digest()[0]! % dueShards
}

/** The last minute whose items a tick at `now` sends. */
export function lastMinuteOf(now: number): number {
  return Math.ceil((now + lookAheadMs) / minuteMs) - 1
}

/**
 * The bucket for an instant: its minute, or the first one that the tick has not done.
 *
 * @param doneUntil the last minute that the tick is known to have done
 */
export function bucketOf(at: number, doneUntil: number): number {
  return Math.max(minuteOf(at), doneUntil + 1)
}

export function dueKey(minute: number, shard: number): string {
  return `due#${minute}#${shard}`
}

export function dueSort(at: number, kind: 'task' | 'schedule', idOrName: string): string {
  return `${String(at).padStart(13, '0')}#${kind === 'task' ? 't' : 's'}#${idOrName}`
}

export function scheduleKey(shard: number): string {
  return `schedule#${shard}`
}

/** Shards `from` to `to`, the second excluded, belong to one tick. */
export interface ShardRange {
  readonly from: number
  readonly to: number
}

export const allShards: ShardRange = { from: 0, to: dueShards }

export function tickSort({ from, to }: ShardRange): string {
  return `tick#${from}-${to}`
}
