import {
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import type { Environment } from '../core/environment.ts'
import {
  controlKey,
  controlSort,
  hourMs,
  indexShards,
  inputSort,
  recordKey,
  recordSort,
  statisticsKey,
  statisticsSort,
  statisticsTtlMs,
  table,
} from '../core/table.ts'
import type { Clock, InputItem, Ledger, NewRecord, Random, StatisticsDelta, WriteAnswer } from '../ports/index.ts'
import { atOnce } from './at-once.ts'
import { rememberDoubt } from './doubt.ts'
import { runChanges, runStatements, type StatementAnswer } from './ledger-batches.ts'
import { address, getItems, request, type TableAccess, writeItems } from './ledger-gets.ts'
import { attributes, type Item, inputBody, inputItemOf, keyOf, recordItem, recordOfItem } from './ledger-items.ts'
import { byFailure, byTime, listPage } from './ledger-lists.ts'
import { insertStatement, itemChange } from './ledger-statements.ts'

export interface DynamoLedgerOptions {
  /** The SDK's own retries (throttling, 5xx, network) stay as the client has them: see createClients(). */
  readonly dynamodb: DynamoDBClient
  readonly environment: Pick<Environment, 'table'>
  /** What `expiresAt` is compared with. */
  readonly clock: Clock
  readonly random: Random
}

interface InputRef {
  readonly id: string
  readonly ref: string
}

/**
 * The ledger port on DynamoDB.
 *
 * Rights it needs on the table: PartiQLInsert, PartiQLUpdate, BatchGetItem, BatchWriteItem, GetItem, PutItem, UpdateItem, DeleteItem; and Query
 * on its indexes.
 *
 * @throws {TableAccessError} from every method but `count`, when no request can succeed: credentials, rights, region or table are wrong
 */
export function createDynamoLedger({ dynamodb, environment, clock, random }: DynamoLedgerOptions): Ledger {
  rememberDoubt(dynamodb)
  const tableName = environment.table
  const access: TableAccess = { client: dynamodb, tableName, clock, random }

  const hasExpired = (item: Item): boolean => {
    const expiresAt = item[table.ttl]?.N
    return expiresAt !== undefined && Number(expiresAt) * 1_000 <= clock.now()
  }

  const run = (statements: Parameters<typeof runStatements>[2]) => runStatements(dynamodb, tableName, statements)
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
      await dynamodb.send(
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

  async function writeInputs(items: readonly InputItem[]): Promise<void> {
    const unique = new Map(items.map((item) => [address(item.id, item.ref), item]))
    await writeItems(
      access,
      [...unique.values()].map((item) => ({ PutRequest: { Item: inputItemOf(item) } })),
    )
  }

  async function readInputItems(refs: readonly InputRef[], consistent: boolean): Promise<ReadonlyMap<string, Item>> {
    const keys = refs.map(({ id, ref }) => keyOf(recordKey(id), inputSort(ref)))
    return getItems(access, keys, consistent)
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
      const inputs = new Map(withInput.map((item, index) => [item, answers[entries.length + index] as StatementAnswer]))

      const taken = entries.filter((entry) => fates.get(entry)?.status === 'taken')
      if (taken.length > 0) for (const [entry, fate] of await replaceExpired(taken)) fates.set(entry, fate)

      // An input that was there already has the same content, being named after it, but may be about to expire.
      const stale = entries.flatMap((entry) => {
        const { inputItem } = entry
        return inputItem && inputs.get(inputItem)?.status === 'taken' && fates.get(entry)?.status === 'done'
          ? [inputItem]
          : []
      })
      const renewal: StatementAnswer =
        stale.length === 0 ? { status: 'done', item: undefined } : await outcomeOf(writeInputs(stale))
      for (const item of stale) inputs.set(item, renewal)

      return entries.map((entry) => insertAnswer(fates.get(entry), entry.inputItem && inputs.get(entry.inputItem)))
    },

    async update(changes) {
      refuseRepeated(
        'update',
        changes.map(({ id }) => id),
      )
      const now = clock.now()
      const answers = await runChanges(
        dynamodb,
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

    async readInputs(refs) {
      const addressOf = ({ id, ref }: InputRef) => address(recordKey(id), inputSort(ref))
      const found = new Map(await readInputItems(refs, false))
      // Half the price, and nearly always there; what was written a moment ago is asked for again, consistently.
      const missing = refs.filter((ref) => !found.has(addressOf(ref)))
      if (missing.length > 0) for (const [key, item] of await readInputItems(missing, true)) found.set(key, item)
      return refs.map((ref) => found.get(addressOf(ref))?.[inputBody]?.S)
    },

    writeInputs,

    async deleteInputs(refs) {
      const unique = new Map(refs.map((ref) => [address(ref.id, ref.ref), ref]))
      await writeItems(
        access,
        [...unique.values()].map(({ id, ref }) => ({ DeleteRequest: { Key: keyOf(recordKey(id), inputSort(ref)) } })),
      )
    },

    listByTime: (query) => listPage(access, byTime, query),
    listFailures: (query) => listPage(access, byFailure, query),

    async count(deltas) {
      await atOnce(4, deltas, async (delta) => {
        const update = countCommand(tableName, delta, Math.floor(random.fraction() * indexShards))
        // A count that is lost is lost: adding is not idempotent, so nothing can be tried again.
        if (update !== undefined) await dynamodb.send(update).catch(() => undefined)
      })
    },

    async statistics(queue, from, to) {
      const keys: Item[] = []
      for (let at = Math.floor(from / hourMs) * hourMs; at < to; at += hourMs) {
        for (let shard = 0; shard < indexShards; shard++)
          keys.push(keyOf(statisticsKey(queue, at, shard), statisticsSort))
      }
      const total: Record<string, number> = {}
      for (const item of (await getItems(access, keys, false)).values()) {
        for (const [name, { N }] of Object.entries(item)) {
          if (N !== undefined && name !== table.ttl) total[name] = (total[name] ?? 0) + Number(N)
        }
      }
      return total
    },

    async readControl(queue) {
      const Key = keyOf(controlKey, controlSort(queue))
      const answer = await request(access, () =>
        dynamodb.send(new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true })),
      )
      const pausedAt = answer.Item?.pausedAt?.N
      return pausedAt === undefined ? {} : { pausedAt: Number(pausedAt) }
    },

    async writeControl(queue, control) {
      const item = { ...keyOf(controlKey, controlSort(queue)), ...attributes({ ...control }) }
      await request(access, () => dynamodb.send(new PutItemCommand({ TableName: tableName, Item: item })))
    },
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

function countCommand(tableName: string, delta: StatisticsDelta, shard: number): UpdateItemCommand | undefined {
  const { queue, at, counts } = delta
  const names = Object.keys(counts).filter((name) => counts[name] !== 0)
  if (names.length === 0) return undefined
  const expiresAt = Math.ceil((at + statisticsTtlMs) / 1_000)
  return new UpdateItemCommand({
    TableName: tableName,
    Key: keyOf(statisticsKey(queue, at, shard), statisticsSort),
    UpdateExpression: `ADD ${names.map((_, index) => `#n${index} :n${index}`).join(', ')} SET #ttl = :ttl`,
    ExpressionAttributeNames: Object.fromEntries([
      ['#ttl', table.ttl],
      ...names.map((name, index) => [`#n${index}`, name]),
    ]),
    ExpressionAttributeValues: Object.fromEntries([
      [':ttl', { N: String(expiresAt) }],
      ...names.map((name, index) => [`:n${index}`, { N: String(counts[name]) }]),
    ]),
  })
}

function refuseRepeated(method: string, ids: readonly string[]): void {
  if (new Set(ids).size === ids.length) return
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index)
  throw new TypeError(
    `ledger.${method}: expected each id at most once in a call, received '${repeated}' twice. Split the call.`,
  )
}
