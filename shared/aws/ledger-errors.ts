import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { LedgerUnavailableError, TableAccessError } from '../core/errors.ts'
import { isDoubtful } from './doubt.ts'

/**
 * What a failed request says.
 *
 * - `throttled`: turned away before it did anything (all of DynamoDB's throttling errors are refusals with status 400).
 * - `unknown`: no answer, a broken one, or an internal error; it may have taken effect.
 * - `refused`: DynamoDB will not run this request. One bad statement may have done that to its neighbours.
 * - `denied`: it will not run any request of ours: wrong credentials, rights, region or table.
 */
export type Failure = 'throttled' | 'unknown' | 'refused' | 'denied'

const throttling: ReadonlySet<string> = new Set([
  'ThrottlingException',
  'ThrottlingError',
  'Throttling',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'TooManyRequestsException',
  'TransactionConflictException',
  'TransactionInProgressException',
])

const denying: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'AccessDenied',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'IncompleteSignature',
  'IncompleteSignatureException',
  'SignatureDoesNotMatch',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'ExpiredToken',
  'ExpiredTokenException',
  'NotAuthorized',
  'OptInRequired',
  'SubscriptionRequiredException',
  'ResourceNotFoundException',
  'UnknownOperationException',
  // The SDK's own, before anything is sent.
  'CredentialsProviderError',
  'TokenProviderError',
])

export function failureOf(error: unknown): Failure {
  const { name = '', status, sent } = factsOf(error)
  if (denying.has(name) || !sent) return 'denied'
  if (throttling.has(name) || status === 429) return isDoubtful(error) ? 'unknown' : 'throttled'
  return status !== undefined && status >= 400 && status < 500 ? 'refused' : 'unknown'
}

/** One paragraph about a request that will never succeed. */
export async function deniedError(client: DynamoDBClient, table: string, error: unknown): Promise<TableAccessError> {
  return new TableAccessError(table, await endpointOf(client), adviceFor(error), { cause: error })
}

/** One paragraph about a read that got no answer. */
export async function unansweredError(
  client: DynamoDBClient,
  table: string,
  error: unknown,
): Promise<LedgerUnavailableError> {
  return new LedgerUnavailableError(
    `The table '${table}' at ${await endpointOf(client)} did not answer a read: ${messageOf(error)}.`,
    { cause: error },
  )
}

/** Never throws: it is for messages about clients that may be set up wrongly. */
async function endpointOf(client: DynamoDBClient): Promise<string> {
  const { endpoint, region } = client.config
  try {
    const custom = await endpoint?.()
    if (custom !== undefined) {
      const port = custom.port === undefined ? '' : `:${custom.port}`
      return `${custom.protocol}//${custom.hostname}${port}`
    }
  } catch {
    // Then the region says where.
  }
  try {
    return `DynamoDB in ${await region()}`
  } catch {
    return 'DynamoDB (no region is set)'
  }
}

function adviceFor(error: unknown): string {
  const said = messageOf(error)
  const { name = '', sent } = factsOf(error)
  if (name === 'ResourceNotFoundException')
    return `${said}. Deploy the app, or check its stage, CELERIAC_PREFIX, CELERIAC_TABLE and the region.`
  if (/^access|denied|notauthorized/i.test(name))
    return `${said}. Grant the role the table's actions; PartiQL has its own (dynamodb:PartiQLInsert, PartiQLUpdate), which grantReadWriteData does not give.`
  if (!sent && !denying.has(name)) return `${said}. Check the client's options, AWS_REGION and the AWS profile.`
  return `${said}. Check the credentials (AWS_PROFILE, AWS_ACCESS_KEY_ID, the role) and the region they are for.`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message.replace(/\.\s*$/, '')}` : String(error)
}

interface Facts {
  readonly name?: string
  readonly status?: number
  /** It left, or tried to. The SDK refuses by itself what it cannot sign or address. */
  readonly sent: boolean
}

function factsOf(error: unknown): Facts {
  if (!(error instanceof Error)) return { sent: true }
  const { $metadata, $response, code } = error as Error & {
    readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number }
    readonly $response?: { readonly statusCode?: number }
    readonly code?: unknown
  }
  const status = $metadata?.httpStatusCode ?? $response?.statusCode
  // ECONNREFUSED and the like; Node's own refusals (ERR_INVALID_URL) begin otherwise.
  const network = typeof code === 'string' && /^E(?!RR_)/.test(code)
  return {
    name: error.name,
    ...(status !== undefined && { status }),
    sent: status !== undefined || network || isDoubtful(error),
  }
}
