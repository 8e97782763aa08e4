import { type Context, tableArn } from './context.ts'
import type { SecondaryIndex } from './secondary-index.ts'
import type { Table } from './table.ts'
import type { AttributeDefinition, KeySchemaElement, Projection, Throughput } from './table-types.ts'

interface ThroughputDescription extends Throughput {
  NumberOfDecreasesToday: number
}

export interface IndexDescription {
  IndexName: string
  IndexArn: string
  KeySchema: KeySchemaElement[]
  Projection: Projection
  IndexStatus?: 'ACTIVE'
  ProvisionedThroughput?: ThroughputDescription
  ItemCount: number
  IndexSizeBytes: number
}

export interface TableDescription {
  TableName: string
  TableStatus: 'ACTIVE' | 'DELETING'
  TableArn: string
  TableId: string
  AttributeDefinitions: AttributeDefinition[]
  KeySchema: KeySchemaElement[]
  /** Seconds since the epoch. */
  CreationDateTime: number
  ItemCount: number
  TableSizeBytes: number
  DeletionProtectionEnabled: boolean
  ProvisionedThroughput: ThroughputDescription
  BillingModeSummary?: { BillingMode: string; LastUpdateToPayPerRequestDateTime?: number }
  TableClassSummary?: { TableClass: string }
  GlobalSecondaryIndexes?: IndexDescription[]
  LocalSecondaryIndexes?: IndexDescription[]
  [setting: string]: unknown
}

/** What DescribeTable shows. Counts are those of now, not six hours old. */
export function describe(context: Context, table: Table, status: 'ACTIVE' | 'DELETING' = 'ACTIVE'): TableDescription {
  const { record } = table
  const arn = tableArn(context, record.name)
  const [global, local] = [[...record.globalIndexes], [...record.localIndexes]].map((definitions) =>
    definitions.flatMap(({ IndexName }) => {
      const index = table.indexes.get(IndexName)
      return index === undefined ? [] : [describeIndex(arn, index)]
    }),
  ) as [IndexDescription[], IndexDescription[]]
  return {
    AttributeDefinitions: record.definitions,
    TableName: record.name,
    KeySchema: record.keySchema,
    TableStatus: status,
    CreationDateTime: record.createdAt / 1_000,
    ProvisionedThroughput: { NumberOfDecreasesToday: 0, ...record.throughput },
    TableSizeBytes: table.bytes,
    ItemCount: table.count,
    TableArn: arn,
    TableId: record.id,
    ...(record.billing === 'PAY_PER_REQUEST' && {
      BillingModeSummary: {
        BillingMode: 'PAY_PER_REQUEST',
        LastUpdateToPayPerRequestDateTime: record.createdAt / 1_000,
      },
    }),
    ...(global.length > 0 && { GlobalSecondaryIndexes: global }),
    ...(local.length > 0 && { LocalSecondaryIndexes: local }),
    ...(record.tableClass !== undefined && { TableClassSummary: { TableClass: record.tableClass } }),
    ...shownSettings(record.settings),
    DeletionProtectionEnabled: record.deletionProtection ?? false,
  }
}

function describeIndex(tableArn: string, index: SecondaryIndex): IndexDescription {
  const { keys, name, kind, projection, provisioned, rows } = index
  const KeySchema: KeySchemaElement[] = [{ AttributeName: keys.partition.name, KeyType: 'HASH' }]
  if (keys.sort !== undefined) KeySchema.push({ AttributeName: keys.sort.name, KeyType: 'RANGE' })
  return {
    IndexName: name,
    KeySchema,
    Projection: projection,
    ...(kind === 'global' && {
      IndexStatus: 'ACTIVE',
      ProvisionedThroughput: { NumberOfDecreasesToday: 0, ...provisioned },
    }),
    IndexSizeBytes: index.estimatedBytes(),
    ItemCount: rows.count,
    IndexArn: `${tableArn}/index/${name}`,
  }
}

function shownSettings({ SSESpecification, ...others }: Record<string, unknown>): Record<string, unknown> {
  const sse = SSESpecification as { Enabled?: boolean; SSEType?: string } | undefined
  return sse?.Enabled ? { ...others, SSEDescription: { Status: 'ENABLED', SSEType: sse.SSEType ?? 'KMS' } } : others
}
