import { type Context, checkedName, namedTable, tableNameIn } from './context.ts'
import { describe, type TableDescription } from './describe-table.ts'
import { DynamoDbError, validation } from './errors.ts'
import { atLeast, constraint, flag, type Input, integer, missing, structure, text } from './input.ts'

export function describeTable(context: Context, input: Input): { Table: TableDescription } {
  return { Table: describe(context, namedTable(context, tableNameIn(input))) }
}

export function deleteTable(context: Context, input: Input): { TableDescription: TableDescription } {
  const name = tableNameIn(input)
  const table = namedTable(context, name)
  if (table.record.deletionProtection) {
    throw validation(
      `Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.`,
    )
  }
  const TableDescription = describe(context, table, 'DELETING')
  context.tables.delete(name)
  context.emit([{ kind: 'drop', name }])
  return { TableDescription }
}

export function listTables(context: Context, input: Input): { TableNames: string[]; LastEvaluatedTableName?: string } {
  const limit = integer(input, 'Limit') ?? 100
  atLeast(limit, 1, 'Limit')
  if (limit > 100) throw constraint(limit, 'limit', 'Member must have value less than or equal to 100')
  const start = text(input, 'ExclusiveStartTableName')
  if (start !== undefined) checkedName(start, 'exclusiveStartTableName')
  const names = [...context.tables.keys()].sort().filter((name) => start === undefined || name > start)
  const page = names.slice(0, limit)
  const last = page.at(-1)
  return names.length > page.length && last !== undefined
    ? { TableNames: page, LastEvaluatedTableName: last }
    : { TableNames: page }
}

export function updateTimeToLive(context: Context, input: Input) {
  const name = tableNameIn(input)
  const given = structure(input, 'TimeToLiveSpecification')
  if (given === undefined) throw missing('timeToLiveSpecification')
  const [enabled, attribute] = [flag(given, 'Enabled'), text(given, 'AttributeName')]
  if (enabled === undefined) throw missing('timeToLiveSpecification.enabled')
  if (attribute === undefined) throw missing('timeToLiveSpecification.attributeName')
  if (attribute.length < 1) {
    throw constraint('', 'timeToLiveSpecification.attributeName', 'Member must have length greater than or equal to 1')
  }
  const table = namedTable(context, name)
  const { ttlAttribute, ...record } = table.record
  if (enabled && ttlAttribute !== undefined && ttlAttribute !== attribute) {
    throw validation('TimeToLive is active on a different AttributeName')
  }
  if (enabled && ttlAttribute !== undefined) throw validation('TimeToLive is already enabled')
  if (!enabled && ttlAttribute === undefined) throw validation('TimeToLive is already disabled')
  if (!enabled && ttlAttribute !== attribute) {
    throw validation(`TimeToLive is active on a different AttributeName: current AttributeName is ${ttlAttribute}`)
  }
  table.change(enabled ? { ...record, ttlAttribute: attribute } : record)
  context.emit([{ kind: 'table', table }])
  return { TimeToLiveSpecification: { Enabled: enabled, AttributeName: attribute } }
}

export function describeTimeToLive(context: Context, input: Input) {
  const { ttlAttribute } = namedTable(context, tableNameIn(input)).record
  return {
    TimeToLiveDescription:
      ttlAttribute === undefined
        ? { TimeToLiveStatus: 'DISABLED' }
        : { TimeToLiveStatus: 'ENABLED', AttributeName: ttlAttribute },
  }
}

/** Point-in-time recovery can be switched on and is shown; nothing is recovered here. */
export function updateContinuousBackups(context: Context, input: Input) {
  const name = tableNameIn(input)
  const given = structure(input, 'PointInTimeRecoverySpecification')
  if (given === undefined) throw missing('pointInTimeRecoverySpecification')
  const enabled = flag(given, 'PointInTimeRecoveryEnabled')
  if (enabled === undefined) throw missing('pointInTimeRecoverySpecification.pointInTimeRecoveryEnabled')
  const days = integer(given, 'RecoveryPeriodInDays')
  const table = backedUp(context, name)
  table.change({
    ...table.record,
    pointInTimeRecovery: enabled,
    ...(days !== undefined && { recoveryPeriodDays: days }),
  })
  context.emit([{ kind: 'table', table }])
  return describeContinuousBackups(context, input)
}

export function describeContinuousBackups(context: Context, input: Input) {
  const {
    pointInTimeRecovery = false,
    recoveryPeriodDays = 35,
    createdAt,
  } = backedUp(context, tableNameIn(input)).record
  return {
    ContinuousBackupsDescription: {
      ContinuousBackupsStatus: 'ENABLED',
      PointInTimeRecoveryDescription: pointInTimeRecovery
        ? {
            PointInTimeRecoveryStatus: 'ENABLED',
            RecoveryPeriodInDays: recoveryPeriodDays,
            EarliestRestorableDateTime: createdAt / 1_000,
            LatestRestorableDateTime: context.clock.now() / 1_000,
          }
        : { PointInTimeRecoveryStatus: 'DISABLED' },
    },
  }
}

function backedUp(context: Context, name: string) {
  const table = context.tables.get(name)
  if (table === undefined) throw new DynamoDbError('ResourceNotFoundException', `Table not found: ${name}`)
  return table
}

export function describeLimits() {
  return {
    AccountMaxReadCapacityUnits: 80_000,
    AccountMaxWriteCapacityUnits: 80_000,
    TableMaxReadCapacityUnits: 40_000,
    TableMaxWriteCapacityUnits: 40_000,
  }
}

export function describeEndpoints({ region }: Context) {
  return { Endpoints: [{ Address: `dynamodb.${region}.amazonaws.com`, CachePeriodInMinutes: 1_440 }] }
}
