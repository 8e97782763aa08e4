import { PutItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { addCounts, type Counters, countersOf, countsOf, namesHash, noCounts } from '../core/statistics.ts'
import {
  blockMs,
  dayMs,
  indexShards,
  namesKey,
  namesSort,
  statisticsKey,
  statisticsSort,
  statisticsTtlMs,
  table,
} from '../core/table.ts'
import type { Statistics, StatisticsDelta, StatisticsRange } from '../ports/index.ts'
import { atOnce } from './at-once.ts'
import { address, getItems, request, type TableAccess } from './ledger-gets.ts'
import { type Item, keyOf } from './ledger-items.ts'

const requestsAtOnce = 8
const minuteMs = 60_000

/**
 * The statistics port on DynamoDB.
 *
 * @throws {TableAccessError} from `sum`, when no request can succeed: credentials, rights, region or table are wrong
 */
export function createDynamoStatistics(access: TableAccess): Statistics {
  const { client, tableName, random } = access
  /** Names that this process has written or read: they never change. By queue and hash. */
  const known = new Map<string, readonly string[]>()

  async function writeNames({ queue, names }: StatisticsDelta): Promise<void> {
    const found = namesHash(names)
    const key = address(namesKey(queue), namesSort(found))
    if (known.has(key)) return
    known.set(key, names)
    const Item = { ...keyOf(namesKey(queue), namesSort(found)), names: { S: JSON.stringify(names) } }
    const ConditionExpression = `attribute_not_exists(${table.partitionKey})`
    await client
      .send(new PutItemCommand({ TableName: tableName, Item, ConditionExpression }))
      .catch((error: Error) => void (error.name === 'ConditionalCheckFailedException' || known.delete(key)))
  }

  async function readNames(queue: string, hashes: readonly string[]): Promise<void> {
    const missing = hashes.filter((each) => !known.has(address(namesKey(queue), namesSort(each))))
    if (missing.length === 0) return
    const keys = missing.map((each) => keyOf(namesKey(queue), namesSort(each)))
    for (const [key, { names }] of await getItems(access, keys, false))
      if (names?.S !== undefined) known.set(key, JSON.parse(names.S) as readonly string[])
  }

  /** The items of one day and shard. */
  async function readShard(queue: string, range: StatisticsRange, day: number, shard: number): Promise<Item[]> {
    const items: Item[] = []
    let start: Item | undefined
    do {
      const answer = await request(access, () =>
        client.send(
          new QueryCommand({
            TableName: tableName,
            KeyConditionExpression: '#pk = :pk AND #sk BETWEEN :from AND :to',
            ExpressionAttributeNames: { '#pk': table.partitionKey, '#sk': table.sortKey },
            ExpressionAttributeValues: {
              ':pk': { S: statisticsKey(queue, day * dayMs, shard) },
              ':from': { S: statisticsSort(range.from, '') },
              // No hash sorts behind this.
              ':to': { S: statisticsSort(range.to - 1, '~') },
            },
            ...(start && { ExclusiveStartKey: start }),
          }),
        ),
      )
      items.push(...(answer.Items ?? []))
      start = answer.LastEvaluatedKey
    } while (start !== undefined)
    return items
  }

  return {
    async add(deltas) {
      await atOnce(4, deltas, async (delta) => {
        const update = countCommand(tableName, delta, Math.floor(random.fraction() * delta.shards))
        if (update === undefined) return
        await writeNames(delta)
        // A count that is lost is lost: adding is not idempotent, so nothing can be tried again.
        await client.send(update).catch(() => undefined)
      })
    },

    async sum(range) {
      const { queue, from, to } = range
      if (from >= to) return noCounts
      const shards: (readonly [day: number, shard: number])[] = []
      for (let day = Math.floor(from / dayMs); day * dayMs < to; day++)
        for (let shard = 0; shard < indexShards; shard++) shards.push([day, shard])
      const items = (await atOnce(requestsAtOnce, shards, ([day, shard]) => readShard(queue, range, day, shard))).flat()
      await readNames(queue, [...new Set(items.map(hashIn))])
      return items
        .map((item) => countsOf(countersIn(item), known.get(address(namesKey(queue), namesSort(hashIn(item)))) ?? []))
        .reduce(addCounts, noCounts)
    },
  }
}

function hashIn(item: Item): string {
  const sort = item[table.sortKey]?.S ?? ''
  return sort.slice(sort.lastIndexOf('#') + 1)
}

function countersIn(item: Item): Counters {
  const counters: Record<string, number> = {}
  for (const [name, { N }] of Object.entries(item))
    if (N !== undefined && name !== table.ttl) counters[name] = Number(N)
  return counters
}

function countCommand(tableName: string, delta: StatisticsDelta, shard: number): UpdateItemCommand | undefined {
  const { queue, at, names } = delta
  const counters = Object.entries(countersOf(delta.counts, names, Math.floor((at % blockMs) / minuteMs)))
  if (counters.length === 0) return undefined
  const expiresAt = Math.ceil((at + statisticsTtlMs) / 1_000)
  return new UpdateItemCommand({
    TableName: tableName,
    Key: keyOf(statisticsKey(queue, at, shard), statisticsSort(at, namesHash(names))),
    UpdateExpression: `ADD ${counters.map((_, index) => `#n${index} :n${index}`).join(', ')} SET #ttl = :ttl`,
    ExpressionAttributeNames: Object.fromEntries([
      ['#ttl', table.ttl],
      ...counters.map(([name], index) => [`#n${index}`, name]),
    ]),
    ExpressionAttributeValues: Object.fromEntries([
      [':ttl', { N: String(expiresAt) }],
      ...counters.map(([, amount], index) => [`:n${index}`, { N: String(amount) }]),
    ]),
  })
}
