import { beforeEach, describe, expect, it } from 'vitest'
import {
  createDynamoDbModel,
  type DynamoDbClock,
  DynamoDbError,
  type DynamoDbModel,
} from '../../../../localstack/dynamodb/index.ts'

/** A clock that is turned. */
class TurnedClock implements DynamoDbClock {
  private time = Date.UTC(2026, 0, 1)
  private timers: { at: number; fn: () => void }[] = []

  now(): number {
    return this.time
  }

  setTimer(delayMs: number, fn: () => void): () => void {
    const timer = { at: this.time + delayMs, fn }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter((each) => each !== timer)
    }
  }

  turn(ms: number): void {
    const until = this.time + ms
    for (;;) {
      const next = this.timers.toSorted((a, b) => a.at - b.at)[0]
      if (next === undefined || next.at > until) break
      this.timers = this.timers.filter((each) => each !== next)
      this.time = next.at
      next.fn()
    }
    this.time = until
  }
}

const TableName = 'shop'
const S = (text: string) => ({ S: text })
const N = (n: number | string) => ({ N: String(n) })
const Key = (pk: string, sk = 1) => ({ pk: S(pk), sk: N(sk) })

let clock: TurnedClock
let model: DynamoDbModel

beforeEach(() => {
  clock = new TurnedClock()
  model = createDynamoDbModel({ clock, ids: () => 'id' })
  model.execute('CreateTable', {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'N' },
      { AttributeName: 'g', AttributeType: 'S' },
      { AttributeName: 'b', AttributeType: 'B' },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'byG',
        KeySchema: [{ AttributeName: 'g', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
      {
        IndexName: 'byB',
        KeySchema: [
          { AttributeName: 'g', KeyType: 'HASH' },
          { AttributeName: 'b', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['x'] },
      },
    ],
  })
})

const run = (operation: string, input: object = {}) =>
  model.execute(operation, structuredClone({ TableName, ...input })) as Record<string, unknown>
const put = (item: object, more: object = {}) => run('PutItem', { Item: item, ...more })

function refusal(operation: string, input: object): { name: string; message: string } {
  try {
    run(operation, input)
  } catch (error) {
    if (error instanceof DynamoDbError) return { name: error.name, message: error.message }
    throw error
  }
  throw new Error(`${operation} was not refused`)
}

describe('capacity', () => {
  const units = (operation: string, input: object) => {
    const { ConsumedCapacity: used } = run(operation, { ...input, ReturnConsumedCapacity: 'INDEXES' }) as {
      ConsumedCapacity: { CapacityUnits: number; Table: { CapacityUnits: number }; GlobalSecondaryIndexes?: object }
    }
    return [used.CapacityUnits, used.Table.CapacityUnits, used.GlobalSecondaryIndexes]
  }

  it('of a write is that of the larger version, and of each index that changes', () => {
    expect(units('PutItem', { Item: Key('a') })).toEqual([1, 1, undefined])
    expect(units('PutItem', { Item: { ...Key('a'), g: S('1') } })).toEqual([2, 1, { byG: { CapacityUnits: 1 } }])
    expect(units('PutItem', { Item: { ...Key('a'), g: S('1'), y: S('not projected') } })).toEqual([1, 1, undefined])
    expect(units('PutItem', { Item: { ...Key('a'), g: S('2') } })).toEqual([3, 1, { byG: { CapacityUnits: 2 } }])
    expect(units('PutItem', { Item: { ...Key('a'), big: S('x'.repeat(3_000)) } })).toEqual([
      4,
      3,
      { byG: { CapacityUnits: 1 } },
    ])
    expect(units('DeleteItem', { Key: Key('a') })).toEqual([3, 3, undefined])
    expect(units('DeleteItem', { Key: Key('a') })).toEqual([1, 1, undefined])
  })

  it('of a read is half for an eventual one, and at least that', () => {
    put({ ...Key('a'), big: S('x'.repeat(5_000)) })
    expect(units('GetItem', { Key: Key('a') })[0]).toBe(1)
    expect(units('GetItem', { Key: Key('a'), ConsistentRead: true })[0]).toBe(2)
    expect(units('GetItem', { Key: Key('none') })[0]).toBe(0.5)
  })

  it('of a transaction counts twice for the table', () => {
    const answer = run('TransactWriteItems', {
      ReturnConsumedCapacity: 'INDEXES',
      TransactItems: [{ Put: { TableName, Item: { ...Key('a'), g: S('1') } } }],
    })
    expect(answer).toMatchObject({
      ConsumedCapacity: [
        { CapacityUnits: 3, Table: { WriteCapacityUnits: 2 }, GlobalSecondaryIndexes: { byG: { CapacityUnits: 1 } } },
      ],
    })
  })
})

describe('time to live', () => {
  const ttl = { TimeToLiveSpecification: { Enabled: true, AttributeName: 'ttl' } }
  const seconds = (ms: number) => Math.floor((clock.now() + ms) / 1_000)

  it('deletes what has expired, some time later, from indexes too', () => {
    put({ ...Key('before'), g: S('g'), ttl: N(seconds(10_000)) })
    run('UpdateTimeToLive', ttl)
    put({ ...Key('after'), g: S('g'), ttl: N(seconds(10_000)) })
    put({ ...Key('later'), g: S('g'), ttl: N(seconds(3_600_000)) })
    put({ ...Key('text'), ttl: S('1') })
    put({ ...Key('ancient'), ttl: N(seconds(-6 * 365 * 86_400_000)) })
    put({ ...Key('prolonged'), ttl: N(seconds(10_000)) })
    run('UpdateItem', {
      Key: Key('prolonged'),
      UpdateExpression: 'SET #t = :t',
      ExpressionAttributeNames: { '#t': 'ttl' },
      ExpressionAttributeValues: { ':t': N(seconds(3_600_000)) },
    })
    clock.turn(20_000)
    expect(model.tables().get(TableName)).toBe(6)
    clock.turn(120_000)
    expect(
      model
        .items(TableName)
        .map(({ pk }) => pk?.S)
        .sort(),
    ).toEqual(['ancient', 'later', 'prolonged', 'text'])
    expect(run('Scan', { IndexName: 'byG' })).toMatchObject({ Count: 1 })
  })

  it('leaves everything alone once it is switched off', () => {
    run('UpdateTimeToLive', ttl)
    put({ ...Key('a'), ttl: N(seconds(1_000)) })
    run('UpdateTimeToLive', { TimeToLiveSpecification: { Enabled: false, AttributeName: 'ttl' } })
    clock.turn(3_600_000)
    expect(model.tables().get(TableName)).toBe(1)
  })
})

it('remembers a client request token for ten minutes', () => {
  const transaction = (n: number) => ({
    ClientRequestToken: 'token',
    TransactItems: [
      {
        Update: {
          TableName,
          Key: Key('counter'),
          UpdateExpression: 'ADD n :n',
          ExpressionAttributeValues: { ':n': N(n) },
        },
      },
    ],
  })
  run('TransactWriteItems', transaction(1))
  run('TransactWriteItems', transaction(1))
  expect(refusal('TransactWriteItems', transaction(2)).name).toBe('IdempotentParameterMismatchException')
  clock.turn(10 * 60_000 + 1)
  run('TransactWriteItems', transaction(1))
  expect(model.items(TableName)[0]?.n).toEqual(N(2))
})

describe('pages', () => {
  it('walk over a table and an index, both ways, and over segments, without gaps or repetitions', () => {
    for (let n = 0; n < 60; n += 1) {
      put({ ...Key(`p${n % 4}`, n), g: S('g'), b: { B: Buffer.from([n % 7]).toString('base64') } })
    }
    const walk = (operation: string, input: object): string[] => {
      const found: string[] = []
      let ExclusiveStartKey: object | undefined
      do {
        const page = run(operation, { Limit: 7, ...input, ...(ExclusiveStartKey && { ExclusiveStartKey }) }) as {
          Items: { pk: { S: string }; sk: { N: string } }[]
          LastEvaluatedKey?: object
        }
        found.push(...page.Items.map(({ pk, sk }) => `${pk.S} ${sk.N}`))
        ExclusiveStartKey = page.LastEvaluatedKey
      } while (ExclusiveStartKey !== undefined)
      return found
    }
    const inIndex = { IndexName: 'byB', KeyConditionExpression: 'g = :g', ExpressionAttributeValues: { ':g': S('g') } }
    const forward = walk('Query', inIndex)
    expect(new Set(forward).size).toBe(60)
    expect(walk('Query', { ...inIndex, ScanIndexForward: false })).toEqual(forward.toReversed())
    expect(new Set(walk('Scan', {})).size).toBe(60)
    const segments = [0, 1, 2].flatMap((Segment) => walk('Scan', { Segment, TotalSegments: 3 }))
    expect(segments.toSorted()).toEqual(walk('Scan', {}).toSorted())
  })

  it('end at 1 MB', () => {
    for (let n = 0; n < 5; n += 1) put({ ...Key('p', n), big: S('x'.repeat(300_000)) })
    const all = { KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': S('p') } }
    expect(run('Query', all)).toMatchObject({ Count: 4, LastEvaluatedKey: Key('p', 3) })
  })

  it('order strings by their UTF-8 bytes', () => {
    model.execute('CreateTable', {
      TableName: 'texts',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['a', 'b'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: 'a', KeyType: 'HASH' },
        { AttributeName: 'b', KeyType: 'RANGE' },
      ],
    })
    const texts = ['z', 'é', '\u4e2d', '\ud7ff', '\ue000', '\uffee', '\u{1f600}', '\u{10ffff}']
    for (const text of texts.toReversed())
      model.execute('PutItem', { TableName: 'texts', Item: { a: S('a'), b: S(text) } })
    expect(model.items('texts').map(({ b }) => b?.S)).toEqual(texts)
  })
})

describe('what DynamoDB says', () => {
  it.each<[string, object, string]>([
    ['PutItem', { Item: { pk: S('a') } }, 'One or more parameter values were invalid: Missing the key sk in the item'],
    [
      'PutItem',
      { Item: { pk: S('a'), sk: S('1') } },
      'One or more parameter values were invalid: Type mismatch for key sk expected: N actual: S',
    ],
    [
      'PutItem',
      { Item: { ...Key('a'), g: N(1) } },
      'One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: byG',
    ],
    [
      'PutItem',
      { Item: { pk: S(''), sk: N(1) } },
      'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk',
    ],
    [
      'PutItem',
      { Item: { ...Key('a'), x: {} } },
      'Supplied AttributeValue is empty, must contain exactly one of the supported datatypes',
    ],
    [
      'PutItem',
      { Item: { ...Key('a'), x: S('x'.repeat(410_000)) } },
      'Item size has exceeded the maximum allowed size',
    ],
    ['PutItem', { Item: Key('a'), ReturnValues: 'ALL_NEW' }, 'ReturnValues can only be ALL_OLD or NONE'],
    [
      'PutItem',
      { Item: Key('a'), Expected: { x: { Exists: false } } },
      'The legacy parameter Expected is not supported by this engine. Use ConditionExpression instead.',
    ],
    ['GetItem', { Key: { pk: S('a') } }, 'The provided key element does not match the schema'],
    [
      'GetItem',
      { Key: Key('a'), ProjectionExpression: 'status' },
      'Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: status',
    ],
    [
      'UpdateItem',
      { Key: Key('a'), UpdateExpression: 'SET x = ' },
      'Invalid UpdateExpression: Syntax error; token: "<EOF>", near: "= "',
    ],
    [
      'UpdateItem',
      { Key: Key('a'), UpdateExpression: 'SET x = :v' },
      'Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :v',
    ],
    [
      'UpdateItem',
      { Key: Key('a'), UpdateExpression: 'REMOVE pk' },
      'One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key',
    ],
    [
      'Query',
      { KeyConditionExpression: 'sk = :v', ExpressionAttributeValues: { ':v': N(1) } },
      'Query condition missed key schema element: pk',
    ],
    [
      'Query',
      {
        IndexName: 'byG',
        KeyConditionExpression: 'g = :v',
        ExpressionAttributeValues: { ':v': S('a') },
        ConsistentRead: true,
      },
      'Consistent reads are not supported on global secondary indexes',
    ],
    [
      'ExecuteStatement',
      { Statement: `UPDATE shop SET x=1 WHERE pk='a'` },
      'Where clause does not contain a mandatory equality on all key attributes',
    ],
    ['DescribeTable', { TableName: 'nope' }, 'Requested resource not found: Table: nope not found'],
    ['ExportTableToPointInTime', {}, 'ExportTableToPointInTime is not supported by this engine. It serves'],
    ['DropTable', {}, "DynamoDB has no operation 'DropTable'."],
  ])('%s %j', (operation, input, message) => expect(refusal(operation, input).message).toContain(message))
})

it('takes names that JavaScript objects have for attributes like any other', () => {
  const item = JSON.parse('{"pk":{"S":"a"},"sk":{"N":"1"},"__proto__":{"S":"p"},"constructor":{"N":"1"}}') as object
  model.execute('PutItem', { TableName, Item: item })
  const exists = (name: string) =>
    run('Query', {
      KeyConditionExpression: 'pk = :a',
      FilterExpression: 'attribute_exists(#n)',
      ExpressionAttributeNames: { '#n': name },
      ExpressionAttributeValues: { ':a': S('a') },
    }).Count
  expect([exists('__proto__'), exists('constructor'), exists('toString')]).toEqual([1, 1, 0])
  const { Attributes } = run('UpdateItem', {
    Key: Key('a'),
    UpdateExpression: 'SET #p = :v, toString = :v',
    ExpressionAttributeNames: { '#p': '__proto__' },
    ExpressionAttributeValues: { ':v': S('new') },
    ReturnValues: 'ALL_NEW',
  })
  expect(JSON.parse(JSON.stringify(Attributes))).toEqual(
    JSON.parse(
      '{"pk":{"S":"a"},"sk":{"N":"1"},"__proto__":{"S":"new"},"constructor":{"N":"1"},"toString":{"S":"new"}}',
    ),
  )
})
