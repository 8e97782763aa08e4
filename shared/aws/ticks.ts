import { QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { tickSort } from '../core/due.ts'
import { controlKey, table } from '../core/table.ts'
import type { TickState, Ticks, TickWrite, WriteAnswer } from '../ports/index.ts'
import { atOnce } from './at-once.ts'
import { conditionalAnswer } from './conditional-answer.ts'
import { request, type TableAccess } from './ledger-gets.ts'
import { attribute, fieldsOf, type Item, keyOf } from './ledger-items.ts'

const writesAtOnce = 4

/**
 * The ticks port on DynamoDB.
 *
 * @throws {TableAccessError} from every method, when no request can succeed: credentials, rights, region or table are wrong
 */
export function createDynamoTicks(access: TableAccess): Ticks {
  const { client, tableName } = access
  return {
    async read() {
      const { Items = [] } = await request(access, () =>
        client.send(
          new QueryCommand({
            TableName: tableName,
            ConsistentRead: true,
            KeyConditionExpression: '#pk = :pk AND begins_with(#sk, :prefix)',
            ExpressionAttributeNames: { '#pk': table.partitionKey, '#sk': table.sortKey },
            ExpressionAttributeValues: { ':pk': { S: controlKey }, ':prefix': { S: 'tick#' } },
          }),
        ),
      )
      return Items.map(stateOf)
    },

    write: (writes) =>
      atOnce(writesAtOnce, writes, (write): Promise<WriteAnswer> => {
        const command = updateOf(tableName, write)
        return conditionalAnswer(access, () => client.send(command))
      }),
  }
}

function updateOf(tableName: string, write: TickWrite): UpdateItemCommand {
  const { range, token, now, leaseUntil, doneUntil, codeHash } = write
  const set: Readonly<Record<string, string | number | undefined>> = {
    at: now,
    doneUntil,
    codeHash,
    ...(leaseUntil !== undefined && { leaseUntil, token }),
  }
  const named = Object.entries(set).filter((entry): entry is [string, string | number] => entry[1] !== undefined)
  const names = Object.fromEntries(
    ['token', 'leaseUntil', ...named.map(([name]) => name)].map((each) => [`#${each}`, each]),
  )
  const values = Object.fromEntries(named.map(([name, value]) => [`:${name}`, attribute(value)]))
  const remove = leaseUntil === undefined ? ' REMOVE #token, #leaseUntil' : ''
  return new UpdateItemCommand({
    TableName: tableName,
    Key: keyOf(controlKey, tickSort(range)),
    UpdateExpression: `SET ${named.map(([name]) => `#${name} = :${name}`).join(', ')}${remove}`,
    ConditionExpression: 'attribute_not_exists(#token) OR #token = :own OR #leaseUntil <= :at',
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: { ...values, ':own': { S: token } },
  })
}

function stateOf(item: Item): TickState {
  const [from, to] = (item[table.sortKey]?.S ?? '').slice('tick#'.length).split('-').map(Number)
  const { doneUntil, codeHash, at } = fieldsOf(item) as Omit<TickState, 'range'>
  return {
    range: { from: from ?? 0, to: to ?? 0 },
    ...(doneUntil !== undefined && { doneUntil }),
    ...(codeHash !== undefined && { codeHash }),
    ...(at !== undefined && { at }),
  }
}
