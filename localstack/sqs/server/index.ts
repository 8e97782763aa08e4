// An SQS server for one machine, in the protocol that AWS's SDKs speak.
export type { Durability } from '../../storage/durable-log.ts'
export { type SqsServer, type SqsServerOptions, startSqsServer } from './server.ts'
