import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SQSClient } from '@aws-sdk/client-sqs'

export interface Clients {
  readonly sqs: SQSClient
  readonly dynamodb: DynamoDBClient
}

/** Clients of what the environment names, an engine or AWS, that show each answer as it comes: no retries. */
export function makeClients(): Clients {
  return { sqs: new SQSClient({ maxAttempts: 1 }), dynamodb: new DynamoDBClient({ maxAttempts: 1 }) }
}
