import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { startGuarded } from '../process/guarded-process.ts'
import { startDynamoDbLocal } from './dynamodb-local.ts'
import { dynoxideBinary, hasDynoxide } from './dynoxide-binary.ts'
import { type DynamoDbOptions, freePort, type LocalDynamoDb, untilReady } from './engine-process.ts'

export type { DynamoDbOptions, LocalDynamoDb } from './engine-process.ts'

/** Another process may take a free port between our choice and the engine's start. */
const portTries = 5

/**
 * Starts DynamoDB on a loopback port as a child process, which ends with this one however that ends: the engine dynoxide where npm has it for this
 * machine, else AWS's own DynamoDB Local where Java and its jar are found.
 *
 * Any region and any credentials reach the same tables. (ARNs name the region `dynoxide`.)
 *
 * @example
 * const dynamodb = await startDynamoDb({ dataDir: '.celeriac' })
 * const clients = createClients({ endpoint: dynamodb.endpoint, region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } })
 * @throws {Error} when no engine fits this machine, the port is taken, or it does not answer within 15 s
 */
export async function startDynamoDb(options: DynamoDbOptions = {}): Promise<LocalDynamoDb> {
  if (options.binary === undefined && !hasDynoxide()) return startDynamoDbLocal(options)
  const binary = options.binary ?? dynoxideBinary()
  const storage: string[] = []
  if (options.dataDir !== undefined) {
    await mkdir(options.dataDir, { recursive: true })
    storage.push('--db-path', join(options.dataDir, 'dynamodb.sqlite'))
  }
  for (let tried = 1; ; tried++) {
    const port = options.port ?? (await freePort())
    const engine = await startGuarded(binary, ['--host', '127.0.0.1', '--port', String(port), ...storage])
    const endpoint = `http://127.0.0.1:${port}`
    const problem = await untilReady(engine, endpoint, { says: /listening/i, status: 200 })
    if (problem === undefined) return { endpoint, port, pid: engine.pid, stop: () => engine.stop() }
    await engine.stop()
    const again = options.port === undefined && /in use/i.test(problem) && tried < portTries
    if (!again) throw new Error(`Local DynamoDB did not start on port ${port}: ${problem}`)
  }
}
