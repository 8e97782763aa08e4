// A server of its own, to be killed: prints its endpoint.
import { type Durability, startSqsServer } from '../../../../localstack/sqs/server/index.ts'

const [, , dataDir, durability] = process.argv
const { endpoint } = await startSqsServer({
  ...(dataDir === undefined ? {} : { dataDir }),
  durability: durability as Durability,
})
console.log(endpoint)
