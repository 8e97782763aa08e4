import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SQSClient } from '@aws-sdk/client-sqs'

export interface Clients {
  readonly sqs: SQSClient
  readonly dynamodb: DynamoDBClient
}

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }

/** Clients that talk to an engine, and that show each answer as it comes: no retries. */
export function clientsFor(endpoint: string): Clients {
  const options = { endpoint, region: 'us-east-1', credentials, maxAttempts: 1 }
  return { sqs: new SQSClient(options), dynamodb: new DynamoDBClient(options) }
}
