import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import { SQSClient } from '@aws-sdk/client-sqs'

/** Where AWS is and who we are. Everything left out is taken from the environment by the SDK (AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL, …). */
export interface ClientOptions {
  /** `http://127.0.0.1:4566`, or one per service. @default AWS's own, or AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL_DYNAMODB */
  readonly endpoint?: string | { readonly sqs?: string; readonly dynamodb?: string }
  readonly region?: string
  readonly credentials?: NonNullable<DynamoDBClientConfig['credentials']>
  /** Tries of one request, the first included: after throttling, 5xx and network errors. @default 3 */
  readonly maxAttempts?: number
  /** @default 2,000 */
  readonly connectionTimeoutMs?: number
  /** Until the answer begins; a long poll gets its 20 s on top. @default 6,000 */
  readonly requestTimeoutMs?: number
  /** `false`: SQS's MD5 of messages is not checked, which saves CPU; TLS already protects them. @default true */
  readonly md5?: boolean
}

/** The SDK's clients, each made at its first use. Connections are kept alive and shared by all requests. */
export interface Clients {
  dynamodb(): DynamoDBClient
  sqs(): SQSClient
  /** Closes the sockets of the clients that were made. */
  close(): void
}

/** SQS's longest WaitTimeSeconds. */
const longestPollMs = 20_000

/** Two more tries ride out a blip; who needs more patience has it above the port, where lost answers are resolved by reading. */
const defaultMaxAttempts = 3
/** A loaded Lambda function connects within a few hundred milliseconds, or does not. */
const defaultConnectionTimeoutMs = 2_000
/** DynamoDB and SQS answer in tens of milliseconds; a hanging connection must not eat an invocation of 60 s. */
const defaultRequestTimeoutMs = 6_000

/**
 * Makes clients lazily: a process that only enqueues opens no more than it uses.
 *
 * On Node 20 the SDK prints that its versions from January 2027 on need Node 22. AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED=true, set
 * before the first client is made, silences that (the SDK's own variable, read when a client is constructed); nothing here sets it.
 *
 * @example
 * const clients = createClients({ endpoint: 'http://127.0.0.1:4566', region: 'us-east-1' })
 * const ledger = createDynamoLedger({ dynamodb: clients.dynamodb(), environment, clock, random })
 */
export function createClients(options: ClientOptions = {}): Clients {
  let dynamodb: DynamoDBClient | undefined
  let sqs: SQSClient | undefined
  return {
    dynamodb() {
      dynamodb ??= withoutLogging(new DynamoDBClient(configuration(options, 'dynamodb', 0)))
      return dynamodb
    },
    sqs() {
      // The SDK would send to the host inside a queue's URL, past AWS_ENDPOINT_URL.
      sqs ??= withoutLogging(
        new SQSClient({
          ...configuration(options, 'sqs', longestPollMs),
          useQueueUrlAsEndpoint: false,
          ...(options.md5 === false && { md5: false }),
        }),
      )
      return sqs
    },
    close() {
      dynamodb?.destroy()
      sqs?.destroy()
      dynamodb = undefined
      sqs = undefined
    },
  }
}

/** The SDK prepares every request and answer for a log line, also when its logger does nothing: a quarter of the CPU of a batch of ten. */
function withoutLogging<Client extends { readonly middlewareStack: { remove(name: string): boolean } }>(
  client: Client,
): Client {
  client.middlewareStack.remove('loggerMiddleware')
  return client
}

function configuration(options: ClientOptions, service: 'sqs' | 'dynamodb', longestWaitMs: number) {
  const { endpoint, region, credentials } = options
  const url = typeof endpoint === 'string' ? endpoint : endpoint?.[service]
  const requestTimeoutMs = (options.requestTimeoutMs ?? defaultRequestTimeoutMs) + longestWaitMs
  return {
    ...(url !== undefined && { endpoint: url }),
    ...(region !== undefined && { region }),
    ...(credentials !== undefined && { credentials }),
    maxAttempts: options.maxAttempts ?? defaultMaxAttempts,
    requestHandler: {
      connectionTimeout: options.connectionTimeoutMs ?? defaultConnectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      // Without it the SDK only logs a warning and waits on.
      throwOnRequestTimeout: true,
      // An answer that began and then stalls.
      socketTimeout: requestTimeoutMs,
    },
  }
}
