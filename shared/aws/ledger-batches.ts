import {
  BatchExecuteStatementCommand,
  type BatchExecuteStatementCommandOutput,
  type BatchStatementResponse,
  ConditionalCheckFailedException,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { atOnce } from './at-once.ts'
import { deniedError, failureOf } from './ledger-errors.ts'
import type { Item } from './ledger-items.ts'
import {
  fitsStatement,
  type ItemChange,
  type Statement,
  statementBytes,
  updateCommand,
  updateStatement,
} from './ledger-statements.ts'

/** The fate of one statement. `taken`: its key exists already. The others are the ledger port's. */
export type StatementAnswer =
  | { readonly status: 'done'; readonly item: Item | undefined }
  | { readonly status: 'taken' | 'refused' | 'throttled' }
  | { readonly status: 'unknown' | 'invalid'; readonly error: Error }

/** BatchExecuteStatement: statements in one request. */
const maxStatements = 25
/** A request that grows with large inputs stays below this. DynamoDB's own limit for transactions and the least of its request limits is 4 MB. */
const maxRequestBytes = 3_900_000
const requestsAtOnce = 4

/** Runs write statements through BatchExecuteStatement: each takes effect, or not, by itself. No key twice in a call. */
export async function runStatements(
  client: DynamoDBClient,
  tableName: string,
  statements: readonly Statement[],
): Promise<readonly StatementAnswer[]> {
  const answers = await atOnce(requestsAtOnce, packed(statements), (batch) => oneRequest(client, tableName, batch))
  return answers.flat()
}

/** Changes in batches where they fit, else each in a request of its own. Answers as for statements. */
export async function runChanges(
  client: DynamoDBClient,
  tableName: string,
  changes: readonly ItemChange[],
): Promise<readonly StatementAnswer[]> {
  const batched = changes.filter(fitsStatement)
  const single = changes.filter((change) => !fitsStatement(change))
  const [told, toldSingly] = await Promise.all([
    runStatements(
      client,
      tableName,
      batched.map((change) => updateStatement(tableName, change)),
    ),
    atOnce(requestsAtOnce, single, (change) => oneUpdate(client, tableName, change)),
  ])
  const answers = new Map<ItemChange, StatementAnswer>()
  for (const [index, change] of batched.entries()) answers.set(change, told[index] ?? unanswered)
  for (const [index, change] of single.entries()) answers.set(change, toldSingly[index] ?? unanswered)
  return changes.map((change) => answers.get(change) ?? unanswered)
}

async function oneUpdate(client: DynamoDBClient, tableName: string, change: ItemChange): Promise<StatementAnswer> {
  try {
    const { Attributes } = await client.send(updateCommand(tableName, change))
    // It was asked for all of them: an answer without any is no answer.
    return Attributes === undefined ? unanswered : { status: 'done', item: Attributes }
  } catch (thrown) {
    if (thrown instanceof ConditionalCheckFailedException) return { status: 'refused' }
    return failedRequest(client, tableName, thrown)
  }
}

/** What a failed request says of each of its entries. */
async function failedRequest(
  client: DynamoDBClient,
  tableName: string,
  thrown: unknown,
): Promise<StatementAnswer & { readonly status: 'throttled' | 'unknown' | 'invalid' }> {
  const failure = failureOf(thrown)
  if (failure === 'denied') throw await deniedError(client, tableName, thrown)
  if (failure === 'throttled') return { status: 'throttled' }
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  return { status: failure === 'unknown' ? 'unknown' : 'invalid', error }
}

const unanswered: StatementAnswer = { status: 'unknown', error: new Error('DynamoDB did not answer this statement.') }

async function oneRequest(
  client: DynamoDBClient,
  tableName: string,
  batch: readonly Statement[],
): Promise<readonly StatementAnswer[]> {
  let output: BatchExecuteStatementCommandOutput
  try {
    output = await client.send(
      new BatchExecuteStatementCommand({
        Statements: batch.map(({ text, parameters }) => ({ Statement: text, Parameters: parameters })),
      }),
    )
  } catch (thrown) {
    const answer = await failedRequest(client, tableName, thrown)
    if (answer.status !== 'invalid' || batch.length === 1) return batch.map(() => answer)
    // One statement has made DynamoDB refuse all. Alone, each gets its own answer.
    const alone = await atOnce(requestsAtOnce, batch, (statement) => oneRequest(client, tableName, [statement]))
    return alone.flat()
  }
  const triedBefore = (output.$metadata.attempts ?? 1) > 1
  const responses = output.Responses ?? []
  const denied = responses.find(
    ({ Error: error }) => error?.Code === 'AccessDenied' || error?.Code === 'ResourceNotFound',
  )
  if (denied !== undefined) throw await deniedError(client, tableName, errorOf(denied))
  return batch.map((_, index) => answerOf(responses[index], triedBefore))
}

/**
 * | code | what it says of the statement |
 * |---|---|
 * | ConditionalCheckFailed, DuplicateItem | its condition was found false |
 * | ThrottlingError, ProvisionedThroughputExceeded, RequestLimitExceeded | turned away for want of capacity: no effect |
 * | TransactionConflict | turned away, since a transaction holds the item: no effect |
 * | InternalServerError | it broke while running: anything |
 * | ValidationError, ItemCollectionSizeLimitExceeded | it will never be accepted (too large, mostly) |
 *
 * When the SDK had to ask twice, an earlier asking may have taken effect before this one was turned away.
 */
function answerOf(response: BatchStatementResponse | undefined, triedBefore: boolean): StatementAnswer {
  if (response === undefined) return unanswered
  if (response.Error === undefined) return { status: 'done', item: response.Item }
  switch (response.Error.Code) {
    case 'ConditionalCheckFailed':
      return { status: 'refused' }
    case 'DuplicateItem':
      return { status: 'taken' }
    case 'ThrottlingError':
    case 'ProvisionedThroughputExceeded':
    case 'RequestLimitExceeded':
    case 'TransactionConflict':
      return triedBefore ? { status: 'unknown', error: errorOf(response) } : { status: 'throttled' }
    case 'ValidationError':
    case 'ItemCollectionSizeLimitExceeded':
      return { status: 'invalid', error: errorOf(response) }
    default:
      return { status: 'unknown', error: errorOf(response) }
  }
}

function errorOf({ Error: said }: BatchStatementResponse): Error {
  const error = new Error(said?.Message ?? 'no message')
  error.name = said?.Code === 'ResourceNotFound' ? 'ResourceNotFoundException' : (said?.Code ?? 'Error')
  return error
}

function packed(statements: readonly Statement[]): readonly (readonly Statement[])[] {
  const requests: Statement[][] = []
  let open: Statement[] = []
  let openBytes = 0
  for (const statement of statements) {
    const bytes = statementBytes(statement)
    if (open.length === maxStatements || (open.length > 0 && openBytes + bytes > maxRequestBytes)) {
      requests.push(open)
      open = []
      openBytes = 0
    }
    open.push(statement)
    openBytes += bytes
  }
  if (open.length > 0) requests.push(open)
  return requests
}
