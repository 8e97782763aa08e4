import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { failureOf } from '../../cli/failure.ts'
import { createApp, RemoteError, TaskFailedError } from '../../shared/index.ts'
import { type Local, startLocal } from '../../shared/local.ts'
import { until } from '../support/processes.ts'
import { celeriac } from './processes.ts'
import { runCli } from './run-cli.ts'

const talkative = 'test/cli/fixtures/talkative.ts'
const app = createApp({ name: 'talks', queues: { default: {} } })
app.task('echo', {}, (value: string) => value)

let local: Local
let at: readonly string[]
beforeAll(async () => {
  local = await startLocal(app, { onProblem: () => {} })
  at = ['--app', talkative, '--endpoint', `sqs=${local.endpoints.sqs},dynamodb=${local.endpoints.dynamodb}`]
}, 60_000)
afterAll(() => local.stop({ drain: false }))

describe('an app that prints and holds a socket', { timeout: 60_000 }, () => {
  it('call prints the id alone, ends, and says the rest on standard error', async () => {
    const { exit, out, errors } = celeriac(['call', 'echo', '"x"', ...at])
    expect(await exit).toEqual([0, null])
    expect(out()).toMatch(/^[0-9a-f-]{36}\n$/)
    expect(errors()).toContain('connecting to the database')
    expect(errors()).toContain('connected')
  })

  it('inspect --json is JSON, ends, and counts what never happened as 0', async () => {
    const { exit, out } = celeriac(['inspect', 'queues', '--json', ...at])
    expect(await exit).toEqual([0, null])
    expect(JSON.parse(out())).toMatchObject([{ queue: 'default', counts: { retried: 0, failed: 0, dead: 0 } }])
  })

  it('worker --json is JSON from its first line on, and ends when it has stopped', async () => {
    const { child, exit, out } = celeriac(['worker', '--json', ...at])
    await until(() => out().includes('"ready"'), 30_000)
    child.kill('SIGTERM')
    expect(await exit).toEqual([0, null])
    const lines = out().trim().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toContain('stopped')
  })

  it('a task that fails keeps its exit code', async () => {
    const { exit, out } = celeriac(['call', 'nope', '1', '--queue', 'default', '--wait', '1s', ...at])
    expect((await exit)[0]).toBe(1)
    expect(out()).toBe('')
  })
})

it('a reader that has seen enough ends the command without a stack', { timeout: 60_000 }, async () => {
  const { exit, out, errors } = celeriac(['--help'], { shell: '| head -1' })
  await exit
  expect(out()).toMatch(/^Usage: celeriac/)
  expect(errors()).toBe('')
})

it('a worker whose reader is gone drains and ends', { timeout: 60_000 }, async () => {
  const { exit, errors } = celeriac(['sqs', '--port', '0', '--json'], { shell: '| head -0' })
  expect((await exit)[0]).toBe(0)
  expect(errors()).toBe('')
})

describe('nothing listens', { timeout: 30_000 }, () => {
  it.each([
    ['call', 'echo', '"x"'],
    ['result', 'an-id', '--wait'],
    ['inspect', 'queues'],
    ['inspect', 'failures'],
    ['revoke', 'an-id'],
    ['pause', 'default'],
    ['reconcile'],
    ['purge', 'default', '--yes'],
  ])('%s says so at once', async (...words) => {
    const startedAt = performance.now()
    const said = await runCli([...words, '--app', 'test/cli/fixtures/quiet.ts', '--endpoint', 'http://127.0.0.1:9'])
    expect(said).toMatchObject({ code: 1, stdout: '' })
    expect(said.stderr).toMatch(/^celeriac: Nothing listens at http:\/\/127\.0\.0\.1:9 .*celeriac dev.*\n$/)
    expect(performance.now() - startedAt).toBeLessThan(15_000)
  })

  it('also where the environment names the address', async () => {
    const env = { AWS_ENDPOINT_URL: 'http://localhost:9' }
    const { stderr } = await runCli(['inspect', 'queues', '--app', 'test/cli/fixtures/quiet.ts'], { env })
    expect(stderr).toContain('Nothing listens at http://localhost:9 (SQS and DynamoDB)')
  })

  it('what asks nobody needs nobody', async () => {
    const words = ['cost', '--app', 'test/cli/fixtures/quiet.ts', '--endpoint', 'http://127.0.0.1:9']
    expect(await runCli(words)).toMatchObject({ code: 0 })
  })
})

it('an error is told by its message; a name that says something stands before it', () => {
  expect(failureOf(new Error('The disk is full.'), false).message).toMatch(/^The disk is full\./)
  expect(failureOf(new RangeError('too far'), false).message).toMatch(/^RangeError: too far\./)
})

it('counts agree with their noun', () => {
  const cause = new RemoteError({ name: 'TypeError', message: 'no' })
  expect(new TaskFailedError('id', 'work', 1, cause).message).toContain('failed after 1 attempt: ')
  expect(new TaskFailedError('id', 'work', 2, cause).message).toContain('failed after 2 attempts: ')
})
