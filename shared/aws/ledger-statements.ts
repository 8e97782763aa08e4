import { type AttributeValue, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { recordKey, recordSort, table } from '../core/table.ts'
import type { RecordChange } from '../ports/index.ts'
import { attributes, failureAttributes, type Item, keyOf, timeAttributes } from './ledger-items.ts'

/** A PartiQL statement with its parameters. */
export interface Statement {
  readonly text: string
  readonly parameters: AttributeValue[]
}

// Only forms that every engine understands: SET a=?, b=? once, at most one REMOVE, equalities joined by AND. (Of two, AWS's own engine wants
// REMOVE a REMOVE b, others REMOVE a, b.) All names are quoted, since half of them are reserved words.

/** Fails with DuplicateItem when the key is taken. */
export function insertStatement(tableName: string, item: Item): Statement {
  const names = Object.keys(item)
  return {
    text: `INSERT INTO "${tableName}" VALUE {${names.map((name) => `'${name}':?`).join(', ')}}`,
    parameters: Object.values(item),
  }
}

/** A change as attributes. */
export interface ItemChange {
  readonly id: string
  /** The version it is conditioned on. */
  readonly v: number
  readonly set: Item
  readonly remove: readonly string[]
}

/** @param now epoch ms: when a record failed whose change does not say so */
export function itemChange(change: RecordChange, now: number): ItemChange {
  const removed = new Set<string>(change.remove)
  const { state, generation, finishedAt, enqueuedAt } = change.set
  const set: Item = attributes(change.set)
  if (state === 'FAILURE') Object.assign(set, failureAttributes(change.id, change.queue, finishedAt ?? now))
  else if (generation !== undefined) {
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
  return { id: change.id, v: change.v, set, remove: [...removed] }
}

/** It can be one of a batch: most claims and settlements. What removes more is rare (a record opened anew, `forget()`) and goes by itself. */
export function fitsStatement({ remove }: ItemChange): boolean {
  return remove.length <= 1
}

/** Fails with ConditionalCheckFailed unless the record exists with version `v`. Gives the record. */
export function updateStatement(tableName: string, { id, v, set, remove }: ItemChange): Statement {
  const names = Object.keys(set)
  const clauses = [
    ...(names.length > 0 ? [`SET ${names.map((name) => `"${name}"=?`).join(', ')}`] : []),
    ...remove.map((name) => `REMOVE "${name}"`),
  ]
  return {
    text: `UPDATE "${tableName}" ${clauses.join(' ')} WHERE "${table.partitionKey}"=? AND "${table.sortKey}"=? AND "v"=? RETURNING ALL NEW *`,
    parameters: [...Object.values(set), { S: recordKey(id) }, { S: recordSort }, { N: String(v) }],
  }
}

/** The same as a request of its own. Fails with ConditionalCheckFailedException. */
export function updateCommand(tableName: string, { id, v, set, remove }: ItemChange): UpdateItemCommand {
  const names = [...Object.keys(set), ...remove]
  const alias = new Map(names.map((name, index) => [name, `#n${index}`]))
  const values = Object.entries(set).map(([, value], index) => [`:n${index}`, value] as const)
  const assignments = Object.keys(set).map((name, index) => `${alias.get(name)} = :n${index}`)
  const clauses = [
    ...(assignments.length > 0 ? [`SET ${assignments.join(', ')}`] : []),
    ...(remove.length > 0 ? [`REMOVE ${remove.map((name) => alias.get(name)).join(', ')}`] : []),
  ]
  return new UpdateItemCommand({
    TableName: tableName,
    Key: keyOf(recordKey(id), recordSort),
    UpdateExpression: clauses.join(' '),
    ConditionExpression: '#v = :v',
    ExpressionAttributeNames: Object.fromEntries([['#v', 'v'], ...[...alias].map(([name, as]) => [as, name])]),
    ExpressionAttributeValues: Object.fromEntries([[':v', { N: String(v) }], ...values]),
    ReturnValues: 'ALL_NEW',
  })
}

/** What a statement adds to a request, roughly: names, values and the JSON around them. */
export function statementBytes({ text, parameters }: Statement): number {
  let bytes = text.length
  for (const parameter of parameters) bytes += 16 + Buffer.byteLength(parameter.S ?? parameter.N ?? '')
  return bytes
}
