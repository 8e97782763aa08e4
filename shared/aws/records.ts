import { DeleteItemCommand } from '@aws-sdk/client-dynamodb'
import { recordKey, recordSort, table } from '../core/table.ts'
import type { Inputs, NewRecord, Records, WriteAnswer } from '../ports/index.ts'
import { atOnce } from './at-once.ts'
import { runChanges, runStatements, type StatementAnswer } from './ledger-batches.ts'
import { address, getItems, type TableAccess } from './ledger-gets.ts'
import { type Item, inputItemOf, keyOf, recordItem, recordOfItem } from './ledger-items.ts'
import { byFailure, byTime, listPage } from './ledger-lists.ts'
import { insertStatement, itemChange } from './ledger-statements.ts'

/**
 * The records port on DynamoDB.
 *
 * @param inputs where inputs are refreshed that come with a record and are there already
 * @throws {TableAccessError} from every method, when no request can succeed: credentials, rights, region or table are wrong
 */
export function createDynamoRecords(access: TableAccess, inputs: Inputs): Records {
  const { client, tableName, clock } = access

  const hasExpired = (item: Item): boolean => {
    const expiresAt = item[table.ttl]?.N
    return expiresAt !== undefined && Number(expiresAt) * 1_000 <= clock.now()
  }

  const run = (statements: Parameters<typeof runStatements>[2]) => runStatements(client, tableName, statements)
  const insertionOf = ({ record }: NewRecord) => insertStatement(tableName, recordItem(record))

  /** Makes room where what has the key is a record that has expired and that the TTL has not reached yet. */
  async function replaceExpired(entries: readonly NewRecord[]): Promise<ReadonlyMap<NewRecord, StatementAnswer>> {
    const keys = entries.map(({ record }) => keyOf(recordKey(record.id), recordSort))
    const found = await getItems(access, keys, true)
    const cleared = await atOnce(4, entries, async (entry) => {
      const item = found.get(address(recordKey(entry.record.id), recordSort))
      return item === undefined || (hasExpired(item) && (await deleteExpired(item)))
    })
    const again = entries.filter((_, index) => cleared[index])
    const answers = await run(again.map(insertionOf))
    return new Map(again.map((entry, index) => [entry, answers[index] as StatementAnswer]))
  }

  /** Deletes this very record, not one that was put in its place meanwhile. */
  async function deleteExpired(item: Item): Promise<boolean> {
    try {
      await client.send(
        new DeleteItemCommand({
          TableName: tableName,
          Key: keyOf(item[table.partitionKey]?.S ?? '', recordSort),
          ConditionExpression: '#v = :v AND #ttl = :ttl',
          ExpressionAttributeNames: { '#v': 'v', '#ttl': table.ttl },
          ExpressionAttributeValues: { ':v': item.v ?? { N: '0' }, ':ttl': item[table.ttl] ?? { N: '0' } },
        }),
      )
      return true
    } catch {
      // Somebody else was quicker, or DynamoDB is busy: the caller reads, and tries again.
      return false
    }
  }

  return {
    async insert(entries) {
      refuseRepeated(
        'insert',
        entries.map(({ record }) => record.id),
      )
      const withInput = entries.flatMap((entry) => (entry.inputItem === undefined ? [] : [entry.inputItem]))
      const answers = await run([
        ...entries.map(insertionOf),
        ...withInput.map((item) => insertStatement(tableName, inputItemOf(item))),
      ])
      const fates = new Map(entries.map((entry, index) => [entry, answers[index] as StatementAnswer]))
      const inputFates = new Map(
        withInput.map((item, index) => [item, answers[entries.length + index] as StatementAnswer]),
      )

      const taken = entries.filter((entry) => fates.get(entry)?.status === 'taken')
      if (taken.length > 0) for (const [entry, fate] of await replaceExpired(taken)) fates.set(entry, fate)

      // An input that was there already has the same content, being named after it, but may be about to expire.
      const stale = entries.flatMap((entry) => {
        const { inputItem } = entry
        return inputItem && inputFates.get(inputItem)?.status === 'taken' && fates.get(entry)?.status === 'done'
          ? [inputItem]
          : []
      })
      const renewal: StatementAnswer =
        stale.length === 0 ? { status: 'done', item: undefined } : await outcomeOf(inputs.write(stale))
      for (const item of stale) inputFates.set(item, renewal)

      return entries.map((entry) => insertAnswer(fates.get(entry), entry.inputItem && inputFates.get(entry.inputItem)))
    },

    async update(changes) {
      refuseRepeated(
        'update',
        changes.map(({ id }) => id),
      )
      const now = clock.now()
      const answers = await runChanges(
        client,
        tableName,
        changes.map((change) => itemChange(change, now)),
      )
      return answers.map((answer): WriteAnswer => {
        if (answer.status === 'done')
          return { status: 'done', ...(answer.item && { record: recordOfItem(answer.item) }) }
        return answer.status === 'taken' ? { status: 'refused' } : (answer as WriteAnswer)
      })
    },

    async read(ids, { consistent }) {
      const keys = ids.map((id) => keyOf(recordKey(id), recordSort))
      const found = await getItems(access, keys, consistent)
      return ids.map((id) => {
        const item = found.get(address(recordKey(id), recordSort))
        return item === undefined || hasExpired(item) ? undefined : recordOfItem(item)
      })
    },

    listByTime: (query) => listPage(access, byTime, query),
    listFailures: (query) => listPage(access, byFailure, query),
  }
}

/** Both must be there. An input left without its record harms nobody and expires. */
function insertAnswer(record: StatementAnswer | undefined, input: StatementAnswer | undefined): WriteAnswer {
  if (record === undefined) return { status: 'unknown', error: new Error('DynamoDB did not answer this statement.') }
  if (record.status === 'taken' || record.status === 'refused') return { status: 'refused' }
  if (record.status !== 'done') return record as WriteAnswer
  if (input === undefined || input.status === 'done') return { status: 'done' }
  // The record is there and its input is not, or perhaps: reading tells that the record is ours, and the input is written again.
  if (input.status === 'unknown') return input
  const why = input.status === 'invalid' ? `refused (${input.error.message})` : 'throttled'
  return { status: 'unknown', error: new Error(`The record was written, its input was ${why}.`) }
}

async function outcomeOf(work: Promise<void>): Promise<StatementAnswer> {
  try {
    await work
    return { status: 'done', item: undefined }
  } catch (error) {
    return { status: 'unknown', error: error instanceof Error ? error : new Error(String(error)) }
  }
}

function refuseRepeated(method: string, ids: readonly string[]): void {
  if (new Set(ids).size === ids.length) return
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index)
  throw new TypeError(
    `records.${method}: expected each id at most once in a call, received '${repeated}' twice. Split the call.`,
  )
}
