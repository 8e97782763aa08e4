import {
  BatchExecuteStatementCommand,
  type BatchStatementRequest,
  type BatchStatementResponse,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb'
import { errorOf, type Probe, type ProbePlace, unless } from './probe.ts'

const api = (operation: string) =>
  `https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_${operation}.html`
const guide = (page: string) => `https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/${page}.html`
const partiql = guide('ql-reference.multiplestatements.batching')

export const dynamodbProbes: readonly Probe[] = [
  {
    id: 'dynamodb-batch-own-results',
    aws: 'Each statement of a batch has its own result: a failed condition leaves its neighbours alone and gives the item when asked.',
    source: api('BatchExecuteStatement'),
    async run(place) {
      const table = await place.table('own-results')
      await place.dynamodb.send(new PutItemCommand({ TableName: table, Item: item('a', 1) }))
      const responses = await batch(place, [swap(table, 'a', 7), insert(table, 'b')])
      const seen = responses.map(({ Error: error }) => `${error?.Code ?? 'done'}${error?.Item ? ' with item' : ''}`)
      return unless('ConditionalCheckFailed with item, done', seen.join(', '))
    },
  },
  {
    id: 'dynamodb-batch-duplicate-insert',
    aws: 'INSERT of a key that exists is DuplicateItem, for its statement alone.',
    source: guide('ql-reference.insert'),
    async run(place) {
      const table = await place.table('duplicate-insert')
      await place.dynamodb.send(new PutItemCommand({ TableName: table, Item: item('a', 1) }))
      const responses = await batch(place, [insert(table, 'a'), insert(table, 'b')])
      return unless('DuplicateItem, done', responses.map(({ Error: error }) => error?.Code ?? 'done').join(', '))
    },
  },
  {
    id: 'dynamodb-batch-one-key-twice',
    aws: 'Two statements on one key refuse the whole batch.',
    source: partiql,
    async run(place) {
      const table = await place.table('key-twice')
      const seen = await errorOf(batch(place, [insert(table, 'a'), swap(table, 'a', 1)]))
      return unless('ValidationException', seen)
    },
  },
  {
    id: 'dynamodb-batch-reads-and-writes',
    aws: 'A batch of reads and writes is refused: all statements must be either.',
    source: partiql,
    async run(place) {
      const table = await place.table('mixed')
      const read = {
        Statement: `SELECT * FROM "${table}" WHERE "pk"=? AND "sk"=?`,
        Parameters: [{ S: 'b' }, { S: '-' }],
      }
      return unless('ValidationException', await errorOf(batch(place, [insert(table, 'a'), read])))
    },
  },
  {
    id: 'dynamodb-key-size',
    aws: 'A partition key above 2,048 bytes is refused.',
    source: guide('ServiceQuotas'),
    async run(place) {
      const TableName = await place.table('key-size')
      const put = new PutItemCommand({ TableName, Item: item('x'.repeat(2049), 1) })
      return unless('ValidationException', await errorOf(place.dynamodb.send(put)))
    },
  },
  {
    id: 'dynamodb-item-size',
    aws: 'An item above 400 KB is refused.',
    source: guide('ServiceQuotas'),
    async run(place) {
      const TableName = await place.table('item-size')
      const put = new PutItemCommand({ TableName, Item: { ...item('a', 1), big: { S: 'x'.repeat(410_000) } } })
      return unless('ValidationException', await errorOf(place.dynamodb.send(put)))
    },
  },
]

const item = (pk: string, v: number) => ({ pk: { S: pk }, sk: { S: '-' }, v: { N: String(v) } })

const insert = (table: string, pk: string): BatchStatementRequest => ({
  Statement: `INSERT INTO "${table}" VALUE {'pk':?, 'sk':?, 'v':?}`,
  Parameters: [{ S: pk }, { S: '-' }, { N: '1' }],
})

const swap = (table: string, pk: string, v: number): BatchStatementRequest => ({
  Statement: `UPDATE "${table}" SET "v"=? WHERE "pk"=? AND "sk"=? AND "v"=?`,
  Parameters: [{ N: String(v + 1) }, { S: pk }, { S: '-' }, { N: String(v) }],
  ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
})

async function batch({ dynamodb }: ProbePlace, Statements: BatchStatementRequest[]): Promise<BatchStatementResponse[]> {
  const { Responses } = await dynamodb.send(new BatchExecuteStatementCommand({ Statements }))
  return Responses ?? []
}
