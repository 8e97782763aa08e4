import { createHash } from 'node:crypto'

/**
 * Keys of due items. The length of a bucket and the number of shards are part of the keys and must never change.
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

/** The tick sends this far ahead: nothing is late until three ticks are missed. SQS delays the messages until they are due. */
export const lookAheadMs = 3 * minuteMs

/** A change of a schedule sends occurrences within this time at once: the tick may have done their minute already. */
export const horizonMs = 4 * minuteMs

/** Keys hold instants of 13 digits: until the year 2286. */
export const latestMs = 9_999_999_999_999

/** A due item holds a message up to this size, and costs one write unit. A larger message is built again from its record. */
export const dueBodyBytes = 900

/** The minute of an instant, counted from 1970. */
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
 * The bucket for an instant: its minute, or the first minute that the tick has not done yet.
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

/** The shards of one tick: `from` inclusive, `to` exclusive. */
export interface ShardRange {
  readonly from: number
  readonly to: number
}

export const allShards: ShardRange = { from: 0, to: dueShards }

export function tickSort({ from, to }: ShardRange): string {
  return `tick#${from}-${to}`
}
