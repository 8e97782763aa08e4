import { randomUUID } from 'node:crypto'
import type { Item } from './attribute-value.ts'
import type { Change } from './changes.ts'
import { type DynamoDbClock, systemClock } from './clock.ts'
import type { Context } from './context.ts'
import type { Input } from './input.ts'
import { operationNamed } from './operations.ts'
import { allChanges, Replay, type Replayed } from './replay.ts'
import { RequestTokens } from './request-tokens.ts'
import { Sweeper } from './time-to-live.ts'

export interface DynamoDbModelOptions {
  /** @default the machine's clock */
  clock?: DynamoDbClock
  /** Gives ids of tables; must never repeat. @default random UUIDs */
  ids?: () => string
  /** @default 'us-east-1' */
  region?: string
  /** Twelve digits. @default '000000000000' */
  accountId?: string
  /** Called with what a request changed, before its answer returns. The durable log hangs here. */
  onChanges?: (changes: readonly Change[]) => void
  /** Pause between two rounds that delete expired items. Milliseconds. @default 60,000 */
  sweepEveryMs?: number
}

/** A DynamoDB without a wire: operations in, answers out, all at once. */
export interface DynamoDbModel {
  /**
   * Runs an operation of the API, `PutItem` for instance.
   *
   * @param input what the request's JSON says; it belongs to the model from here on
   * @returns what the answer's JSON says; it shares items with the model and must not be changed
   * @throws DynamoDbError when DynamoDB would answer with an error
   */
  execute(operation: string, input: Input): object
  /** Names and item counts of all tables. */
  tables(): ReadonlyMap<string, number>
  /** All items of a table, for tests. */
  items(table: string): Item[]
  /** Everything there is, as changes. The model may change between two of them. */
  changes(): Iterable<Change>
  /** Builds an empty model up; to be called with one change after the other. */
  replay(): (change: Replayed) => void
  /** Stops the timer that deletes expired items. */
  close(): void
}

export function createDynamoDbModel(options: DynamoDbModelOptions = {}): DynamoDbModel {
  const { onChanges, clock = systemClock } = options
  const context: Context = {
    clock,
    ids: options.ids ?? randomUUID,
    region: options.region ?? 'us-east-1',
    accountId: options.accountId ?? '000000000000',
    tables: new Map(),
    tokens: new RequestTokens(clock),
    emit: onChanges ?? (() => {}),
    recording: onChanges !== undefined,
  }
  const sweeper = new Sweeper(context, options.sweepEveryMs ?? 60_000)
  return {
    execute: (operation, input) => operationNamed(operation)(context, input) ?? {},
    tables: () => new Map([...context.tables].map(([name, { count }]) => [name, count])),
    items: (table) => [...(context.tables.get(table)?.rows.rows() ?? [])].map(({ item }) => item),
    changes: () => allChanges(context),
    replay() {
      const replay = new Replay(context)
      return (change) => replay.apply(change)
    },
    close: () => sweeper.stop(),
  }
}
