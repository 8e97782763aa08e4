import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { recordKey, recordSort, table } from '../core/table.ts'
import type { RecordChange } from '../ports/index.ts'
import { attributes, failureAttributes, type Item, timeAttributes } from './ledger-items.ts'

/** A PartiQL statement with its parameters. */
export interface Statement {
  readonly text: string
  readonly parameters: AttributeValue[]
}

// Only forms that every engine understands: SET a=?, b=? once, REMOVE once per name, equalities joined by AND. All names are quoted, since half
// of them are reserved words.

/** Fails with DuplicateItem when the key is taken. */
export function insertStatement(tableName: string, item: Item): Statement {
  const names = Object.keys(item)
  return {
    text: `INSERT INTO "${tableName}" VALUE {${names.map((name) => `'${name}':?`).join(', ')}}`,
    parameters: Object.values(item),
  }
}

/**
 * Fails with ConditionalCheckFailed unless the record exists with version `v`.
 *
 * @param now epoch ms: when a record failed whose change does not say so
 */
export function updateStatement(tableName: string, change: RecordChange, now: number): Statement {
  const removed = new Set<string>(change.remove)
  const { state, epoch, finishedAt, enqueuedAt } = change.set
  const set: Item = attributes(change.set)
  if (state === 'FAILURE') Object.assign(set, failureAttributes(change.id, change.queue, finishedAt ?? now))
  else if (epoch !== undefined) {
    // Opened anew: no failure any more.
    removed.add(table.failureIndex.partitionKey)
    removed.add(table.failureIndex.sortKey)
  }
  // Enqueued anew: `reconcile` looks for it by the new time and queue.
  if (enqueuedAt !== undefined) Object.assign(set, timeAttributes(change.id, change.queue, enqueuedAt))
  for (const name of removed) delete set[name]
  if (change.transition) set.v = { N: String(change.v + 1) }
  // An update must change something; the version to itself is nothing.
  else if (Object.keys(set).length === 0 && removed.size === 0) set.v = { N: String(change.v) }

  const names = Object.keys(set)
  const clauses = [
    ...(names.length > 0 ? [`SET ${names.map((name) => `"${name}"=?`).join(', ')}`] : []),
    ...[...removed].map((name) => `REMOVE "${name}"`),
  ]
  return {
    text: `UPDATE "${tableName}" ${clauses.join(' ')} WHERE "${table.partitionKey}"=? AND "${table.sortKey}"=? AND "v"=? RETURNING ALL NEW *`,
    parameters: [...Object.values(set), { S: recordKey(change.id) }, { S: recordSort }, { N: String(change.v) }],
  }
}

/** What a statement adds to a request, roughly: names, values and the JSON around them. */
export function statementBytes({ text, parameters }: Statement): number {
  let bytes = text.length
  for (const parameter of parameters) bytes += 16 + Buffer.byteLength(parameter.S ?? parameter.N ?? '')
  return bytes
}
