import { existsSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { join } from 'node:path'
import { localAccount, localKeys, localRegion, queueArn } from '../../localstack/account.ts'
import { startDynamoDbLocal } from '../../localstack/dynamodb/dynamodb-local.ts'
import { startDynamoDb } from '../../localstack/dynamodb/dynoxide.ts'
import { startDynamoDbServer } from '../../localstack/dynamodb/index.ts'
import { SqsWire } from '../../localstack/event-source/index.ts'
import { type SqsServer, startSqsServer } from '../../localstack/sqs/server/index.ts'
import { writeEnvironment } from '../core/environment.ts'
import { allStarted, Closing } from './closing.ts'
import { environmentOf, type LocalPlan, type QueuePlan } from './plan.ts'

const probeMs = 5_000

export interface ServicesOptions {
  /** Queues and table live in this folder. @default in memory */
  readonly dataDir?: string
  /** @default free ones */
  readonly ports?: { readonly sqs?: number; readonly dynamodb?: number }
  /** `dynoxide`, `local` (AWS's own, needs Java), or where a DynamoDB runs already: `http://127.0.0.1:8000`. @default our own engine */
  readonly dynamodb?: string
  /** @default 'us-east-1' */
  readonly region?: string
  readonly onProblem: (problem: string) => void
}

/** SQS and DynamoDB on this machine. */
export interface Services {
  readonly endpoints: { readonly sqs: string; readonly dynamodb: string }
  readonly region: string
  readonly sqs: SqsServer
  readonly wire: SqsWire
  /** `<endpoint>/<account>`: queue URLs without their last segment. */
  readonly queueBaseUrl: string
  /** Creates the queues and the table of a plan, or changes what is there. Messages and records stay. */
  prepare(plan: LocalPlan): Promise<void>
  /** For other processes. */
  variables(plan: LocalPlan): Record<string, string>
  stop(): Promise<void>
}

/** @throws {Error} when a port is taken or there is no engine for this machine; nothing is left running then */
export async function startServices(options: ServicesOptions): Promise<Services> {
  const { dataDir, ports = {}, region = localRegion } = options
  const closing = new Closing()
  const startingSqs = startSqsServer({
    region,
    accountId: localAccount,
    warn: options.onProblem,
    ...(ports.sqs !== undefined && { port: ports.sqs }),
    ...(dataDir !== undefined && { dataDir: join(dataDir, 'sqs') }),
  }).then((server) => {
    closing.add(() => server.stop())
    return server
  })
  const startingDynamoDb = startDynamoDbEngine(options).then((engine) => {
    closing.add(() => engine.stop())
    return engine
  })
  try {
    // Loading the SDK takes as long as starting the engine.
    const [sqs, dynamodb] = await allStarted([startingSqs, startingDynamoDb, import('../aws/table.ts')])
    const wire = new SqsWire(sqs.endpoint)
    closing.add(() => wire.close())
    const endpoints = { sqs: sqs.endpoint, dynamodb: dynamodb.endpoint }
    const queueBaseUrl = `${sqs.endpoint}/${localAccount}`
    return {
      endpoints,
      region,
      sqs,
      wire,
      queueBaseUrl,
      async prepare(plan) {
        await allStarted([
          prepareTable(endpoints.dynamodb, region, plan.table),
          ...plan.queues.map((queue) => prepareQueue(wire, region, queue)),
        ])
      },
      variables: (plan) => variablesOf(plan, { endpoints, region, queueBaseUrl }),
      stop: () => closing.close(),
    }
  } catch (error) {
    await closing.close().catch(() => {})
    throw error
  }
}

/** The engine that the option names: our own, in this process, unless it says otherwise. */
async function startDynamoDbEngine({
  dynamodb,
  dataDir,
  ports = {},
  region = localRegion,
  onProblem,
}: ServicesOptions): Promise<{ readonly endpoint: string; stop(): unknown }> {
  const port = ports.dynamodb !== undefined && { port: ports.dynamodb }
  const child = { ...port, ...(dataDir !== undefined && { dataDir }) }
  if (dynamodb === 'dynoxide') return startDynamoDb(child)
  if (dynamodb === 'local') return startDynamoDbLocal(child)
  if (dynamodb !== undefined) return runningDynamoDb(dynamodb)
  if (dataDir !== undefined) refuseOlderData(dataDir)
  return startDynamoDbServer({
    ...port,
    region,
    accountId: localAccount,
    warn: onProblem,
    ...(dataDir !== undefined && { dataDir: join(dataDir, 'dynamodb') }),
  })
}

/** Earlier versions kept the table in the SQLite file of another engine. */
function refuseOlderData(dataDir: string): void {
  const older = join(dataDir, 'dynamodb.sqlite')
  if (!existsSync(older)) return
  throw new Error(
    `${dataDir}: expected the data of this version, received ${older}, which an earlier version wrote. Delete the folder to start anew, or use that engine: dynamodb: 'dynoxide'.`,
  )
}

/** One that is there already, and stays. @throws {Error} the address is none, or nothing listens there */
async function runningDynamoDb(address: string): Promise<{ readonly endpoint: string; stop(): void }> {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new Error(`dynamodb: expected a URL such as http://127.0.0.1:8000, received '${address}'.`)
  }
  await new Promise<void>((resolve, reject) => {
    const { get } = url.protocol === 'http:' ? http : https
    // Any answer will do: engines differ in what they say to GET.
    const request = get(url, { agent: false, timeout: probeMs }, (answer) => {
      answer.destroy()
      resolve()
    })
    request.once('timeout', () => request.destroy(new Error(`no answer within ${probeMs} ms`)))
    request.once('error', ({ message }) =>
      reject(
        new Error(
          `dynamodb: expected a DynamoDB at ${address}, and nothing answers there: ${message}. Start it first.`,
        ),
      ),
    )
  })
  return { endpoint: address.replace(/\/+$/, ''), stop() {} }
}

/** What another process needs to reach these services. */
export function variablesOf(
  plan: LocalPlan,
  { endpoints, region, queueBaseUrl }: Pick<Services, 'endpoints' | 'region' | 'queueBaseUrl'>,
): Record<string, string> {
  return {
    ...writeEnvironment(environmentOf(plan, queueBaseUrl)),
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_REGION: region,
    // boto3 and the AWS CLI read this one alone.
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: localKeys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localKeys.secretAccessKey,
  }
}

export async function prepareTable(endpoint: string, region: string, name: string): Promise<void> {
  const [{ createClients }, { ensureTable }] = await Promise.all([
    import('../aws/clients.ts'),
    import('../aws/table.ts'),
  ])
  const clients = createClients({ endpoint: { dynamodb: endpoint }, region, credentials: localKeys })
  try {
    await ensureTable(clients.dynamodb(), name)
  } finally {
    clients.close()
  }
}

export async function prepareQueue(wire: SqsWire, region: string, plan: QueuePlan): Promise<void> {
  await wire.ensureQueue(plan.deadQueueName, { MessageRetentionPeriod: seconds(plan.deadRetentionMs) })
  await wire.ensureQueue(plan.queueName, {
    VisibilityTimeout: seconds(plan.visibilityMs),
    MessageRetentionPeriod: seconds(plan.retentionMs),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: queueArn(region, plan.deadQueueName),
      maxReceiveCount: plan.maxReceiveCount,
    }),
  })
}

function seconds(ms: number): string {
  return String(Math.ceil(ms / 1_000))
}
