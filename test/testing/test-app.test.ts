import { createApp, IgnoreError, RejectError, type TaskContext } from 'celeriac'
import {
  assertEnqueued,
  assertNotEnqueued,
  callTask,
  createTestApp,
  TaskAssertionError,
  taskMatchers,
} from 'celeriac/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

expect.extend(taskMatchers)

declare module 'vitest' {
  interface Matchers<T> {
    toHaveEnqueued(task: unknown, input?: unknown): Promise<T>
  }
}

function shop() {
  const app = createApp({ name: 'shop', queues: { emails: {} } })
  const runs: string[] = []
  const note = (name: string, context: TaskContext) => runs.push(`${name} ${context.attempt}`)
  const sendEmail = app.task('emails.send', { input: z.object({ to: z.string() }) }, async ({ to }, ctx) => {
    note('send', ctx)
    await new Promise((resolve) => setTimeout(resolve, 5))
    return { messageId: `for ${to}` }
  })
  const flaky = app.task(
    'flaky',
    { retry: { maxRetries: 2, delay: '10m', maxDelay: '10m', jitter: false } },
    (_: unknown, ctx) => {
      note('flaky', ctx)
      throw new Error('not yet')
    },
  )
  const reject = app.task('reject', {}, (): string => {
    throw new RejectError('bad address')
  })
  const patient = app.task('patient', { softTimeLimit: '5s' }, (_: unknown, ctx) => {
    return new Promise<never>((_resolve, fail) => {
      ctx.signal.addEventListener('abort', () => fail(new IgnoreError('gave up')))
    })
  })
  return { app, runs, sendEmail, flaky, reject, patient }
}

describe('createTestApp', () => {
  it('works what was enqueued, with real awaits inside the task, and gives its result', async () => {
    const { app, sendEmail } = shop()
    const test = createTestApp(app)
    const handle = await sendEmail.delay({ to: 'ada@example.com' })
    expect(await handle.state()).toBe('QUEUED')
    expect(await test.run()).toBe(1)
    expect(await handle.get()).toEqual({ messageId: 'for ada@example.com' })
  })

  it('moves time for whoever waits for a result while nobody else does', async () => {
    const { app, runs, flaky, sendEmail } = shop()
    createTestApp(app)
    const sent = await sendEmail.delay({ to: 'ada@example.com' })
    expect(await sent.get()).toEqual({ messageId: 'for ada@example.com' })
    const failing = await flaky.delay()
    await expect(failing.get({ timeout: '1h' })).rejects.toThrow('not yet')
    expect(runs).toEqual(['send 1', 'flaky 1', 'flaky 2', 'flaky 3'])
  })

  it('skips time: retries run when the clock reaches them, and not before', async () => {
    const { app, runs, flaky } = shop()
    const test = createTestApp(app)
    const handle = await flaky.delay()
    await test.run()
    expect(runs).toEqual(['flaky 1'])
    await test.advance('9m')
    expect(runs).toEqual(['flaky 1'])
    await test.advance('2m')
    expect(runs).toEqual(['flaky 1', 'flaky 2'])
    await test.advance('1h')
    expect(runs).toEqual(['flaky 1', 'flaky 2', 'flaky 3'])
    expect(await handle.state()).toBe('FAILURE')
    expect(test.deadLetters()).toMatchObject([
      { id: handle.id, task: 'flaky', reason: 'failure', error: { message: 'not yet' } },
    ])
  })

  it('redrives dead letters and delivers twice what the test wants twice', async () => {
    const { app, runs, reject, sendEmail } = shop()
    const test = createTestApp(app)
    const rejected = await reject.delay(undefined)
    await test.run()
    expect(test.deadLetters('emails').map((letter) => letter.reason)).toEqual(['rejected'])
    expect(await test.redrive('emails')).toBe(1)
    await test.run()
    expect((await rejected.info()).generation).toBe(1)
    await sendEmail.delay({ to: 'bob@example.com' })
    expect(await test.duplicate('emails')).toBe(1)
    await test.advance('10s')
    expect(runs).toEqual(['send 1'])
  })

  it('lets virtual time pass around a task that waits for its own limit', async () => {
    const { app, patient } = shop()
    const test = createTestApp(app, { patience: 0.05 })
    const handle = await patient.delay()
    await test.run()
    expect(await handle.state()).toBe('IGNORED')
  })

  it('injects faults: a claim whose answer gets lost runs once all the same', async () => {
    const { app, runs, sendEmail } = shop()
    let lost = 0
    const test = createTestApp(app, {
      faults: (call) => {
        if (call.port !== 'records' || call.method !== 'update' || call.entry.set.state !== 'STARTED' || lost > 0)
          return undefined
        lost += 1
        return { type: 'answer-lost' }
      },
    })
    const handle = await sendEmail.delay({ to: 'ada@example.com' })
    await test.run()
    expect(lost).toBe(1)
    expect(runs).toEqual(['send 1'])
    expect(await handle.state()).toBe('SUCCESS')
  })

  it('ends the process of a run: its code has run, and runs again when the message is back', async () => {
    const { app, runs, sendEmail, flaky } = shop()
    const test = createTestApp(app)
    test.crash(sendEmail)
    const handle = await sendEmail.delay({ to: 'ada@example.com' })
    const neighbour = await flaky.delay()
    await test.run()
    expect(await handle.state()).toBe('STARTED')
    expect(runs.filter((run) => run.startsWith('send'))).toEqual(['send 1'])
    await test.advance('20m')
    expect(await handle.get()).toEqual({ messageId: 'for ada@example.com' })
    expect(runs.filter((run) => run.startsWith('send'))).toHaveLength(2)
    await test.advance('1h')
    expect(await neighbour.state()).toBe('FAILURE')
  })

  it('ends the process before the code of a run, as often as it is told to', async () => {
    const { app, runs, sendEmail } = shop()
    const test = createTestApp(app)
    test.crash('emails.send', 'before')
    test.crash('emails.send', 'before')
    const handle = await sendEmail.delay({ to: 'ada@example.com' })
    await test.run()
    expect(runs).toEqual([])
    await test.advance('20m')
    expect(runs).toEqual(['send 3'])
    expect(await handle.state()).toBe('SUCCESS')
  })

  it('throttles the table for some writes', async () => {
    const { app, runs, sendEmail } = shop()
    const test = createTestApp(app)
    test.inject({ at: 'records.insert', type: 'throttled', times: 2 })
    test.inject({ at: 'records.update', type: 'throttled', times: 3 })
    const handle = await sendEmail.delay({ to: 'ada@example.com' })
    expect(test.now.getTime()).toBeGreaterThan(Date.UTC(2026, 0, 1))
    await test.advance('10m')
    expect(runs).toEqual(['send 1'])
    expect(await handle.state()).toBe('SUCCESS')
  })

  it('works inline: what a task enqueues, too, and nothing before its time', async () => {
    const { app, runs, sendEmail, flaky } = shop()
    const parent = app.task('parent', {}, async () => {
      await sendEmail.delay({ to: 'child@example.com' })
    })
    const test = createTestApp(app, { inline: true })
    const handle = await parent.delay(undefined)
    expect(await handle.state()).toBe('SUCCESS')
    expect(runs).toEqual(['send 1'])
    await sendEmail.applyAsync({ to: 'later@example.com' }, { countdown: '5m' })
    await flaky.delay()
    expect(runs).toEqual(['send 1', 'flaky 1'])
    await test.advance('5m')
    expect(runs).toEqual(['send 1', 'flaky 1', 'send 1'])
    const many = await sendEmail.delayMany(Array.from({ length: 25 }, (_, n) => ({ to: `${n}@example.com` })))
    expect(many.failed).toEqual([])
    expect(runs).toHaveLength(28)
  })

  it('asserts on what was enqueued, with words for what was there instead', async () => {
    const { app, sendEmail, flaky } = shop()
    const test = createTestApp(app)
    await sendEmail.delay({ to: 'ada@example.com' })
    await expect(test).toHaveEnqueued(sendEmail, { to: 'ada@example.com' })
    await expect(test).not.toHaveEnqueued(flaky)
    await assertEnqueued(test, 'emails.send')
    await expect(assertNotEnqueued(test, sendEmail)).rejects.toThrow(TaskAssertionError)
    await expect(assertEnqueued(test, sendEmail, { to: 'bob@example.com' })).rejects.toThrow(
      'Expected task \'emails.send\' with {"to":"bob@example.com"} to be enqueued, received {"to":"ada@example.com"}.',
    )
    expect(await test.enqueued(sendEmail)).toMatchObject([{ state: 'QUEUED', input: { to: 'ada@example.com' } }])
  })
})

describe('callTask', () => {
  it('calls one task with a made-up context and says what a worker would do', async () => {
    const { sendEmail, flaky } = shop()
    expect(await callTask(sendEmail, { to: 'ada@example.com' })).toMatchObject({
      state: 'SUCCESS',
      output: { messageId: 'for ada@example.com' },
    })
    expect(await callTask(flaky, {}, { attempt: 2 })).toMatchObject({ state: 'RETRY', delayMs: 600_000 })
    expect(await callTask(flaky, {}, { attempt: 3 })).toMatchObject({ state: 'FAILURE', deadLetter: 'failure' })
    expect(await callTask(sendEmail, { to: 5 } as never)).toMatchObject({
      state: 'FAILURE',
      deadLetter: 'input-refused',
    })
  })
})
