import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb'
import type { WriteAnswer } from '../ports/index.ts'
import { deniedError, failureOf } from './ledger-errors.ts'
import type { TableAccess } from './ledger-gets.ts'

/** What became of one conditional write. */
export async function conditionalAnswer(
  { client, tableName }: TableAccess,
  send: () => Promise<unknown>,
): Promise<WriteAnswer> {
  try {
    await send()
    return { status: 'done' }
  } catch (thrown) {
    if (thrown instanceof ConditionalCheckFailedException) return { status: 'refused' }
    const error = thrown instanceof Error ? thrown : new Error(String(thrown))
    switch (failureOf(thrown)) {
      case 'denied':
        throw await deniedError(client, tableName, thrown)
      case 'throttled':
        return { status: 'throttled' }
      case 'refused':
        return { status: 'invalid', error }
      case 'unknown':
        return { status: 'unknown', error }
    }
  }
}
