import { UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { hourMs, indexShards, statisticsKey, statisticsSort, statisticsTtlMs, table } from '../core/table.ts'
import type { Statistics, StatisticsDelta } from '../ports/index.ts'
import { atOnce } from './at-once.ts'
import { getItems, type TableAccess } from './ledger-gets.ts'
import { type Item, keyOf } from './ledger-items.ts'

/**
 * The statistics port on DynamoDB.
 *
 * @throws {TableAccessError} from `sum`, when no request can succeed: credentials, rights, region or table are wrong
 */
export function createDynamoStatistics(access: TableAccess): Statistics {
  const { client, tableName, random } = access
  return {
    async add(deltas) {
      await atOnce(4, deltas, async (delta) => {
        const update = countCommand(tableName, delta, Math.floor(random.fraction() * indexShards))
        // A count that is lost is lost: adding is not idempotent, so nothing can be tried again.
        if (update !== undefined) await client.send(update).catch(() => undefined)
      })
    },

    async sum({ queue, from, to }) {
      const keys: Item[] = []
      for (let at = Math.floor(from / hourMs) * hourMs; at < to; at += hourMs) {
        for (let shard = 0; shard < indexShards; shard++)
          keys.push(keyOf(statisticsKey(queue, at, shard), statisticsSort))
      }
      const total: Record<string, number> = {}
      for (const item of (await getItems(access, keys, false)).values()) {
        for (const [name, { N }] of Object.entries(item)) {
          if (N !== undefined && name !== table.ttl) total[name] = (total[name] ?? 0) + Number(N)
        }
      }
      return total
    },
  }
}

function countCommand(tableName: string, delta: StatisticsDelta, shard: number): UpdateItemCommand | undefined {
  const { queue, at, counts } = delta
  const names = Object.keys(counts).filter((name) => counts[name] !== 0)
  if (names.length === 0) return undefined
  const expiresAt = Math.ceil((at + statisticsTtlMs) / 1_000)
  return new UpdateItemCommand({
    TableName: tableName,
    Key: keyOf(statisticsKey(queue, at, shard), statisticsSort),
    UpdateExpression: `ADD ${names.map((_, index) => `#n${index} :n${index}`).join(', ')} SET #ttl = :ttl`,
    ExpressionAttributeNames: Object.fromEntries([
      ['#ttl', table.ttl],
      ...names.map((name, index) => [`#n${index}`, name]),
    ]),
    ExpressionAttributeValues: Object.fromEntries([
      [':ttl', { N: String(expiresAt) }],
      ...names.map((name, index) => [`:n${index}`, { N: String(counts[name]) }]),
    ]),
  })
}
