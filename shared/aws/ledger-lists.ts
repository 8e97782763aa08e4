import { QueryCommand } from '@aws-sdk/client-dynamodb'
import { dayMs, failureKey, indexShards, table, timeKey, timeSort } from '../core/table.ts'
import type { TimePage, TimeQuery } from '../ports/index.ts'
import { request, type TableAccess } from './ledger-gets.ts'
import type { Item } from './ledger-items.ts'

/** An index whose partitions are a queue's days, each spread over shards. */
export interface DayIndex {
  readonly name: string
  readonly partitionKey: string
  readonly sortKey: string
  partition(queue: string, at: number, shard: number): string
}

export const byTime: DayIndex = { ...table.timeIndex, partition: timeKey }
export const byFailure: DayIndex = { ...table.failureIndex, partition: failureKey }

/** Days looked through for one page, eight small queries each. A page may end empty and go on with its cursor. */
const daysPerPage = 4

const idIn = (sort: string): string => sort.slice(sort.indexOf('#') + 1)
const instantIn = (sort: string): number => Number(sort.slice(0, sort.indexOf('#')))

/**
 * One page, in the order of time over all shards. A cursor is the sort key of the last entry, or of the instant where the next day begins.
 *
 * Each shard gives a little more than its part of the page; entries are certain up to the least last entry of those shards that have more.
 */
export async function listPage(access: TableAccess, index: DayIndex, query: TimeQuery): Promise<TimePage> {
  const { queue, limit } = query
  const newestFirst = query.order !== 'oldest'
  // Nothing lies far ahead: a range without an end costs no more than one that ends tomorrow.
  const to = Math.min(query.to, access.clock.now() + dayMs)
  const from = Math.max(query.from, 0)
  const ids: string[] = []
  let cursor = query.cursor
  for (let visited = 0; visited < daysPerPage; visited++) {
    const day = dayAt(newestFirst, cursor, from, to)
    if (day === undefined) return { ids }
    const shards = await Promise.all(
      Array.from({ length: indexShards }, (_, shard) =>
        queryShard(access, index, newestFirst, {
          partition: index.partition(queue, day.start, shard),
          low: sortOf(Math.max(from, day.start)),
          high: sortOf(Math.min(to, day.end)),
          cursor,
          limit: Math.ceil(((limit - ids.length) / indexShards) * 1.5) + 2,
        }),
      ),
    )
    const { sorts, complete } = merge(shards, newestFirst)
    const taken = sorts.slice(0, limit - ids.length)
    ids.push(...taken.map(idIn))
    const finished = complete && taken.length === sorts.length
    cursor = finished ? sortOf(newestFirst ? day.start : day.end) : (taken.at(-1) ?? cursor)
    if (ids.length >= limit) break
  }
  return cursor !== undefined && dayAt(newestFirst, cursor, from, to) !== undefined ? { ids, cursor } : { ids }
}

function sortOf(at: number): string {
  return timeSort(at, '')
}

/** Where the cursor stands: in which day the next entry can be. Undefined: beyond the range. */
function dayAt(
  newestFirst: boolean,
  cursor: string | undefined,
  from: number,
  to: number,
): { readonly start: number; readonly end: number } | undefined {
  let at = newestFirst ? to - 1 : from
  if (cursor !== undefined) {
    const stands = instantIn(cursor)
    // The bare instant of a border belongs to the later bucket; newest first it is done with that one.
    at =
      newestFirst && idIn(cursor) === ''
        ? Math.min(at, stands - 1)
        : newestFirst
          ? Math.min(at, stands)
          : Math.max(at, stands)
  }
  if (!(at >= from && at < to)) return undefined
  const start = Math.floor(at / dayMs) * dayMs
  return { start, end: start + dayMs }
}

interface Shard {
  readonly sorts: readonly string[]
  /** There is more after the last one. */
  readonly more: boolean
}

async function queryShard(
  access: TableAccess,
  index: DayIndex,
  newestFirst: boolean,
  range: {
    readonly partition: string
    readonly low: string
    readonly high: string
    readonly cursor: string | undefined
    readonly limit: number
  },
): Promise<Shard> {
  const { cursor } = range
  const low = !newestFirst && cursor !== undefined && cursor > range.low ? cursor : range.low
  const high = newestFirst && cursor !== undefined && cursor < range.high ? cursor : range.high
  let start: Item | undefined
  for (;;) {
    const { Items = [], LastEvaluatedKey } = await request(access, () =>
      access.client.send(
        new QueryCommand({
          TableName: access.tableName,
          IndexName: index.name,
          KeyConditionExpression: '#partition = :partition AND #sort BETWEEN :low AND :high',
          ExpressionAttributeNames: { '#partition': index.partitionKey, '#sort': index.sortKey },
          ExpressionAttributeValues: { ':partition': { S: range.partition }, ':low': { S: low }, ':high': { S: high } },
          ScanIndexForward: !newestFirst,
          Limit: range.limit,
          ...(start && { ExclusiveStartKey: start }),
        }),
      ),
    )
    // BETWEEN includes its ends: the cursor's own entry was given before.
    const sorts = Items.map((item) => item[index.sortKey]?.S ?? '').filter((sort) => sort !== cursor)
    if (sorts.length > 0 || LastEvaluatedKey === undefined) return { sorts, more: LastEvaluatedKey !== undefined }
    start = LastEvaluatedKey
  }
}

function merge(shards: readonly Shard[], newestFirst: boolean) {
  const before = newestFirst ? (a: string, b: string) => a > b : (a: string, b: string) => a < b
  let frontier: string | undefined
  for (const { sorts, more } of shards) {
    const last = sorts.at(-1)
    if (more && last !== undefined && (frontier === undefined || before(last, frontier))) frontier = last
  }
  const certain = shards
    .flatMap(({ sorts }) => sorts)
    .filter((sort) => frontier === undefined || !before(frontier, sort))
    .sort((a, b) => (before(a, b) ? -1 : 1))
  return { sorts: certain, complete: frontier === undefined }
}
