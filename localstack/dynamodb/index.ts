// A DynamoDB engine in TypeScript. It needs Node and nothing else.

// The model: tables, items, expressions and PartiQL, on a clock that is passed in.
export {
  type AttributeValue,
  createDynamoDbModel,
  type DynamoDbClock,
  DynamoDbError,
  type DynamoDbErrorName,
  type DynamoDbModel,
  type DynamoDbModelOptions,
  type Item,
} from './model/index.ts'

// The server: AWS JSON 1.0 over HTTP, in memory or with a log in a folder.
export {
  type Durability,
  type DynamoDbServer,
  type DynamoDbServerOptions,
  startDynamoDbServer,
} from './server/index.ts'
