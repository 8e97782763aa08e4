import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  type DynamoDBClient,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb'
import { table } from '../core/table.ts'
import type { Clock, Random } from '../ports/index.ts'
import { sleep } from '../protocol/sleep.ts'
import { atOnce } from './at-once.ts'
import { deniedError, failureOf, unansweredError } from './ledger-errors.ts'
import type { Item } from './ledger-items.ts'

/** A table at DynamoDB, and how to wait for it. */
export interface TableAccess {
  readonly client: DynamoDBClient
  readonly tableName: string
  readonly clock: Clock
  readonly random: Random
}

const maxGets = 100
const maxWrites = 25
const requestsAtOnce = 4
/** What DynamoDB leaves over for want of capacity is asked for again this often, some 3 s in all. */
const rounds = 7
const firstPauseMs = 50
const slowestPauseMs = 1_000

/** Does a request, and says clearly why when it fails for good. */
export async function request<Output>(
  { client, tableName }: TableAccess,
  send: () => Promise<Output>,
): Promise<Output> {
  try {
    return await send()
  } catch (error) {
    throw failureOf(error) === 'denied'
      ? await deniedError(client, tableName, error)
      : await unansweredError(client, tableName, error)
  }
}

/** The items with these keys, by `address()`. */
export async function getItems(
  access: TableAccess,
  keys: readonly Item[],
  consistent: boolean,
): Promise<ReadonlyMap<string, Item>> {
  const found = new Map<string, Item>()
  const unique = [...new Map(keys.map((key) => [addressOf(key), key])).values()]
  await inRounds(access, unique, maxGets, async (batch) => {
    const { Responses, UnprocessedKeys } = await access.client.send(
      new BatchGetItemCommand({
        RequestItems: { [access.tableName]: { Keys: [...batch], ConsistentRead: consistent } },
      }),
    )
    for (const item of Responses?.[access.tableName] ?? []) found.set(addressOf(item), item)
    return UnprocessedKeys?.[access.tableName]?.Keys ?? []
  })
  return found
}

/** Puts and deletes without conditions. No key twice. */
export async function writeItems(access: TableAccess, writes: readonly WriteRequest[]): Promise<void> {
  await inRounds(access, writes, maxWrites, async (batch) => {
    const { UnprocessedItems } = await access.client.send(
      new BatchWriteItemCommand({ RequestItems: { [access.tableName]: [...batch] } }),
    )
    return UnprocessedItems?.[access.tableName] ?? []
  })
}

export function address(pk: string, sk: string): string {
  return JSON.stringify([pk, sk])
}

function addressOf(item: Item): string {
  return address(item[table.partitionKey]?.S ?? '', item[table.sortKey]?.S ?? '')
}

/** Asks again, with pauses, for what was left over. */
async function inRounds<Entry>(
  access: TableAccess,
  entries: readonly Entry[],
  batchSize: number,
  ask: (batch: readonly Entry[]) => Promise<readonly Entry[]>,
): Promise<void> {
  let pending = entries
  for (let round = 0; pending.length > 0; round++) {
    if (round === rounds) {
      const error = new Error(`${pending.length} of ${entries.length} items are still throttled after ${rounds} tries`)
      throw await unansweredError(access.client, access.tableName, error)
    }
    if (round > 0) {
      const pauseMs = Math.min(slowestPauseMs, firstPauseMs * 2 ** (round - 1))
      await sleep(access.clock, Math.ceil(pauseMs * (0.5 + access.random.fraction() / 2)))
    }
    const batches: (readonly Entry[])[] = []
    for (let at = 0; at < pending.length; at += batchSize) batches.push(pending.slice(at, at + batchSize))
    pending = (await atOnce(requestsAtOnce, batches, (batch) => request(access, () => ask(batch)))).flat()
  }
}
