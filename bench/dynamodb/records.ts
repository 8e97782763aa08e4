import { table } from '../../shared/core/table.ts'

export const TABLE = 'bench'
/** Partitions that `list` items are spread over. */
export const LISTS = 10

type Item = Record<string, Record<string, string>>

export const idOf = (n: number): string => `0123456789abcdef0123${String(n).padStart(12, '0')}`

/** A task's record of 1 KB as DynamoDB counts, with its place in the index of times. */
export function record(n: number): Item {
  const id = idOf(n)
  return {
    [table.partitionKey]: { S: `task#${id}` },
    [table.sortKey]: { S: 'record' },
    v: { N: '1' },
    epoch: { N: '0' },
    state: { S: 'QUEUED' },
    task: { S: 'emails.send' },
    queue: { S: 'emails' },
    input: { S: 'x'.repeat(634) },
    inputHash: { S: 'h'.repeat(43) },
    attempt: { N: '0' },
    token: { S: 't'.repeat(32) },
    enqueuedAt: { N: String(1_767_225_600_000 + n) },
    expiresAt: { N: '1867225600' },
    [table.timeIndex.partitionKey]: { S: `emails#490896#${n % LISTS}` },
    [table.timeIndex.sortKey]: { S: `${1_767_225_600_000 + n}#${id}` },
  }
}

export interface Statement {
  readonly Statement: string
  readonly Parameters: readonly object[]
}

export function insertion(n: number): Statement {
  const item = record(n)
  const names = Object.keys(item)
  return {
    Statement: `INSERT INTO "${TABLE}" VALUE {${names.map((name) => `'${name}':?`).join(', ')}}`,
    Parameters: Object.values(item),
  }
}

/** What a worker writes when it claims a task at version `v`. */
export function claim(n: number, v: number): Statement {
  return {
    Statement: `UPDATE "${TABLE}" SET "state"=?, "token"=?, "startedAt"=?, "v"=? WHERE "pk"=? AND "sk"=? AND "v"=? RETURNING ALL NEW *`,
    Parameters: [
      { S: 'STARTED' },
      { S: 'c'.repeat(32) },
      { N: '1767225600999' },
      { N: String(v + 1) },
      { S: `task#${idOf(n)}` },
      { S: 'record' },
      { N: String(v) },
    ],
  }
}

/** Ten entries from the middle of one list of the index. */
export function query(n: number): object {
  return {
    TableName: TABLE,
    IndexName: table.timeIndex.name,
    KeyConditionExpression: '#p = :p AND #s >= :from',
    ExpressionAttributeNames: { '#p': table.timeIndex.partitionKey, '#s': table.timeIndex.sortKey },
    ExpressionAttributeValues: {
      ':p': { S: `emails#490896#${n % LISTS}` },
      ':from': { S: String(1_767_225_600_000 + n) },
    },
    Limit: 10,
  }
}
