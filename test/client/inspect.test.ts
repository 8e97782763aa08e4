import { DefinitionError, TaskNotFoundError } from 'celeriac'
import { describe, expect, it } from 'vitest'
import { fixture, start } from './world.ts'

describe('inspect', () => {
  it('tells depth, pause and counts of each queue', async () => {
    const { app, plain, work, settled } = fixture({ app: { queues: { emails: { concurrency: 7 }, slow: {} } } })
    await plain.delay({ x: 1 })
    await plain.applyAsync({ x: 1, mode: 'fail' }, { retry: false })
    await work()
    await plain.delay({ x: 2 })
    await plain.applyAsync({ x: 3 }, { countdown: 60 })
    await app.pause('emails')
    const [emails, slow] = await settled(app.inspect.queues())
    expect(emails).toMatchObject({
      queue: 'emails',
      waiting: 1,
      inFlight: 0,
      delayed: 1,
      dead: 1,
      concurrency: 7,
      counts: { succeeded: 1, failed: 1 },
    })
    expect(emails?.pausedAt?.getTime()).toBeGreaterThanOrEqual(start)
    expect(emails?.since).toEqual(new Date(start - 3_600_000))
    expect(slow).toMatchObject({
      queue: 'slow',
      waiting: 0,
      dead: 0,
      pausedAt: undefined,
      concurrency: undefined,
      counts: {},
    })
  })

  it('counts as far back as it is asked', async () => {
    const { app, plain, work, clock } = fixture()
    await plain.delay({ x: 1 })
    await work()
    await clock.advance(5 * 3_600_000)
    const succeeded = async (window?: '1h' | '1d') =>
      (await app.inspect.queues(window ? { window } : {}))[0]?.counts.succeeded
    expect(await succeeded()).toBeUndefined()
    expect(await succeeded('1d')).toBe(1)
  })

  it('tells a task, or that there is none', async () => {
    const { app, plain, rejection } = fixture()
    const handle = await plain.delay({ x: 1, secret: 'hush' })
    expect(await app.inspect.task(handle.id)).toEqual(await handle.info())
    expect(await rejection(app.inspect.task('nobody'))).toBeInstanceOf(TaskNotFoundError)
  })

  it('lists failures, newest first, page by page', async () => {
    const { app, plain, work, clock } = fixture()
    for (let x = 1; x <= 5; x++) {
      await plain.applyAsync({ x, mode: 'fail', secret: 'hush' }, { retry: false })
      await work()
      await clock.advance(1_000)
    }
    await plain.delay({ x: 6 })
    await work()
    const seen: unknown[] = []
    let cursor: string | undefined
    do {
      const page = await app.inspect.failures({ queue: 'emails', limit: 2, ...(cursor !== undefined && { cursor }) })
      expect(page.tasks.length).toBeLessThanOrEqual(2)
      seen.push(...page.tasks.map(({ input }) => input))
      cursor = page.cursor
    } while (cursor !== undefined)
    expect(seen).toEqual([5, 4, 3, 2, 1].map((x) => ({ x, mode: 'fail', secret: '[redacted]' })))
    const some = await app.inspect.failures({ queue: 'emails', from: new Date(start + 2_000) })
    expect(some.tasks.map(({ input }) => (input as { x: number }).x)).toEqual([5, 4, 3])
    expect((await app.inspect.failures({ queue: 'slow' })).tasks).toEqual([])
  })

  it('leaves out what was reopened since it failed', async () => {
    const { app, keyed, work } = fixture()
    await keyed.delay({ x: 1, mode: 'fail' })
    await work()
    await keyed.delay({ x: 1 })
    expect((await app.inspect.failures({ queue: 'emails' })).tasks).toEqual([])
  })

  it('refuses queues that are not there, and pages that are too long', async () => {
    const { app, rejection } = fixture()
    expect(await rejection(app.inspect.failures({ queue: 'music' }))).toBeInstanceOf(DefinitionError)
    expect(await rejection(app.inspect.failures({ queue: 'emails', limit: 101 }))).toBeInstanceOf(DefinitionError)
    expect(await rejection(app.pause('music' as never))).toBeInstanceOf(DefinitionError)
  })
})

describe('pause and resume', () => {
  it('holds what is enqueued until it is resumed, without spending an attempt', async () => {
    const { app, plain, work, runs, settled } = fixture()
    await app.pause('emails')
    const handle = await plain.delay({ x: 1 })
    await work(60_000)
    expect(runs).toEqual([])
    await app.resume('emails')
    await work(120_000)
    expect(runs).toEqual([{ id: handle.id, x: 1, attempt: 1, generation: 0 }])
    expect(await settled(handle.get())).toEqual({ doubled: 2 })
  })
})

describe('reconcile', () => {
  it('sends again what lost its message', async () => {
    const { app, plain, model, work, clock, runs } = fixture()
    const handle = await plain.delay({ x: 1 })
    model.purgeQueue({ QueueUrl: model.getQueueUrl({ QueueName: 'shop-emails' }).QueueUrl })
    await clock.advance(3_600_000)
    const report = await app.reconcile()
    expect(report.sentAgain).toMatchObject([{ id: handle.id }])
    await work()
    expect(runs).toHaveLength(1)
  })
})
