import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { TaskQueuesProps } from '../../infra/index.ts'
import { deploy, type Resource, resourcesOf, shop, shopQueues } from './fixture.ts'

/** Properties whose change makes CloudFormation replace a resource: from the database that `cdk diff` itself reads. */
const replacing = readReplacing()

/** What CloudFormation would take away, by its logical id or by an immutable property, when going from one version to the next. */
function lost(before: Partial<TaskQueuesProps>, after: Partial<TaskQueuesProps>): readonly string[] {
  const [old, next] = [resources(before), resources(after)]
  return Object.entries(old).flatMap(([id, { Type, Properties }]) => {
    const same = next[id]
    if (same === undefined) return [`${Type} ${id} goes`]
    return (replacing.get(Type) ?? [])
      .filter((name) => JSON.stringify(Properties[name]) !== JSON.stringify(same.Properties[name]))
      .map((name) => `${Type} ${id} is replaced for its ${name}`)
  })
}

function resources(props: Partial<TaskQueuesProps>): Readonly<Record<string, Resource>> {
  return resourcesOf(deploy({ manifest: false, ...props }).template())
}

const tasksOf = (name: string) => {
  const app = shop()
  app.add(name, { queue: 'emails' }, () => undefined)
  return app
}

describe('what a change does to a backlog', () => {
  it.each<[string, Partial<TaskQueuesProps>, Partial<TaskQueuesProps>]>([
    ['renaming a task', { app: tasksOf('emails.welcome') }, { app: tasksOf('emails.greet') }],
    ['adding a queue', {}, { app: shop({ queues: { ...shopQueues, sms: {} } }) }],
    ['the order of queues', {}, { app: shop({ queues: Object.fromEntries(Object.entries(shopQueues).reverse()) }) }],
    [
      'time-out, memory, batches, concurrency',
      {},
      {
        app: shop({
          queues: { ...shopQueues, emails: { timeout: '5m', memory: 1_024, batchSize: 2, concurrency: 9 } },
        }),
      },
    ],
    ['a task without a ledger, and with it a longer visibility', {}, { app: withoutLedger() }],
    ['settings of workers', {}, { workers: { enabled: false, environment: { NAME: 'value' } } }],
  ])('%s replaces nothing', (_, before, after) => {
    expect(lost(before, after)).toEqual([])
  })

  it('sees a renamed queue go, with its dead letters', () => {
    const { emails = {}, ...others } = shopQueues
    const gone = lost({}, { app: shop({ queues: { ...others, mails: emails } }) })
    expect(gone.filter((each) => each.startsWith('AWS::SQS::Queue '))).toHaveLength(2)
  })

  it('sees another stage as other names, which is why a stage has a stack of its own', () => {
    expect(lost({}, { stage: 'dev' })).toContain(
      'AWS::DynamoDB::GlobalTable TasksTableC8A48AEB is replaced for its TableName',
    )
  })
})

function withoutLedger() {
  const app = shop()
  app.add('emails.ping', { queue: 'emails', ledger: 'off' }, () => undefined)
  return app
}

function readReplacing(): ReadonlyMap<string, readonly string[]> {
  const folder = dirname(createRequire(import.meta.url).resolve('aws-cdk/package.json'))
  const database = JSON.parse(gunzipSync(readFileSync(join(folder, 'db.json.gz'))).toString()) as {
    schema: { resource: { entities: Record<string, ResourceType> } }
  }
  const types = Object.values(database.schema.resource.entities)
  return new Map(
    types.map(({ cloudFormationType, properties }) => [
      cloudFormationType,
      Object.entries(properties)
        .filter(([, { causesReplacement }]) => causesReplacement === 'yes')
        .map(([name]) => name),
    ]),
  )
}

interface ResourceType {
  readonly cloudFormationType: string
  readonly properties: Readonly<Record<string, { readonly causesReplacement?: string }>>
}

it('the database knows that names and keys replace, and that encryption does not', () => {
  expect([...(replacing.get('AWS::SQS::Queue') ?? [])].sort()).toEqual(['FifoQueue', 'QueueName'])
  expect(replacing.get('AWS::DynamoDB::GlobalTable')).toEqual(expect.arrayContaining(['TableName', 'KeySchema']))
})
