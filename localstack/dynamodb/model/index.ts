// A DynamoDB in memory, without a wire: operations in, answers out.
export type { AttributeValue, Item } from './attribute-value.ts'
export type { Change } from './changes.ts'
export type { DynamoDbClock } from './clock.ts'
export { DynamoDbError, type DynamoDbErrorName } from './errors.ts'
export { createDynamoDbModel, type DynamoDbModel, type DynamoDbModelOptions } from './model.ts'
export { type KeyValues, keyValuesOf, type Replayed } from './replay.ts'
