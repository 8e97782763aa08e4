import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Local, startLocal } from '../../shared/local.ts'
import { app } from './fixtures/tasks.ts'
import { runCli } from './run-cli.ts'

let local: Local
let at: readonly string[]
beforeAll(async () => {
  local = await startLocal(app, { inProcess: true, onProblem: () => {} })
  at = [
    ...['--app', 'test/cli/fixtures/tasks.ts'],
    ...['--endpoint', `sqs=${local.endpoints.sqs},dynamodb=${local.endpoints.dynamodb}`],
  ]
}, 60_000)
afterAll(() => local.stop({ drain: false }))

describe('celeriac dlq', { timeout: 120_000 }, () => {
  it('lists, shows and sends back; what fails again is a dead letter again', async () => {
    const handle = await app.send('refuse', undefined, { taskId: 'refused' })
    expect(await handle.get({ propagate: false, timeout: '20s' })).toBeInstanceOf(Error)
    const listed = await runCli(['dlq', 'ls', ...at])
    expect(listed.stdout).toMatch(/^dead\tqueue\ttask\tid\treason\terror\n/)
    expect(listed.stdout).toMatch(/Z\tquick\trefuse\trefused\trejected\tRejectError: no such account\n$/)
    const shown = await runCli(['dlq', 'show', 'refused', '--json', ...at])
    expect(JSON.parse(shown.stdout)).toMatchObject({ task: 'refuse', reason: 'rejected', attempts: 1 })
    const back = await runCli(['dlq', 'redrive', 'refused', '--json', ...at])
    expect(back.code).toBe(0)
    expect(JSON.parse(back.stdout)).toMatchObject({ examined: 1, redriven: [{ id: 'refused', queue: 'quick' }] })
    await expect.poll(async () => (await app.inspect.task('refused')).generation, { timeout: 20_000 }).toBe(1)
    await expect.poll(async () => (await app.inspect.task('refused')).state, { timeout: 20_000 }).toBe('FAILURE')
  })

  it('an id that is not there is an exit code of 1', async () => {
    const { code, stderr } = await runCli(['dlq', 'redrive', 'nobody', '--queue', 'slow', ...at])
    expect(code).toBe(1)
    expect(stderr).toContain('No dead letter was found for nobody.')
    expect(await runCli(['dlq', 'show', 'nobody', '--queue', 'slow', ...at])).toMatchObject({ code: 1, stdout: '' })
  })

  it('all of them only when that is said', async () => {
    const { code, stderr } = await runCli(['dlq', 'redrive', ...at])
    expect(code).toBe(2)
    expect(stderr).toMatch(/expected ids, --queue, .* Say --all/)
  })
})
