import { connect } from 'node:net'
import type { Endpoint } from './endpoint.ts'
import { CliError, codeOf } from './failure.ts'

type Service = 'SQS' | 'DynamoDB'

/** A connection to an emulator is made within a millisecond. If it takes longer, the SDK connects and retries. */
const probeMs = 1_000

/**
 * Reports at once that nothing listens: the client would retry for 20 seconds, which is right for AWS.
 *
 * @param endpoint of --endpoint
 * @throws {CliError} an address that was named refuses the connection
 */
export async function checkListening(
  endpoint: Endpoint | undefined,
  variables: Readonly<Record<string, string | undefined>> = process.env,
): Promise<void> {
  const { AWS_ENDPOINT_URL: both, AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL_DYNAMODB } = variables
  const urls: readonly (readonly [Service, string | undefined])[] =
    typeof endpoint === 'string'
      ? [['SQS', endpoint]]
      : [
          ['SQS', endpoint?.sqs ?? (AWS_ENDPOINT_URL_SQS || both)],
          ['DynamoDB', endpoint?.dynamodb ?? (AWS_ENDPOINT_URL_DYNAMODB || both)],
        ]
  await Promise.all(
    urls.map(async ([service, url]) => {
      if (url === undefined || !URL.canParse(url) || !(await refuses(new URL(url)))) return
      const what = typeof endpoint === 'string' || url === both ? 'SQS and DynamoDB' : service
      throw new CliError(
        `Nothing listens at ${url} (${what}). Start 'celeriac dev', or check --endpoint and AWS_ENDPOINT_URL.`,
      )
    }),
  )
}

function refuses({ protocol, hostname, port }: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || (protocol === 'https:' ? 443 : 80)),
      timeout: probeMs,
    })
    const end = (refused: boolean): void => {
      socket.destroy()
      resolve(refused)
    }
    socket.once('connect', () => end(false))
    socket.once('timeout', () => end(false))
    socket.once('error', (error) => end(wasRefused(error)))
  })
}

/** A name with several addresses (`localhost`) gives one error for each. */
function wasRefused(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.every(wasRefused)
  return codeOf(error) === 'ECONNREFUSED'
}
