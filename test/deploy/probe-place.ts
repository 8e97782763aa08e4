import { CreateTableCommand, DeleteTableCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb'
import { CreateQueueCommand, DeleteQueueCommand } from '@aws-sdk/client-sqs'
import { type Clients, makeClients } from './clients.ts'
import { dynamodbProbes } from './dynamodb-probes.ts'
import type { Probe } from './probe.ts'
import { sqsProbes } from './sqs-probes.ts'

export const probes: readonly Probe[] = [...sqsProbes, ...dynamodbProbes]

/** Runs every probe; a map from its id to what was seen instead of AWS's behaviour, or `undefined`. */
export async function probeEngine(): Promise<Map<string, string | undefined>> {
  const clients = makeClients()
  const seen = new Map<string, string | undefined>()
  for (const probe of probes) {
    const { place, leave } = makePlace(clients)
    try {
      seen.set(probe.id, await probe.run(place))
    } catch (error) {
      seen.set(probe.id, `the probe failed: ${error instanceof Error ? error.message : error}`)
    } finally {
      await leave()
    }
  }
  return seen
}

function makePlace({ sqs, dynamodb }: Clients) {
  const undo: (() => Promise<unknown>)[] = []
  const place = {
    sqs,
    dynamodb,
    async queue(name: string, attributes: Record<string, string> = {}) {
      const created = await sqs.send(
        new CreateQueueCommand({ QueueName: `celeriac-probe-${name}`, Attributes: attributes }),
      )
      const QueueUrl = created.QueueUrl ?? ''
      undo.push(() => sqs.send(new DeleteQueueCommand({ QueueUrl })))
      return QueueUrl
    },
    async table(name: string) {
      const TableName = `celeriac-probe-${name}`
      await dynamodb.send(
        new CreateTableCommand({
          TableName,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [
            { AttributeName: 'pk', AttributeType: 'S' },
            { AttributeName: 'sk', AttributeType: 'S' },
          ],
          KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
          ],
        }),
      )
      undo.push(() => dynamodb.send(new DeleteTableCommand({ TableName })))
      await waitUntilTableExists({ client: dynamodb, maxWaitTime: 30, minDelay: 1 }, { TableName })
      return TableName
    },
  }
  const leave = async () => {
    for (const each of undo) await each().catch(() => {})
  }
  return { place, leave }
}
