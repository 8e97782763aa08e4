import type { Answer } from './wire.ts'

/** Why two engines may disagree: the other one is known to be wrong there. Sources stand in docs/dynamodb-server.md. */
export interface KnownDifference {
  readonly why: string
  applies(operation: string, ours: Answer, theirs: Answer): boolean
}

const saysOf = ({ body }: Answer): string => String(body.message ?? body.Message ?? '')
const refusal = ({ body }: Answer): string => String(body.__type ?? '').replace(/^.*#/, '')
const reasons = ({ text }: Answer): string => text

export const dynamoDbLocal: readonly KnownDifference[] = [
  {
    why: 'an update that cannot be done cancels the transaction with reason ValidationError; DynamoDB Local refuses the request',
    applies: (operation, ours, theirs) =>
      operation === 'TransactWriteItems' &&
      reasons(ours).includes('"ValidationError"') &&
      refusal(theirs) === 'ValidationException',
  },
  {
    why: 'DynamoDB Local calls DuplicateItemException DuplicateItem',
    applies: (operation, ours, theirs) =>
      operation === 'ExecuteStatement' &&
      refusal(ours) === 'DuplicateItemException' &&
      refusal(theirs) === 'DuplicateItem',
  },
]

/** dynoxide lets pass what DynamoDB refuses before it looks at an item, and more; see the table in docs/dynamodb-server.md. */
export const dynoxide: readonly KnownDifference[] = [
  {
    why: 'dynoxide checks expressions less, and inside a transaction late',
    applies: (_operation, ours) => /^Invalid \w+Expression: /.test(saysOf(ours)),
  },
  {
    why: 'dynoxide accepts paths that lead nowhere',
    applies: (_operation, ours) => /document path provided in the update expression is invalid/.test(ours.text),
  },
  {
    why: 'dynoxide gives back the key as the old item of an item that was created',
    applies: (operation, ours, theirs) =>
      operation === 'UpdateItem' && ours.body.Attributes === undefined && theirs.body.Attributes !== undefined,
  },
  {
    why: 'PartiQL: dynoxide reads only part of the language',
    applies: (operation) => operation === 'ExecuteStatement' || operation === 'BatchExecuteStatement',
  },
]
