import fc from 'fast-check'

/** One request of a random program. */
export interface Step {
  readonly operation: string
  readonly input: Record<string, unknown>
}

export const TABLE = 'programs'

export const createTable: Step = {
  operation: 'CreateTable',
  input: {
    TableName: TABLE,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'N' },
      { AttributeName: 'g', AttributeType: 'S' },
      { AttributeName: 'h', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'all',
        KeySchema: [
          { AttributeName: 'g', KeyType: 'HASH' },
          { AttributeName: 'h', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'ALL' },
      },
      {
        IndexName: 'keys',
        KeySchema: [{ AttributeName: 'h', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ],
  },
}

type Value = Record<string, unknown>

const S = (text: string): Value => ({ S: text })
const N = (text: string | number): Value => ({ N: String(text) })

const word = fc.constantFrom('a', 'b', 'ab', 'abc', 'é', '\u{1f600}', '\uffee', '')
const number = fc.constantFrom(
  '0',
  '1',
  '-1',
  '2.5',
  '1e3',
  '-0.001',
  '12345678901234567890',
  '1e-30',
  '99',
  '007',
  '1.10',
)
const leaf: fc.Arbitrary<Value> = fc.oneof(
  word.map(S),
  number.map(N),
  fc.boolean().map((BOOL) => ({ BOOL })),
  fc.constant({ NULL: true }),
  fc.constantFrom('YQ==', 'YWI=', 'AAE=').map((B) => ({ B })),
  fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }).map((SS) => ({ SS })),
  fc.uniqueArray(fc.constantFrom('1', '2', '3.5'), { minLength: 1 }).map((NS) => ({ NS })),
)
const value: fc.Arbitrary<Value> = fc.oneof(
  { weight: 4, arbitrary: leaf },
  { weight: 1, arbitrary: fc.array(leaf, { maxLength: 3 }).map((L) => ({ L })) },
  {
    weight: 1,
    arbitrary: fc
      .dictionary(fc.constantFrom('a', 'b', 'c'), leaf, { maxKeys: 3, noNullPrototype: true })
      .map((M) => ({ M })),
  },
)

const partition = fc.constantFrom('p', 'q')
const sort = fc.constantFrom('1', '2', '10', '-3', '2.5')
const key = fc.record({ pk: partition.map(S), sk: sort.map(N) })
const indexKey = fc.constantFrom('g1', 'g2', '\u{1f600}', '\uffee')

const attributes = fc.record(
  { g: indexKey.map(S), h: indexKey.map(S), x: value, y: value, z: value },
  { requiredKeys: [] },
)
const item = fc.tuple(key, attributes).map(([keys, others]) => ({ ...keys, ...others }))

const path = fc.constantFrom('x', 'y', 'z', 'x.a', 'x.b', 'y[0]', 'y[1]', 'z.c', '#n', 'missing')
const operand = fc.oneof(
  path,
  fc.constantFrom(':v', ':w', ':n'),
  path.map((each) => `size(${each})`),
)
const comparator = fc.constantFrom('=', '<>', '<', '<=', '>', '>=')
const simple = fc.oneof(
  fc.tuple(operand, comparator, operand).map((parts) => parts.join(' ')),
  path.map((each) => `attribute_exists(${each})`),
  path.map((each) => `attribute_not_exists(${each})`),
  fc.tuple(path, fc.constantFrom(':v', ':w')).map(([each, other]) => `begins_with(${each}, ${other})`),
  fc.tuple(path, operand).map(([each, other]) => `contains(${each}, ${other})`),
  path.map((each) => `attribute_type(${each}, :t)`),
  fc.tuple(operand, operand, operand).map(([a, b, c]) => `${a} BETWEEN ${b} AND ${c}`),
  fc.tuple(path, fc.array(operand, { minLength: 1, maxLength: 3 })).map(([a, list]) => `${a} IN (${list.join(', ')})`),
)
const condition = fc.oneof(
  { weight: 3, arbitrary: simple },
  { weight: 1, arbitrary: simple.map((each) => `NOT ${each}`) },
  { weight: 1, arbitrary: fc.tuple(simple, simple).map((each) => each.join(' AND ')) },
  { weight: 1, arbitrary: fc.tuple(simple, simple, simple).map(([a, b, c]) => `(${a} OR ${b}) AND ${c}`) },
)

const setValue = fc.oneof(
  fc.constantFrom(':v', ':w', ':n', 'x', 'y', 'x.a', 'y[0]'),
  fc.tuple(path, fc.constantFrom('+', '-')).map(([each, sign]) => `${each} ${sign} :n`),
  path.map((each) => `if_not_exists(${each}, :v)`),
  path.map((each) => `if_not_exists(${each}, :n) + :n`),
  path.map((each) => `list_append(${each}, :l)`),
)
const section = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(fc.tuple(path, setValue), { minLength: 1, maxLength: 3 })
      .map((all) => `SET ${all.map((each) => each.join(' = ')).join(', ')}`),
  },
  { weight: 2, arbitrary: fc.array(path, { minLength: 1, maxLength: 2 }).map((all) => `REMOVE ${all.join(', ')}`) },
  { weight: 1, arbitrary: fc.tuple(path, fc.constantFrom(':n', ':ss')).map(([each, other]) => `ADD ${each} ${other}`) },
  { weight: 1, arbitrary: path.map((each) => `DELETE ${each} :ss`) },
)
const update = fc.oneof(
  section,
  fc.tuple(section, section).map((both) => both.join(' ')),
)
const projection = fc.array(path, { minLength: 1, maxLength: 3 }).map((all) => all.join(', '))

const VALUES: Record<string, Value> = {
  ':v': S('ab'),
  ':w': S('a'),
  ':n': N('1.5'),
  ':t': S('S'),
  ':l': { L: [N(7)] },
  ':ss': { SS: ['a', 'x'] },
  ':p': S('p'),
  ':g': S('g1'),
  ':low': N('1'),
  ':high': N('5'),
}

/** Names and values for what the expressions of an input mention. */
function withPlaceholders(input: Record<string, unknown>): Record<string, unknown> {
  const text = Object.entries(input)
    .filter(([name]) => name.endsWith('Expression'))
    .map(([, expression]) => expression)
    .join(' ')
  const used = Object.entries(VALUES).filter(([name]) => new RegExp(`${name}\\b`).test(text))
  return {
    ...input,
    ...(text.includes('#n') && { ExpressionAttributeNames: { '#n': 'name' } }),
    ...(used.length > 0 && { ExpressionAttributeValues: Object.fromEntries(used) }),
  }
}

const maybe = <Each>(arbitrary: fc.Arbitrary<Each>) => fc.option(arbitrary, { nil: undefined })
const shown = maybe(fc.constant('ALL_OLD'))
const returns = maybe(fc.constantFrom('NONE', 'ALL_OLD', 'ALL_NEW', 'UPDATED_OLD', 'UPDATED_NEW'))

const put = fc
  .record({
    Item: item,
    ConditionExpression: maybe(condition),
    ReturnValues: maybe(fc.constantFrom('ALL_OLD', 'NONE')),
    ReturnValuesOnConditionCheckFailure: shown,
  })
  .map((input) => ({ operation: 'PutItem', input: withPlaceholders({ TableName: TABLE, ...input }) }))
const remove = fc
  .record({
    Key: key,
    ConditionExpression: maybe(condition),
    ReturnValues: maybe(fc.constantFrom('ALL_OLD', 'NONE')),
    ReturnValuesOnConditionCheckFailure: shown,
  })
  .map((input) => ({ operation: 'DeleteItem', input: withPlaceholders({ TableName: TABLE, ...input }) }))
const change = fc
  .record({
    Key: key,
    UpdateExpression: update,
    ConditionExpression: maybe(condition),
    ReturnValues: returns,
    ReturnValuesOnConditionCheckFailure: shown,
  })
  .map((input) => ({ operation: 'UpdateItem', input: withPlaceholders({ TableName: TABLE, ...input }) }))
const get = fc
  .record({ Key: key, ProjectionExpression: maybe(projection), ConsistentRead: maybe(fc.boolean()) })
  .map((input) => ({ operation: 'GetItem', input: withPlaceholders({ TableName: TABLE, ...input }) }))

const queryTable = fc.constantFrom(
  'pk = :p',
  'pk = :p AND sk = :low',
  'pk = :p AND sk > :low',
  'pk = :p AND sk <= :high',
  'pk = :p AND sk BETWEEN :low AND :high',
)
const queryIndex = fc.constantFrom('g = :g', 'g = :g AND begins_with(h, :g)', 'g = :g AND h > :g')
const query = fc
  .tuple(
    fc.boolean(),
    fc.record({
      FilterExpression: maybe(condition),
      ProjectionExpression: maybe(projection),
      ScanIndexForward: maybe(fc.boolean()),
      Limit: maybe(fc.constantFrom(1, 3)),
    }),
    queryTable,
    queryIndex,
  )
  .map(([onIndex, input, table, index]) => ({
    operation: 'Query',
    input: withPlaceholders({
      TableName: TABLE,
      ...input,
      // Rows with the same key in an index have no order that DynamoDB tells of.
      ...(onIndex && { IndexName: 'all', Limit: undefined }),
      KeyConditionExpression: onIndex ? index : table,
    }),
  }))
const scan = fc
  .record({
    FilterExpression: maybe(condition),
    Select: maybe(fc.constantFrom('COUNT', 'ALL_ATTRIBUTES')),
    IndexName: maybe(fc.constantFrom('all', 'keys')),
  })
  .map((input) => ({ operation: 'Scan', input: withPlaceholders({ TableName: TABLE, ...input }) }))

const batchWrite = fc
  .array(
    fc.oneof(
      item.map((Item) => ({ PutRequest: { Item } })),
      key.map((Key) => ({ DeleteRequest: { Key } })),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((requests) => ({ operation: 'BatchWriteItem', input: { RequestItems: { [TABLE]: requests } } }))
const batchGet = fc
  .array(key, { minLength: 1, maxLength: 4 })
  .map((Keys) => ({ operation: 'BatchGetItem', input: { RequestItems: { [TABLE]: { Keys } } } }))
/** The key that an entry of a transaction is about: DynamoDB Local lets one appear twice, DynamoDB does not. */
function keyOfEntry(entry: object): string {
  const [input] = Object.values(entry) as [{ Key?: Record<string, Value>; Item?: Record<string, Value> }]
  const { pk, sk } = input.Key ?? input.Item ?? {}
  return JSON.stringify([pk, sk])
}

const transactWrite = fc
  .uniqueArray(
    fc.oneof(
      put.map(({ input: { ReturnValues: _, ...Put } }: Step) => ({ Put })),
      change.map(({ input: { ReturnValues: _, ...Update } }: Step) => ({ Update })),
      remove.map(({ input: { ReturnValues: _, ...Delete } }: Step) => ({ Delete })),
      fc
        .record({ Key: key, ConditionExpression: condition })
        .map((input) => ({ ConditionCheck: withPlaceholders({ TableName: TABLE, ...input }) })),
    ),
    { minLength: 1, maxLength: 3, selector: keyOfEntry },
  )
  .map((TransactItems) => ({ operation: 'TransactWriteItems', input: { TransactItems } }))

const literal = fc.constantFrom(`'ab'`, '1', 'true', 'NULL', `['a', 2]`, `{'a': 1}`, '?')
const pqlPath = fc.constantFrom('x', '"y"', 'z', 'x.a', 'y[0]')
const pqlWhere = fc.tuple(partition, sort).map(([pk, sk]) => `pk='${pk}' AND sk=${sk}`)
const pqlCondition = fc.oneof(
  fc.tuple(pqlPath, comparator, literal).map((parts) => parts.join(' ')),
  pqlPath.map((each) => `${each} IS MISSING`),
  pqlPath.map((each) => `${each} IS NOT MISSING`),
  fc.tuple(pqlPath, pqlPath).map(([a, b]) => `(${a} = 1 OR ${b} = 'ab')`),
)
const pqlFull = fc
  .tuple(pqlWhere, maybe(pqlCondition))
  .map(([where, more]) => (more === undefined ? where : `${where} AND ${more}`))
const statementText = fc.oneof(
  fc
    .tuple(partition, sort, literal)
    .map(([pk, sk, x]) => `INSERT INTO "${TABLE}" VALUE {'pk':'${pk}','sk':${sk},'x':${x}}`),
  fc
    .tuple(pqlPath, literal, pqlFull, maybe(fc.constantFrom('ALL NEW', 'ALL OLD', 'MODIFIED NEW', 'MODIFIED OLD')))
    .map(
      ([target, x, where, returning]) =>
        `UPDATE "${TABLE}" SET ${target}=${x} WHERE ${where}${returning === undefined ? '' : ` RETURNING ${returning} *`}`,
    ),
  fc
    .tuple(pqlPath, pqlFull)
    .map(([target, where]) => `UPDATE "${TABLE}" REMOVE ${target} WHERE ${where} RETURNING ALL NEW *`),
  pqlFull.map((where) => `DELETE FROM "${TABLE}" WHERE ${where}`),
)
const selectText = pqlFull.map((where) => `SELECT * FROM "${TABLE}" WHERE ${where}`)

function withParameters(Statement: string): Record<string, unknown> {
  const count = Statement.split('?').length - 1
  return count === 0
    ? { Statement }
    : { Statement, Parameters: Array.from({ length: count }, (_, at) => (at % 2 ? N(at) : S('ab'))) }
}

const statement = fc
  .oneof(statementText, selectText)
  .map((text) => ({ operation: 'ExecuteStatement', input: withParameters(text) }))
const statements = fc
  .oneof(fc.array(statementText, { minLength: 1, maxLength: 3 }), fc.array(selectText, { minLength: 1, maxLength: 3 }))
  .map((texts) => ({ operation: 'BatchExecuteStatement', input: { Statements: texts.map(withParameters) } }))

export const program: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: put },
    { weight: 6, arbitrary: change },
    { weight: 1, arbitrary: remove },
    { weight: 2, arbitrary: get },
    { weight: 3, arbitrary: query },
    { weight: 1, arbitrary: scan },
    { weight: 1, arbitrary: batchWrite },
    { weight: 1, arbitrary: batchGet },
    { weight: 2, arbitrary: transactWrite },
    { weight: 3, arbitrary: statement },
    { weight: 2, arbitrary: statements },
  ) as fc.Arbitrary<Step>,
  { minLength: 1, maxLength: 25 },
)
