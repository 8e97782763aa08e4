import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { controlKey, controlSort } from '../core/table.ts'
import type { Controls } from '../ports/index.ts'
import { request, type TableAccess } from './ledger-gets.ts'
import { attributes, keyOf } from './ledger-items.ts'

/**
 * The controls port on DynamoDB.
 *
 * @throws {TableAccessError} from every method, when no request can succeed: credentials, rights, region or table are wrong
 */
export function createDynamoControls(access: TableAccess): Controls {
  const { client, tableName } = access
  return {
    async read(queue) {
      const Key = keyOf(controlKey, controlSort(queue))
      const answer = await request(access, () =>
        client.send(new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true })),
      )
      const pausedAt = answer.Item?.pausedAt?.N
      return pausedAt === undefined ? {} : { pausedAt: Number(pausedAt) }
    },

    async write(queue, control) {
      const Item = { ...keyOf(controlKey, controlSort(queue)), ...attributes({ ...control }) }
      await request(access, () => client.send(new PutItemCommand({ TableName: tableName, Item })))
    },
  }
}
