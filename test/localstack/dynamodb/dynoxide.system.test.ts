import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CreateTableCommand, ListTablesCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDynamoDb } from '../../../localstack/dynamodb/dynoxide.ts'
import { dynoxideBinary } from '../../../localstack/dynamodb/dynoxide-binary.ts'
import { createTablePorts } from '../../../shared/aws/ports.ts'
import { ensureTable } from '../../../shared/aws/table.ts'
import { seededRandom } from '../../../shared/memory/seeded-random.ts'
import { systemClock } from '../../../shared/system/index.ts'
import { newRecord } from '../../contract/table-place.ts'
import { clientsFor } from '../../contract/table-places.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'celeriac-dynamodb-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Waits for what a kernel does soon, looking every 10 ms. */
async function until(what: () => boolean | Promise<boolean>, withinMs = 5_000): Promise<void> {
  for (let waited = 0; !(await what()); waited += 10) {
    if (waited >= withinMs) throw new Error(`Not within ${withinMs} ms: ${what.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

function isAlive(pid: number): boolean {
  // A zombie that nobody waits for is dead: only its entry is left.
  const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim()
  return state !== '' && !state.startsWith('Z')
}

/** Processes of the group that the guard of this engine leads. */
function groupOf(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,pgid=,stat='], { encoding: 'utf8' })
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  const group = rows.find(([id]) => Number(id) === pid)?.[1]
  return rows.filter(([, its, stat]) => its === group && !stat?.startsWith('Z')).map(([id]) => Number(id))
}

describe('startDynamoDb', () => {
  it('starts an engine on a free loopback port, and leaves nothing behind', async () => {
    const [one, two] = await Promise.all([startDynamoDb(), startDynamoDb()])
    expect(one.port).not.toBe(two.port)
    expect(one.endpoint).toBe(`http://127.0.0.1:${one.port}`)
    const clients = clientsFor(one.endpoint)
    expect(await clients.dynamodb().send(new ListTablesCommand({}))).toMatchObject({ TableNames: [] })
    clients.close()
    const group = groupOf(one.pid)
    expect(group).toContain(one.pid)
    await Promise.all([one.stop(), two.stop()])
    await one.stop()
    await until(() => group.every((pid) => !isAlive(pid)))
    await expect(fetch(one.endpoint)).rejects.toThrow()
  })

  it('shows the same tables to every region and every key', async () => {
    const engine = await startDynamoDb()
    await ensureTable(clientsFor(engine.endpoint).dynamodb(), 'shop')
    const elsewhere = clientsFor(engine.endpoint, {
      region: 'eu-west-3',
      credentials: { accessKeyId: 'another', secretAccessKey: 'key' },
    })
    expect(await elsewhere.dynamodb().send(new ListTablesCommand({}))).toMatchObject({ TableNames: ['shop'] })
    await engine.stop()
  })

  it('keeps its data in a folder, through kill -9', async () => {
    const dataDir = join(folder, 'made', 'when', 'missing')
    const record = newRecord(1_767_225_600_000)
    const tableAt = (endpoint: string) =>
      createTablePorts({
        dynamodb: clientsFor(endpoint).dynamodb(),
        environment: { table: 'shop' },
        clock: systemClock,
        random: seededRandom(1),
      })
    const first = await startDynamoDb({ dataDir })
    await ensureTable(clientsFor(first.endpoint).dynamodb(), 'shop')
    expect(await tableAt(first.endpoint).records.insert([{ record }])).toEqual([{ status: 'done' }])
    process.kill(first.pid, 'SIGKILL')
    await until(() => !isAlive(first.pid))
    await first.stop()
    expect(existsSync(join(dataDir, 'dynamodb.sqlite'))).toBe(true)

    const second = await startDynamoDb({ dataDir })
    expect(await tableAt(second.endpoint).records.read([record.id], { consistent: true })).toEqual([record])
    await second.stop()
  })

  it('says when the port it was given is taken', async () => {
    const first = await startDynamoDb()
    await expect(startDynamoDb({ port: first.port })).rejects.toThrow(
      new RegExp(`did not start on port ${first.port}: .*already in use`),
    )
    await first.stop()
    const again = await startDynamoDb({ port: first.port })
    expect(again.port).toBe(first.port)
    await again.stop()
  })

  it('chooses another port when a free one was taken meanwhile', async () => {
    const seen = join(folder, 'seen')
    const binary = join(folder, 'racing')
    writeFileSync(
      binary,
      `#!/bin/sh\nif [ -e "${seen}" ]; then exec "${dynoxideBinary()}" "$@"; fi\ntouch "${seen}"\necho "port is already in use" >&2\nexit 1\n`,
    )
    chmodSync(binary, 0o755)
    const engine = await startDynamoDb({ binary })
    expect((await fetch(engine.endpoint)).ok).toBe(true)
    await engine.stop()
  })

  it('says why an engine does not start', async () => {
    const binary = join(folder, 'broken')
    writeFileSync(binary, '#!/bin/sh\necho "cannot open the database" >&2\nexit 3\n')
    chmodSync(binary, 0o755)
    await expect(startDynamoDb({ binary })).rejects.toThrow('cannot open the database')
    await expect(startDynamoDb({ binary: join(folder, 'missing') })).rejects.toThrow(/did not start.*not found/)
  })

  it('says what to do where there is no binary', () => {
    expect(() => dynoxideBinary('sunos', 'sparc')).toThrow(/@dynoxide\/sunos-sparc.*DynamoDB Local.*Java/)
  })
})

describe('an engine ends with the process that started it', () => {
  async function parent(how: string): Promise<{ child: ChildProcess; pid: number; group: number[] }> {
    const script = fileURLToPath(new URL('./fixtures/dynamodb-parent.ts', import.meta.url))
    const child = spawn(process.execPath, ['--import', 'tsx', script, how], { stdio: ['ignore', 'pipe', 'ignore'] })
    let said = ''
    for await (const chunk of child.stdout) {
      said += String(chunk)
      if (said.includes('\n')) break
    }
    const { pid } = JSON.parse(said) as { pid: number }
    return { child, pid, group: groupOf(pid) }
  }

  it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('that gets %s', async (signal) => {
    const { child, group, pid } = await parent('stay')
    expect(isAlive(pid)).toBe(true)
    child.kill(signal)
    await until(() => !isAlive(pid) && group.every((each) => !isAlive(each)))
  })

  it.each(['exit', 'throw'])('that ends by %s', async (how) => {
    const { pid, group } = await parent(how)
    await until(() => !isAlive(pid) && group.every((each) => !isAlive(each)))
  })
})

describe('the embedded engine, where it differs', () => {
  it('has no region of its own: ARNs name one called after it', async () => {
    const engine = await startDynamoDb()
    const dynamodb = clientsFor(engine.endpoint).dynamodb()
    const { TableDescription } = await dynamodb.send(
      new CreateTableCommand({
        TableName: 'plain',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    )
    expect(TableDescription?.TableArn).toContain(':dynoxide:')
    await dynamodb.send(new PutItemCommand({ TableName: 'plain', Item: { id: { S: '1' } } }))
    await engine.stop()
  })
})
