import { type Context, checkedNewName } from './context.ts'
import { describe, type TableDescription } from './describe-table.ts'
import { DynamoDbError, invalidValues } from './errors.ts'
import { flag, type Input, missing, oneOf, structure, structures, text } from './input.ts'
import { checkShape, definitionsIn, indexIn, keySchemaIn, throughputIn } from './read-table.ts'
import { Table } from './table.ts'
import type { TableRecord } from './table-types.ts'
import { tagsIn } from './tags.ts'

const BILLING_MODES = ['PROVISIONED', 'PAY_PER_REQUEST'] as const
export const NO_THROUGHPUT = { ReadCapacityUnits: 0, WriteCapacityUnits: 0 }

/** Parameters that change nothing here: they are kept, and shown again. */
const SETTINGS = ['SSESpecification', 'OnDemandThroughput', 'WarmThroughput', 'ResourcePolicy'] as const

/** Creates a table, which is active at once. */
export function createTable(context: Context, input: Input): { TableDescription: TableDescription } {
  const name = text(input, 'TableName')
  if (name === undefined) throw missing('tableName')
  checkedNewName(name, 'tableName')
  const keySchema = keySchemaIn(input)
  const definitions = definitionsIn(input)
  if (definitions === undefined) throw missing('attributeDefinitions')
  const billing = oneOf(input, 'BillingMode', BILLING_MODES) ?? 'PROVISIONED'
  const throughput = throughputIn(input)
  if (billing === 'PROVISIONED' && throughput === undefined) {
    throw invalidValues(
      'ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED',
    )
  }
  if (billing === 'PAY_PER_REQUEST' && throughput !== undefined) {
    throw invalidValues(
      'Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST',
    )
  }
  refuseStream(input)
  const tableClass = oneOf(input, 'TableClass', ['STANDARD', 'STANDARD_INFREQUENT_ACCESS'] as const)
  const record: TableRecord = {
    name,
    id: context.ids(),
    createdAt: context.clock.now(),
    definitions,
    keySchema,
    globalIndexes: indexesIn(input, 'GlobalSecondaryIndexes', 'globalSecondaryIndexes'),
    localIndexes: indexesIn(input, 'LocalSecondaryIndexes', 'localSecondaryIndexes'),
    billing,
    throughput: throughput ?? NO_THROUGHPUT,
    settings: settingsIn(input),
    tags: tagsIn(input),
    ...(tableClass !== undefined && { tableClass }),
    ...(flag(input, 'DeletionProtectionEnabled') && { deletionProtection: true }),
  }
  checkShape(record)
  if (context.tables.has(name)) {
    throw new DynamoDbError('ResourceInUseException', `Table already exists: ${name}`)
  }
  const table = new Table(record)
  context.tables.set(name, table)
  context.emit([{ kind: 'table', table }])
  return { TableDescription: describe(context, table) }
}

export function settingsIn(input: Input): Record<string, unknown> {
  return Object.fromEntries(
    SETTINGS.flatMap((setting) => {
      const value = structure(input, setting)
      return value === undefined ? [] : [[setting, value] as const]
    }),
  )
}

/** A stream that nothing can be read from would only seem to work. */
export function refuseStream(input: Input): void {
  if (structure(input, 'StreamSpecification')?.StreamEnabled !== true) return
  throw new DynamoDbError(
    'ValidationException',
    'Streams are not supported by this engine: leave StreamSpecification away, or use DynamoDB Local.',
  )
}

function indexesIn(input: Input, name: string, path: string) {
  const indexes = structures(input, name)?.map((each, index) => indexIn(each, `${path}.${index + 1}.member`))
  if (indexes?.length === 0) {
    const what = name === 'GlobalSecondaryIndexes' ? 'Global Secondary Indexes' : 'Local Secondary Indexes'
    throw invalidValues(`List of ${what} is empty`)
  }
  return indexes ?? []
}
