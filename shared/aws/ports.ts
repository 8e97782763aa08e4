import type { Environment } from '../core/environment.ts'
import type { Broker, Clock, Ledger, Random } from '../ports/index.ts'
import { createSqsBroker } from './broker.ts'
import { type ClientOptions, createClients } from './clients.ts'
import { createDynamoLedger } from './ledger.ts'

export interface AwsPortsOptions extends ClientOptions {
  readonly environment: Environment
  readonly clock: Clock
  readonly random: Random
}

/** The ports that are AWS. `close()` ends their sockets. */
export interface AwsPorts {
  readonly ledger: Ledger
  readonly broker: Broker
  close(): void
}

/** Ledger and broker on the AWS SDK, with one client each. */
export function createAwsPorts(options: AwsPortsOptions): AwsPorts {
  const { environment, clock, random, ...clientOptions } = options
  const clients = createClients(clientOptions)
  return {
    ledger: createDynamoLedger({ dynamodb: clients.dynamodb(), environment, clock, random }),
    broker: createSqsBroker({ sqs: clients.sqs(), environment, clock, random }),
    close: () => clients.close(),
  }
}
