import { spawnSync } from 'node:child_process'
import { describe, it } from 'vitest'
import { startDynamoDb } from '../../localstack/dynamodb/dynoxide.ts'
import { startDynamoDbServer } from '../../localstack/dynamodb/index.ts'
import { dynamoPlace, type Engine, startDynamoDbLocal } from './table-places.ts'
import { tableContract } from './table-suite.ts'

/** CELERIAC_DYNAMODB_ENDPOINT: any engine. CELERIAC_DYNAMODB_LOCAL=1: AWS's own, where Java is. CELERIAC_SEED: which faults the wire has. */
const { CELERIAC_DYNAMODB_ENDPOINT: given, CELERIAC_DYNAMODB_LOCAL: local, CELERIAC_SEED: seed = '1' } = process.env

on('embedded', startDynamoDb)
on('celeriac', startDynamoDbServer)
if (given) on(given, async () => ({ endpoint: given, stop: async () => undefined }))
if (local === '1') {
  if (spawnSync('java', ['-version']).error === undefined) on('DynamoDB Local', startDynamoDbLocal)
  else describe('DynamoDB Local', () => it.skip('needs Java'))
}

function on(name: string, start: () => Promise<Engine>): void {
  tableContract(name, async () => dynamoPlace(await start()))
  tableContract(`${name}, on a wire that drops, repeats and throttles (seed ${seed})`, async () =>
    dynamoPlace(await start(), { chaos: seed }),
  )
}
