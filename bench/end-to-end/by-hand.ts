import { randomUUID } from 'node:crypto'
import {
  type AttributeValue,
  BatchExecuteStatementCommand,
  type BatchStatementRequest,
  type DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { SQSEvent } from 'aws-lambda'
import { inputOf, run, type TaskInput } from './contestant.ts'

interface Message {
  readonly id: string
  readonly input: TaskInput
}

/** What somebody writes who knows what is to be done, and does without everything that may go wrong. */
export class ByHand {
  readonly #sqs: SQSClient
  readonly #dynamodb: DynamoDBClient
  readonly #queueUrl: string
  readonly #table: string

  constructor(clients: { sqs: SQSClient; dynamodb: DynamoDBClient }, queueUrl: string, table: string) {
    this.#sqs = clients.sqs
    this.#dynamodb = clients.dynamodb
    this.#queueUrl = queueUrl
    this.#table = table
  }

  /** Records first, then messages: ten with each request. */
  async enqueue(count: number): Promise<void> {
    const messages = Array.from({ length: count }, (): Message => ({ id: randomUUID(), input: inputOf() }))
    const now = Date.now()
    await this.#execute(
      messages.map(({ id, input }) => ({
        Statement: `INSERT INTO "${this.#table}" VALUE {'pk':?,'sk':?,'v':?,'generation':?,'state':?,'task':?,'queue':?,'input':?,'inputHash':?,'attempt':?,'token':?,'enqueuedAt':?,'timeKey':?,'timeSort':?}`,
        Parameters: [
          ...[`task#${id}`, 'record'].map(text),
          ...[1, 0].map(number),
          ...['QUEUED', 'nothing', 'tasks', JSON.stringify(input), id].map(text),
          number(0),
          text(randomUUID()),
          number(now),
          ...[`tasks#${Math.floor(now / 3_600_000)}#${now % 8}`, `${now}#${id}`].map(text),
        ],
      })),
    )
    const sent = await this.#sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: this.#queueUrl,
        Entries: messages.map((message, index) => ({
          Id: String(index),
          MessageBody: JSON.stringify(message),
          MessageAttributes: { task: { DataType: 'String', StringValue: 'nothing' } },
        })),
      }),
    )
    if (sent.Failed?.length) throw new Error(`${sent.Failed.length} messages were not sent.`)
  }

  /** A Lambda handler: claims the batch, runs it, settles it, counts it. */
  readonly handler = async (event: SQSEvent): Promise<{ batchItemFailures: [] }> => {
    const messages = event.Records.map(({ body }) => JSON.parse(body) as Message)
    const token = randomUUID()
    const now = Date.now()
    await this.#execute(
      messages.map(({ id }) => ({
        Statement: `UPDATE "${this.#table}" SET "state"=?, "token"=?, "startedAt"=?, "leaseUntil"=?, "v"=? WHERE "pk"=? AND "sk"=? AND "v"=? RETURNING ALL NEW *`,
        Parameters: [
          text('STARTED'),
          text(token),
          number(now),
          number(now + 70_000),
          number(2),
          ...keyOf(id),
          number(1),
        ],
      })),
    )
    const results = messages.map(({ input }) => run(input))
    await this.#execute(
      messages.map(({ id }, index) => ({
        Statement: `UPDATE "${this.#table}" SET "state"=?, "token"=?, "attempt"=?, "finishedAt"=?, "result"=?, "resultUntil"=?, "expiresAt"=?, "v"=? WHERE "pk"=? AND "sk"=? AND "v"=? RETURNING ALL NEW *`,
        Parameters: [
          text('SUCCESS'),
          text(token),
          ...[1, Date.now()].map(number),
          text(JSON.stringify(results[index])),
          ...[now + 86_400_000, Math.ceil(now / 1_000) + 650_000, 3].map(number),
          ...keyOf(id),
          number(2),
        ],
      })),
    )
    await this.#dynamodb.send(
      new UpdateItemCommand({
        TableName: this.#table,
        Key: { pk: text('stats#tasks'), sk: text('counts') },
        UpdateExpression: 'ADD succeeded :n',
        ExpressionAttributeValues: { ':n': number(messages.length) },
      }),
    )
    return { batchItemFailures: [] }
  }

  async #execute(statements: BatchStatementRequest[]): Promise<void> {
    const { Responses = [] } = await this.#dynamodb.send(new BatchExecuteStatementCommand({ Statements: statements }))
    const failed = Responses.find(({ Error: error }) => error !== undefined)
    if (failed !== undefined) throw new Error(`${failed.Error?.Code}: ${failed.Error?.Message}`)
  }
}

function keyOf(id: string): AttributeValue[] {
  return [text(`task#${id}`), text('record')]
}

function text(value: string): AttributeValue.SMember {
  return { S: value }
}

function number(value: number): AttributeValue.NMember {
  return { N: String(value) }
}
