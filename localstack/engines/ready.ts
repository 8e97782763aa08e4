import { setTimeout as sleep } from 'node:timers/promises'

/** LocalStack takes 12 s on two idle cores, and a minute on busy ones. */
const patienceMs = 180_000

/** One raw HTTP call for each service that a deployment and a worker need. */
const calls: readonly Call[] = [
  json('sqs', 'AmazonSQS.ListQueues', '1.0'),
  json('dynamodb', 'DynamoDB_20120810.ListTables', '1.0'),
  json('ssm', 'AmazonSSM.DescribeParameters', '1.1'),
  query('cloudformation', 'ListStacks', '2010-05-15'),
  query('iam', 'ListRoles', '2010-05-08'),
  query('sts', 'GetCallerIdentity', '2011-06-15'),
  { service: 'lambda', method: 'GET', path: '/2015-03-31/functions', headers: {} },
  { service: 's3', method: 'GET', path: '/', headers: {} },
]

interface Call {
  readonly service: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/**
 * Resolves when every service has answered a real call with 200.
 *
 * Health pages and "Ready." lines are not reliable: LocalStack prints "Ready." with most services missing (an
 * unsuitable Python) and with its port taken by another program.
 *
 * @param ended resolves when the engine's process has ended; waiting then ends with an error
 */
export async function waitForRealAnswers(endpoint: string, ended: Promise<void>): Promise<void> {
  const state = { hasEnded: false }
  void ended.then(() => {
    state.hasEnded = true
  })
  const deadline = Date.now() + patienceMs
  for (const call of calls) {
    let problem = await attempt(endpoint, call)
    while (problem !== undefined) {
      if (state.hasEnded) throw new Error('its process ended.')
      if (Date.now() > deadline) throw new Error(`${call.service} gave no answer in ${patienceMs / 1000} s: ${problem}`)
      await sleep(100)
      problem = await attempt(endpoint, call)
    }
  }
  if (state.hasEnded) throw new Error('its process ended, and something else answers on its port.')
}

/** What went wrong, or `undefined`. */
async function attempt(endpoint: string, call: Call): Promise<string | undefined> {
  try {
    const response = await fetch(endpoint + call.path, {
      method: call.method,
      headers: { ...call.headers, authorization: authorization(call.service) },
      ...(call.body === undefined ? {} : { body: call.body }),
      signal: AbortSignal.timeout(30_000),
    })
    const text = await response.text()
    return response.ok ? undefined : `HTTP ${response.status} ${text.slice(0, 300)}`
  } catch (error) {
    return error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
  }
}

/** Engines tell the service from the credential scope and do not check the signature. */
function authorization(service: string): string {
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '')
  return (
    `AWS4-HMAC-SHA256 Credential=test/${day}/us-east-1/${service}/aws4_request, ` +
    `SignedHeaders=host, Signature=${'0'.repeat(64)}`
  )
}

function json(service: string, target: string, version: string): Call {
  const headers = { 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': target }
  return { service, method: 'POST', path: '/', headers, body: '{}' }
}

function query(service: string, action: string, version: string): Call {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return { service, method: 'POST', path: '/', headers, body: `Action=${action}&Version=${version}` }
}
