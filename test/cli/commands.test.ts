import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { consoleTelemetry } from '../../shared/index.ts'
import { type Local, startLocal } from '../../shared/local.ts'
import { app } from './fixtures/tasks.ts'
import { runCli, runCliProcess } from './run-cli.ts'
import { takePort } from './take-port.ts'

const fixture = 'test/cli/fixtures/tasks.ts'

let local: Local
let endpoint: string
beforeAll(async () => {
  // The workers run in this process: what they log is not the command's output.
  const telemetry = consoleTelemetry({ write: () => {} })
  local = await startLocal(app, { inProcess: true, telemetry, onProblem: () => {} })
  endpoint = `sqs=${local.endpoints.sqs},dynamodb=${local.endpoints.dynamodb}`
}, 60_000)
afterAll(() => local.stop({ drain: false }))

const celeriac = (...arguments_: readonly string[]) => runCli(['--app', fixture, '--endpoint', endpoint, ...arguments_])

describe('commands on a running app', { timeout: 60_000 }, () => {
  it('call prints the id, and result what the task returned', async () => {
    const called = await celeriac('call', 'greet', '{"name":"Zoë \\"Z\\" Müller"}')
    expect(called).toMatchObject({ code: 0, stderr: '' })
    const id = called.stdout.trim()
    const { stdout, code } = await celeriac('result', id, '--wait', '20s')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      greeting: 'Hello Zoë "Z" Müller',
      at: { $: 'date', v: '1970-01-01T00:00:00.000Z' },
    })
  })

  it('call --wait --json tells all in one text', async () => {
    const { stdout, code } = await celeriac(
      'call',
      'greet',
      '{"name":"Ada"}',
      '--id',
      'mine',
      '--wait',
      '20s',
      '--json',
    )
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      id: 'mine',
      task: 'greet',
      queue: 'quick',
      deduplicated: false,
      state: 'SUCCESS',
      result: { greeting: 'Hello Ada' },
    })
  })

  it('the same --key is the same task, and another input a conflict', async () => {
    const first = await celeriac('call', 'greet', '{"name":"Bo"}', '--key', 'k1', '--json')
    const second = await celeriac('call', 'greet', '{"name":"Bo"}', '--key', 'k1', '--json')
    const { id } = JSON.parse(first.stdout) as { id: string }
    expect(JSON.parse(second.stdout)).toMatchObject({ id, deduplicated: true })
    const third = await celeriac('call', 'greet', '{"name":"Cy"}', '--key', 'k1')
    expect(third).toMatchObject({ code: 1, stdout: '' })
    expect(third.stderr).toContain(id)
  })

  it('a task that failed is an exit code, a paragraph, and a line of inspect failures', async () => {
    const failed = await celeriac('call', 'refuse', '--id', 'refused', '--wait', '20s')
    expect(failed).toMatchObject({ code: 1, stdout: '' })
    expect(failed.stderr).toMatch(
      /^celeriac: Task 'refuse' \(refused\) failed after 1 attempt: RejectError: no such account\n$/,
    )
    const task = await celeriac('inspect', 'task', 'refused', '--json')
    expect(JSON.parse(task.stdout)).toMatchObject({
      state: 'FAILURE',
      error: { message: 'no such account' },
      attempt: 1,
    })
    const list = await celeriac('inspect', 'failures', '--queue', 'quick')
    const [head, line] = list.stdout.split('\n')
    expect(head).toBe('failed\ttask\tid\tattempts\terror')
    expect(line?.split('\t').slice(1)).toEqual(['refuse', 'refused', '1', 'RejectError: no such account'])
  })

  it('in a process of its own: the input comes from standard input, the result goes to standard output', async () => {
    const run = await runCliProcess(['--app', fixture, '--endpoint', endpoint, 'call', 'greet', '-', '--wait', '20s'], {
      stdin: '{"name":"Dee"}\n',
    })
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout).toContain('Hello Dee')
  })

  it('a delayed task is revoked before it starts', async () => {
    const { stdout } = await celeriac('call', 'greet', '{"name":"Eve"}', '--countdown', '10m')
    const id = stdout.trim()
    expect((await celeriac('result', id)).stderr).toMatch(/is SCHEDULED: it has no result yet/)
    expect((await celeriac('revoke', id)).stdout).toBe(`${id} is REVOKED: it will not run.\n`)
    const result = await celeriac('result', id, '--json')
    expect(result.code).toBe(1)
    expect(JSON.parse(result.stdout)).toMatchObject({ id, state: 'REVOKED', error: { code: 'task-revoked' } })
  })

  it('inspect queues counts, pause is shown, resume ends it', async () => {
    expect((await celeriac('pause', 'slow')).code).toBe(0)
    const paused = await celeriac('inspect', 'queues', '--json')
    const queues = JSON.parse(paused.stdout) as { queue: string; pausedAt?: string }[]
    expect(queues.map(({ queue, pausedAt }) => [queue, pausedAt !== undefined])).toEqual([
      ['quick', false],
      ['slow', true],
    ])
    expect((await celeriac('resume', 'slow')).code).toBe(0)
    const { stdout } = await celeriac('inspect', 'queues')
    expect(
      stdout
        .split('\n')
        .slice(0, 3)
        .map((line) => line.split('\t')[0]),
    ).toEqual(['queue', 'quick', 'slow'])
  })

  it('reconcile looks at every task and sends none again', async () => {
    // Four weeks, the default, are 1,344 queries: seconds of processor time.
    const { stdout, code } = await celeriac('reconcile', '--since', '2h', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ sentAgain: [], failed: [] })
  })

  it('an unknown id is an error', async () => {
    expect(await celeriac('inspect', 'task', 'nobody')).toMatchObject({ code: 1, stdout: '' })
  })

  it('a health port that is taken is told in one paragraph', async () => {
    const { port, close } = await takePort('0.0.0.0')
    try {
      const { code, stdout, stderr } = await celeriac('worker', '--health-port', port)
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toMatch(new RegExp(`^celeriac: Port ${port} is taken.*--health-port 0\\.\\n$`))
    } finally {
      close()
    }
  })

  it('AWS_ENDPOINT_URL_* of the environment lead there, too', async () => {
    const run = await runCli(['--app', fixture, 'inspect', 'queues'], { env: { ...local.environment } })
    expect(run).toMatchObject({ code: 0, stderr: '' })
  })
})
