// A DynamoDB server for one machine, in the protocol that AWS's SDKs speak.
export type { Durability } from '../../storage/durable-log.ts'
export { type DynamoDbServer, type DynamoDbServerOptions, startDynamoDbServer } from './server.ts'
