import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'
import { runCliProcess, startCli } from './run-cli.ts'

it('sqs serves until SIGTERM, tells where in one JSON text, and exits 0', { timeout: 30_000 }, async () => {
  const server = startCli(['sqs', '--port', '0', '--json'])
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
  const server = startCli(['dynamodb', '--port', '0', '--json'])
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
  const { code, stdout, stderr } = await runCliProcess([
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
