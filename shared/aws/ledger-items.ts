import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { TaskRecord } from '../core/record.ts'
import { failureKey, inputSort, recordKey, recordSort, shardOf, table, timeKey, timeSort } from '../core/table.ts'
import type { InputItem } from '../ports/index.ts'

export type Item = Record<string, AttributeValue>

type Scalar = string | number | boolean

const keyAttributes: ReadonlySet<string> = new Set([
  table.partitionKey,
  table.sortKey,
  table.timeIndex.partitionKey,
  table.timeIndex.sortKey,
  table.failureIndex.partitionKey,
  table.failureIndex.sortKey,
])

export function attribute(value: Scalar): AttributeValue {
  switch (typeof value) {
    case 'string':
      return { S: value }
    case 'number':
      return { N: String(value) }
    case 'boolean':
      return { BOOL: value }
  }
}

/** What an attribute holds, when it is of a kind that records have. */
function scalar(value: AttributeValue): Scalar | undefined {
  if (value.S !== undefined) return value.S
  if (value.N !== undefined) return Number(value.N)
  return value.BOOL
}

export function attributes(fields: Readonly<Record<string, unknown>>): Item {
  const item: Item = {}
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) item[name] = attribute(value as Scalar)
  }
  return item
}

export function keyOf(pk: string, sk: string): Item {
  return { [table.partitionKey]: { S: pk }, [table.sortKey]: { S: sk } }
}

/** The record's item. Its id is in the key and nowhere else. */
export function recordItem({ id, ...fields }: TaskRecord): Item {
  const failed = fields.state === 'FAILURE'
  return {
    ...keyOf(recordKey(id), recordSort),
    ...attributes(fields),
    ...timeAttributes(id, fields.queue, fields.enqueuedAt),
    ...(failed && failureAttributes(id, fields.queue, fields.finishedAt ?? fields.enqueuedAt)),
  }
}

/** A record's place in the index of all records. */
export function timeAttributes(id: string, queue: string, at: number): Item {
  return {
    [table.timeIndex.partitionKey]: { S: timeKey(queue, at, shardOf(id)) },
    [table.timeIndex.sortKey]: { S: timeSort(at, id) },
  }
}

/** Puts a record into the index of failures. */
export function failureAttributes(id: string, queue: string, at: number): Item {
  return {
    [table.failureIndex.partitionKey]: { S: failureKey(queue, at, shardOf(id)) },
    [table.failureIndex.sortKey]: { S: timeSort(at, id) },
  }
}

/** The record in an item. Attributes that a later version added come along, for who knows them. */
export function recordOfItem(item: Item): TaskRecord {
  // Only records are written under this key, by this file.
  return { id: idOf(item), ...fieldsOf(item) } as unknown as TaskRecord
}

/** What an item holds beside its keys. */
export function fieldsOf(item: Item): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(item)) {
    if (!keyAttributes.has(name)) fields[name] = scalar(value)
  }
  return fields
}

/** The task id in an item's or an index entry's key. */
export function idOf(item: Item): string {
  return (item[table.partitionKey]?.S ?? '').slice(recordKey('').length)
}

export const inputBody = 'body'

export function inputItemOf({ id, ref, body, expiresAt }: InputItem): Item {
  return { ...keyOf(recordKey(id), inputSort(ref)), [inputBody]: { S: body }, [table.ttl]: { N: String(expiresAt) } }
}
