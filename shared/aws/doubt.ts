import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { SQSClient } from '@aws-sdk/client-sqs'

/** A request that failed like this never reached the service. */
const neverLeft: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
])

const doubtful = new WeakSet<object>()

/**
 * Teaches a client to remember, over all of the SDK's own retries, whether a request may have taken effect. The last try's error alone does
 * not tell: a lost answer may be followed by a plain refusal.
 */
export function rememberDoubt(
  client: Pick<SQSClient, 'middlewareStack'> | Pick<DynamoDBClient, 'middlewareStack'>,
): void {
  // What is added looks at no input and no output: it is the same for every service.
  const stack = client.middlewareStack as SQSClient['middlewareStack']
  stack.add(
    (next, context) => async (args) => {
      try {
        const answer = await next(args)
        // Whatever fails from here on (a checksum of the answer, say) fails after the effect.
        context.celeriacDoubt = true
        return answer
      } catch (error) {
        if (mayHaveArrived(error)) context.celeriacDoubt = true
        throw error
      }
    },
    { name: 'celeriacDoubtPerTry', step: 'deserialize', priority: 'high', override: true },
  )
  stack.add(
    (next, context) => async (args) => {
      try {
        return await next(args)
      } catch (error) {
        if (context.celeriacDoubt === true && typeof error === 'object' && error !== null) doubtful.add(error)
        throw error
      }
    },
    { name: 'celeriacDoubt', step: 'initialize', priority: 'high', override: true },
  )
}

/** Whether the request that failed with this error may have taken effect. */
export function isDoubtful(error: unknown): boolean {
  return typeof error === 'object' && error !== null && doubtful.has(error)
}

function mayHaveArrived(error: unknown): boolean {
  const { $metadata, code } = error as { $metadata?: { httpStatusCode?: number }; code?: unknown }
  const status = $metadata?.httpStatusCode
  if (status !== undefined) return status < 400 || status >= 500
  return !(typeof code === 'string' && neverLeft.has(code))
}
