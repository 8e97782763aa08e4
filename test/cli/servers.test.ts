import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { runCli } from './run-cli.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

it('sqs serves until SIGTERM, tells where in one JSON text, and exits 0', { timeout: 30_000 }, async () => {
  const server = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', 'sqs', '--port', '0', '--json'], {
    cwd: root,
  })
  const [line] = (await once(createInterface(server.stdout), 'line')) as [string]
  const { endpoint, port } = JSON.parse(line) as { endpoint: string; port: number }
  expect(endpoint).toBe(`http://127.0.0.1:${port}`)
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { 'x-amz-target': 'AmazonSQS.CreateQueue', 'content-type': 'application/x-amz-json-1.0' },
    body: JSON.stringify({ QueueName: 'q' }),
  })
  expect(await answer.json()).toEqual({ QueueUrl: `${endpoint}/000000000000/q` })
  server.kill('SIGTERM')
  expect(await once(server, 'close')).toEqual([0, null])
})

it('dynamodb serves until SIGTERM, tells where in one JSON text, and exits 0', { timeout: 30_000 }, async () => {
  const server = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', 'dynamodb', '--port', '0', '--json'], {
    cwd: root,
  })
  const [line] = (await once(createInterface(server.stdout), 'line')) as [string]
  const { endpoint, port } = JSON.parse(line) as { endpoint: string; port: number }
  expect(endpoint).toBe(`http://127.0.0.1:${port}`)
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { 'x-amz-target': 'DynamoDB_20120810.ListTables', 'content-type': 'application/x-amz-json-1.0' },
    body: '{}',
  })
  expect(await answer.json()).toEqual({ TableNames: [] })
  server.kill('SIGTERM')
  expect(await once(server, 'close')).toEqual([0, null])
})

it.each(['sqs', 'dynamodb'])(
  '%s: a port that is taken is told in one paragraph',
  { timeout: 30_000 },
  async (command) => {
    const squatter = createServer().listen(0, '127.0.0.1')
    await once(squatter, 'listening')
    const address = squatter.address()
    const port = String(typeof address === 'object' ? address?.port : undefined)
    try {
      const { code, stdout, stderr } = await runCli([command, '--port', port])
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toMatch(new RegExp(`^celeriac: Port ${port} is taken.*--port 0\\.\\n$`))
    } finally {
      squatter.close()
    }
  },
)

it('dev runs a command with the environment set, and ends with its exit code', { timeout: 60_000 }, async () => {
  const call = [
    'cli/main.ts',
    '--app',
    'test/cli/fixtures/tasks.ts',
    'call',
    'greet',
    '{"name":"Ada"}',
    '--wait',
    '20s',
    '--json',
  ]
  const { code, stdout, stderr } = await runCli([
    ...['dev', '--app', 'test/cli/fixtures/tasks.ts', '--json', '--'],
    ...[process.execPath, '--import', 'tsx', ...call],
  ])
  expect(stderr).toBe('')
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(lines[0]).toMatchObject({ type: 'ready', table: 'tried', tasks: ['greet', 'refuse', 'linger'] })
  expect(lines.find(({ state }) => state !== undefined)).toMatchObject({
    state: 'SUCCESS',
    result: { greeting: 'Hello Ada' },
  })
  expect(lines.map(({ type }) => type)).toEqual(expect.arrayContaining(['queued', 'started', 'succeeded']))
  expect(code).toBe(0)
})
