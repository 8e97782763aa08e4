import { type Context, namedTable, tableNameIn } from './context.ts'
import { NO_THROUGHPUT, refuseStream, settingsIn } from './create-table.ts'
import { describe, type TableDescription } from './describe-table.ts'
import { DynamoDbError, invalidValues, validation } from './errors.ts'
import { flag, type Input, missing, oneOf, structure, structures, text } from './input.ts'
import { checkShape, definitionsIn, indexIn, throughputIn } from './read-table.ts'
import type { IndexDefinition, TableRecord } from './table-types.ts'

/** Changes a table: billing, throughput, settings, and one index created or deleted. All of it is done at once. */
export function updateTable(context: Context, input: Input): { TableDescription: TableDescription } {
  const name = tableNameIn(input)
  const table = namedTable(context, name)
  refuseStream(input)
  if (structures(input, 'ReplicaUpdates') !== undefined) {
    throw validation('Global tables are not supported by this engine: leave ReplicaUpdates away.')
  }
  const record = withIndexes(withBilling(table.record, input), input)
  const tableClass = oneOf(input, 'TableClass', ['STANDARD', 'STANDARD_INFREQUENT_ACCESS'] as const)
  const protection = flag(input, 'DeletionProtectionEnabled')
  const changed: TableRecord = {
    ...record,
    settings: { ...record.settings, ...settingsIn(input) },
    ...(tableClass !== undefined && { tableClass }),
    ...(protection !== undefined && { deletionProtection: protection }),
  }
  checkShape(changed)
  table.change(changed)
  context.emit([{ kind: 'table', table }])
  return { TableDescription: describe(context, table) }
}

function withBilling(record: TableRecord, input: Input): TableRecord {
  const mode = oneOf(input, 'BillingMode', ['PROVISIONED', 'PAY_PER_REQUEST'] as const)
  const throughput = throughputIn(input)
  const billing = mode ?? record.billing
  if (billing === 'PAY_PER_REQUEST') {
    if (throughput !== undefined) {
      throw invalidValues(
        'Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST',
      )
    }
    const globalIndexes = record.globalIndexes.map(({ ProvisionedThroughput: _, ...index }) => index)
    return { ...record, billing, throughput: NO_THROUGHPUT, globalIndexes }
  }
  if (record.billing !== billing && throughput === undefined) {
    throw invalidValues('ProvisionedThroughput must be specified when BillingMode is PROVISIONED')
  }
  return { ...record, billing, throughput: throughput ?? record.throughput }
}

function withIndexes(record: TableRecord, input: Input): TableRecord {
  const updates = structures(input, 'GlobalSecondaryIndexUpdates')
  if (updates === undefined) return record
  let indexes: readonly IndexDefinition[] = record.globalIndexes
  let structural = 0
  for (const [at, update] of updates.entries()) {
    const path = `globalSecondaryIndexUpdates.${at + 1}.member`
    const [create, change, remove] = ['Create', 'Update', 'Delete'].map((kind) => structure(update, kind))
    if (create !== undefined) {
      const index = indexIn(create, `${path}.create`)
      if (indexes.some(({ IndexName }) => IndexName === index.IndexName)) {
        throw validation(`Attempting to create an index which already exists`)
      }
      indexes = [...indexes, index]
    } else if (remove !== undefined) {
      const name = existing(indexes, remove, `${path}.delete`)
      indexes = indexes.filter(({ IndexName }) => IndexName !== name)
    } else if (change !== undefined) {
      const name = existing(indexes, change, `${path}.update`)
      const ProvisionedThroughput = throughputIn(change, `${path}.update.provisionedThroughput`)
      if (ProvisionedThroughput === undefined) continue
      indexes = indexes.map((index) => (index.IndexName === name ? { ...index, ProvisionedThroughput } : index))
      continue
    }
    structural += 1
  }
  if (structural > 1) {
    throw new DynamoDbError(
      'LimitExceededException',
      'Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table',
    )
  }
  return { ...record, globalIndexes: [...indexes], definitions: definitionsFor(record, indexes, input) }
}

/** Attributes that were a key of an index only, and are none any more, need no definition. */
function definitionsFor(record: TableRecord, indexes: readonly IndexDefinition[], input: Input) {
  const all = new Map(
    [...record.definitions, ...(definitionsIn(input) ?? [])].map((each) => [each.AttributeName, each]),
  )
  const keys = [record.keySchema, ...[...indexes, ...record.localIndexes].map(({ KeySchema }) => KeySchema)].flat()
  const used = new Set(keys.map(({ AttributeName }) => AttributeName))
  return [...all.values()].filter(({ AttributeName }) => used.has(AttributeName))
}

function existing(indexes: readonly IndexDefinition[], update: Input, path: string): string {
  const name = text(update, 'IndexName')
  if (name === undefined) throw missing(`${path}.indexName`)
  if (indexes.some(({ IndexName }) => IndexName === name)) return name
  throw new DynamoDbError('ResourceNotFoundException', 'Requested resource not found')
}
