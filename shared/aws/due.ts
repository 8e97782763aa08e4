import { type AttributeValue, QueryCommand } from '@aws-sdk/client-dynamodb'
import { dueKey, dueShardOf, dueSort, minuteMs } from '../core/due.ts'
import { TableAccessError } from '../core/errors.ts'
import { dayMs, table } from '../core/table.ts'
import type { Due, DueItem, DueKey, WriteAnswer } from '../ports/index.ts'
import { address, request, type TableAccess, writeItems } from './ledger-gets.ts'
import { attributes, type Item, keyOf } from './ledger-items.ts'

/** An item that no tick reads, because it came too late for its minute, is deleted after this. */
const forgottenMs = 90 * dayMs

/**
 * The due port on DynamoDB.
 *
 * @throws {TableAccessError} from every method, when no request can succeed: credentials, rights, region or table are wrong
 */
export function createDynamoDue(access: TableAccess): Due {
  const { client, tableName } = access
  return {
    async put(items) {
      const unique = new Map(items.map((item) => [addressOf(item), item]))
      const writes = [...unique.values()].map((item) => ({ PutRequest: { Item: dueItem(item) } }))
      try {
        await writeItems(access, writes)
        return items.map((): WriteAnswer => ({ status: 'done' }))
      } catch (error) {
        if (error instanceof TableAccessError) throw error
        const unknown = error instanceof Error ? error : new Error(String(error))
        return items.map((): WriteAnswer => ({ status: 'unknown', error: unknown }))
      }
    },

    async list(minute, shard, cursor) {
      const pk = dueKey(minute, shard)
      const { Items = [], LastEvaluatedKey } = await request(access, () =>
        client.send(
          new QueryCommand({
            TableName: tableName,
            ConsistentRead: true,
            KeyConditionExpression: '#pk = :pk',
            ExpressionAttributeNames: { '#pk': table.partitionKey },
            ExpressionAttributeValues: { ':pk': { S: pk } },
            ...(cursor !== undefined && { ExclusiveStartKey: keyOf(pk, cursor) }),
          }),
        ),
      )
      const next = LastEvaluatedKey?.[table.sortKey]?.S
      return { items: Items.map((item) => itemOf(minute, item)), ...(next !== undefined && { cursor: next }) }
    },

    async remove(keys) {
      const unique = new Map(keys.map((key) => [addressOf(key), key]))
      await writeItems(
        access,
        [...unique.values()].map((key) => ({ DeleteRequest: { Key: keyOf(...keysOf(key)) } })),
      )
    },
  }
}

function keysOf({ minute, kind, id, at }: DueKey): readonly [pk: string, sk: string] {
  return [dueKey(minute, dueShardOf(id)), dueSort(at, kind, id)]
}

function addressOf(key: DueKey): string {
  return address(...keysOf(key))
}

function dueItem({ minute, kind, id, at, ...fields }: DueItem): Item {
  const expiresAt = Math.ceil((Math.max(at, minute * minuteMs) + forgottenMs) / 1_000)
  return { ...keyOf(...keysOf({ minute, kind, id, at })), ...attributes({ ...fields, [table.ttl]: expiresAt }) }
}

function itemOf(minute: number, item: Record<string, AttributeValue>): DueItem {
  const [at = '', kind, ...id] = (item[table.sortKey]?.S ?? '').split('#')
  const queue = item.queue?.S
  const body = item.body?.S
  return {
    minute,
    kind: kind === 't' ? 'task' : 'schedule',
    id: id.join('#'),
    at: Number(at),
    generation: Number(item.generation?.N ?? 0),
    ...(queue !== undefined && { queue }),
    ...(body !== undefined && { body }),
  }
}
