import { PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { dueShardOf, dueShards, scheduleKey } from '../core/due.ts'
import type { ScheduleRecord } from '../core/schedule-record.ts'
import { table } from '../core/table.ts'
import type { Schedules, ScheduleWrite, WriteAnswer } from '../ports/index.ts'
import { atOnce } from './at-once.ts'
import { conditionalAnswer } from './conditional-answer.ts'
import { address, getItems, request, type TableAccess } from './ledger-gets.ts'
import { attributes, fieldsOf, type Item, keyOf } from './ledger-items.ts'

const writesAtOnce = 4

/**
 * The schedules port on DynamoDB.
 *
 * @throws {TableAccessError} from every method, when no request can succeed: credentials, rights, region or table are wrong
 */
export function createDynamoSchedules(access: TableAccess): Schedules {
  const { client, tableName, clock } = access
  const hasExpired = ({ expiresAt }: ScheduleRecord): boolean =>
    expiresAt !== undefined && expiresAt * 1_000 <= clock.now()

  const writeOne = ({ record, expected }: ScheduleWrite): Promise<WriteAnswer> => {
    const isFree = '(attribute_not_exists(#pk) OR #ttl <= :now)'
    return conditionalAnswer(access, () =>
      client.send(
        new PutItemCommand({
          TableName: tableName,
          Item: scheduleItem(record),
          ConditionExpression: expected === 0 ? isFree : '#v = :v',
          ExpressionAttributeNames: expected === 0 ? { '#pk': table.partitionKey, '#ttl': table.ttl } : { '#v': 'v' },
          ExpressionAttributeValues:
            expected === 0
              ? { ':now': { N: String(Math.floor(clock.now() / 1_000)) } }
              : { ':v': { N: String(expected) } },
        }),
      ),
    )
  }

  return {
    async read(names) {
      const keyed = names.map((name) => [scheduleKey(dueShardOf(name)), name] as const)
      const found = await getItems(
        access,
        keyed.map((key) => keyOf(...key)),
        true,
      )
      return keyed.map((key) => {
        const item = found.get(address(...key))
        const record = item && recordOf(item)
        return record === undefined || hasExpired(record) ? undefined : record
      })
    },

    async list({ limit, prefix, cursor }) {
      const [shardText = '0', ...rest] = (cursor ?? '0').split('#')
      const shard = Number(shardText)
      const after = rest.join('#')
      const pk = scheduleKey(shard)
      const { Items = [], LastEvaluatedKey } = await request(access, () =>
        client.send(
          new QueryCommand({
            TableName: tableName,
            ConsistentRead: true,
            Limit: limit,
            KeyConditionExpression: prefix ? '#pk = :pk AND begins_with(#sk, :prefix)' : '#pk = :pk',
            ExpressionAttributeNames: { '#pk': table.partitionKey, ...(prefix && { '#sk': table.sortKey }) },
            ExpressionAttributeValues: { ':pk': { S: pk }, ...(prefix && { ':prefix': { S: prefix } }) },
            ...(after !== '' && { ExclusiveStartKey: keyOf(pk, after) }),
          }),
        ),
      )
      const last = LastEvaluatedKey?.[table.sortKey]?.S
      const next = last !== undefined ? `${shard}#${last}` : shard + 1 < dueShards ? String(shard + 1) : undefined
      const records = Items.map(recordOf).filter((record) => !hasExpired(record))
      return { records, ...(next !== undefined && { cursor: next }) }
    },

    write: (writes) => atOnce(writesAtOnce, writes, writeOne),
  }
}

function scheduleItem({ name, ...fields }: ScheduleRecord): Item {
  return { ...keyOf(scheduleKey(dueShardOf(name)), name), ...attributes(fields) }
}

function recordOf(item: Item): ScheduleRecord {
  return { name: item[table.sortKey]?.S ?? '', ...fieldsOf(item) } as unknown as ScheduleRecord
}
