import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  type TableDescription,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import { table } from '../core/table.ts'

/** CreateTable's input for the one table. On demand. */
export function createTableInput(name: string): CreateTableCommandInput {
  const keys = [table, table.timeIndex, table.failureIndex].flatMap((each) => [each.partitionKey, each.sortKey])
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: keys.map((key) => ({ AttributeName: key, AttributeType: 'S' })),
    KeySchema: keySchema(table),
    GlobalSecondaryIndexes: [table.timeIndex, table.failureIndex].map((index) => ({
      IndexName: index.name,
      KeySchema: keySchema(index),
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: [...index.projected] },
    })),
  }
}

/**
 * Creates the table unless it is there, and waits until it can be used. For local engines and tests; in an account the CDK stack owns it.
 *
 * @param options.maxWaitSeconds until CreateTable's table is active. @default 60
 * @throws {Error} when a table of this name has other keys or indexes
 */
export async function ensureTable(
  client: DynamoDBClient,
  name: string,
  options: { readonly maxWaitSeconds?: number } = {},
): Promise<void> {
  try {
    await client.send(new CreateTableCommand(createTableInput(name)))
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error
  }
  // Local engines are done at once; the waiter's own first pause would be 20 s.
  const { Table } = await client.send(new DescribeTableCommand({ TableName: name }))
  if (Table?.TableStatus !== 'ACTIVE') {
    await waitUntilTableExists(
      { client, maxWaitTime: options.maxWaitSeconds ?? 60, minDelay: 1, maxDelay: 2 },
      {
        TableName: name,
      },
    )
  }
  refuseOtherShape(name, Table)
  await ensureTimeToLive(client, name)
}

async function ensureTimeToLive(client: DynamoDBClient, name: string): Promise<void> {
  try {
    await client.send(
      new UpdateTimeToLiveCommand({
        TableName: name,
        TimeToLiveSpecification: { AttributeName: table.ttl, Enabled: true },
      }),
    )
  } catch (error) {
    // DynamoDB's answer when it is enabled already. Any other validation error cannot come of a constant input.
    if (!(error instanceof Error && error.name === 'ValidationException')) throw error
  }
}

function keySchema(of: { readonly partitionKey: string; readonly sortKey: string }) {
  return [
    { AttributeName: of.partitionKey, KeyType: 'HASH' as const },
    { AttributeName: of.sortKey, KeyType: 'RANGE' as const },
  ]
}

function refuseOtherShape(name: string, found: TableDescription | undefined): void {
  const expected = createTableInput(name)
  const wanted = shapeOf(expected.KeySchema, expected.GlobalSecondaryIndexes)
  const actual = shapeOf(found?.KeySchema, found?.GlobalSecondaryIndexes)
  if (actual === wanted) return
  throw new Error(
    `Table '${name}' exists with other keys or indexes: expected ${wanted}, received ${actual}. Choose another prefix or table name, or delete it.`,
  )
}

interface Keyed {
  readonly IndexName?: string | undefined
  readonly KeySchema?: readonly { readonly AttributeName?: string | undefined }[] | undefined
}

function shapeOf(keys: Keyed['KeySchema'], indexes: readonly Keyed[] | undefined): string {
  const list = (schema: Keyed['KeySchema']): string => (schema ?? []).map((key) => key.AttributeName).join('+')
  const named = (indexes ?? []).map((index) => `${index.IndexName}(${list(index.KeySchema)})`)
  return [list(keys), ...named.sort()].join(', ')
}
