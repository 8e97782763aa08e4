import {
  BatchExecuteStatementCommand,
  DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { SQSClient } from '@aws-sdk/client-sqs'
import type { SQSEvent } from 'aws-lambda'

const table = process.env.COLD_TABLE ?? ''
const dynamodb = new DynamoDBClient()
/** Constructed as by everybody whose tasks enqueue; a success needs no request to SQS. */
export const sqs = new SQSClient()

/** The requests of one task that succeeds, and nothing else: is the queue paused, claim, settle, count. */
export async function handler(event: SQSEvent): Promise<{ batchItemFailures: [] }> {
  const tasks = event.Records.map(({ body }) => JSON.parse(body) as { id: string; input: { text: string } })
  await dynamodb.send(new GetItemCommand({ TableName: table, Key: { pk: { S: 'control' }, sk: { S: 'tasks' } } }))
  await write(tasks.map(({ id }) => ({ id, state: 'STARTED', result: '' })))
  await write(tasks.map(({ id, input }) => ({ id, state: 'SUCCESS', result: String(input.text.length) })))
  await dynamodb.send(
    new UpdateItemCommand({
      TableName: table,
      Key: { pk: { S: 'counts' }, sk: { S: 'tasks' } },
      UpdateExpression: 'ADD succeeded :n',
      ExpressionAttributeValues: { ':n': { N: String(tasks.length) } },
    }),
  )
  return { batchItemFailures: [] }
}

async function write(states: readonly { id: string; state: string; result: string }[]): Promise<void> {
  const { Responses = [] } = await dynamodb.send(
    new BatchExecuteStatementCommand({
      Statements: states.map(({ id, state, result }) => ({
        Statement: `UPDATE "${table}" SET "state"=?, "result"=? WHERE "pk"=? AND "sk"=? RETURNING ALL NEW *`,
        Parameters: [state, result, id, 'bare'].map((text) => ({ S: text })),
      })),
    }),
  )
  const failed = Responses.find(({ Error: error }) => error !== undefined)
  if (failed !== undefined) throw new Error(`${failed.Error?.Code}: ${failed.Error?.Message}`)
}
