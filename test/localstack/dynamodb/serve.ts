// A server of its own, to be killed: prints its endpoint.
import { type Durability, startDynamoDbServer } from '../../../localstack/dynamodb/index.ts'

const [, , dataDir, durability] = process.argv
const { endpoint } = await startDynamoDbServer({
  ...(dataDir === undefined ? {} : { dataDir }),
  durability: durability as Durability,
})
console.log(endpoint)
