import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Environment } from '../core/environment.ts'
import type { Clock, Random, ServicePorts } from '../ports/index.ts'
import { type ClientOptions, createClients } from './clients.ts'
import { createDynamoControls } from './controls.ts'
import { rememberDoubt } from './doubt.ts'
import { createDynamoDue } from './due.ts'
import { createDynamoInputs } from './inputs.ts'
import { createSqsQueues } from './queues.ts'
import { createDynamoRecords } from './records.ts'
import { createDynamoSchedules } from './schedules.ts'
import { createDynamoStatistics } from './statistics.ts'
import { createDynamoTicks } from './ticks.ts'

export interface AwsPortsOptions extends ClientOptions {
  readonly environment: Environment
  readonly clock: Clock
  readonly random: Random
}

/** The ports that are AWS. `close()` ends their sockets. */
export interface AwsPorts extends ServicePorts {
  close(): void
}

/** Table and queues on the AWS SDK, with one client each. */
export function createAwsPorts(options: AwsPortsOptions): AwsPorts {
  const { environment, clock, random, ...clientOptions } = options
  const clients = createClients(clientOptions)
  return {
    ...createTablePorts({ dynamodb: clients.dynamodb(), environment, clock, random }),
    queues: createSqsQueues({ sqs: clients.sqs(), environment, clock, random }),
    close: () => clients.close(),
  }
}

export interface TablePortsOptions {
  /** The SDK's own retries (throttling, 5xx, network) stay as the client has them: see createClients(). */
  readonly dynamodb: DynamoDBClient
  readonly environment: Pick<Environment, 'table'>
  /** What `expiresAt` is compared with. */
  readonly clock: Clock
  readonly random: Random
}

/**
 * The ports on DynamoDB.
 *
 * Rights they need on the table: PartiQLInsert, PartiQLUpdate, BatchGetItem, BatchWriteItem, GetItem, PutItem, UpdateItem, DeleteItem; and Query
 * on it and its indexes.
 */
export function createTablePorts(options: TablePortsOptions): Omit<ServicePorts, 'queues'> {
  const { dynamodb, environment, clock, random } = options
  rememberDoubt(dynamodb)
  const access = { client: dynamodb, tableName: environment.table, clock, random }
  const inputs = createDynamoInputs(access)
  return {
    records: createDynamoRecords(access, inputs),
    inputs,
    statistics: createDynamoStatistics(access),
    controls: createDynamoControls(access),
    due: createDynamoDue(access),
    schedules: createDynamoSchedules(access),
    ticks: createDynamoTicks(access),
  }
}
