import { batchGetItem } from './batch-get.ts'
import { batchWriteItem } from './batch-write.ts'
import type { Context } from './context.ts'
import { createTable } from './create-table.ts'
import { DynamoDbError } from './errors.ts'
import type { Input } from './input.ts'
import { batchExecuteStatement, executeTransaction } from './partiql/batches.ts'
import { executeStatement } from './partiql/execute.ts'
import { query } from './query.ts'
import { scan } from './scan.ts'
import { getItem } from './single-reads.ts'
import { deleteItem, putItem, updateItem } from './single-writes.ts'
import * as tables from './tables.ts'
import { listTagsOfResource, tagResource, untagResource } from './tags.ts'
import { transactGetItems, transactWriteItems } from './transactions.ts'
import { updateTable } from './update-table.ts'

/** An operation answers with what the API's JSON says, or with nothing. */
export type Operation = (context: Context, input: Input) => object | undefined

const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['BatchExecuteStatement', batchExecuteStatement],
  ['BatchGetItem', batchGetItem],
  ['BatchWriteItem', batchWriteItem],
  ['CreateTable', createTable],
  ['DeleteItem', deleteItem],
  ['DeleteTable', tables.deleteTable],
  ['DescribeContinuousBackups', tables.describeContinuousBackups],
  ['DescribeEndpoints', tables.describeEndpoints],
  ['DescribeLimits', tables.describeLimits],
  ['DescribeTable', tables.describeTable],
  ['DescribeTimeToLive', tables.describeTimeToLive],
  ['ExecuteStatement', executeStatement],
  ['ExecuteTransaction', executeTransaction],
  ['GetItem', getItem],
  ['ListTables', tables.listTables],
  ['ListTagsOfResource', listTagsOfResource],
  ['PutItem', putItem],
  ['Query', query],
  ['Scan', scan],
  ['TagResource', tagResource],
  ['TransactGetItems', transactGetItems],
  ['TransactWriteItems', transactWriteItems],
  ['UntagResource', untagResource],
  ['UpdateContinuousBackups', tables.updateContinuousBackups],
  ['UpdateItem', updateItem],
  ['UpdateTable', updateTable],
  ['UpdateTimeToLive', tables.updateTimeToLive],
])

/** What the API has and this engine leaves out. */
const LEFT_OUT: ReadonlySet<string> = new Set(
  `CreateBackup CreateGlobalTable DeleteBackup DeleteResourcePolicy DescribeBackup DescribeContributorInsights
   DescribeExport DescribeGlobalTable DescribeGlobalTableSettings DescribeImport DescribeKinesisStreamingDestination
   DescribeTableReplicaAutoScaling DisableKinesisStreamingDestination EnableKinesisStreamingDestination
   ExportTableToPointInTime GetResourcePolicy ImportTable ListBackups ListContributorInsights ListExports
   ListGlobalTables ListImports PutResourcePolicy RestoreTableFromBackup RestoreTableToPointInTime
   UpdateContributorInsights UpdateGlobalTable UpdateGlobalTableSettings UpdateKinesisStreamingDestination
   UpdateTableReplicaAutoScaling`.split(/\s+/),
)

/** @throws DynamoDbError UnknownOperationException when no operation has this name, or this engine leaves it out */
export function operationNamed(name: string): Operation {
  const operation = OPERATIONS.get(name)
  if (operation !== undefined) return operation
  throw new DynamoDbError(
    'UnknownOperationException',
    LEFT_OUT.has(name)
      ? `${name} is not supported by this engine. It serves ${[...OPERATIONS.keys()].join(', ')}.`
      : `DynamoDB has no operation '${name}'.`,
  )
}
