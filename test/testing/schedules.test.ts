import type { TaskContext } from 'celeriac'
import { createTestApp } from 'celeriac/testing'
import { describe, expect, test } from 'vitest'
import { type AppWithSchedules, buildApp } from '../../shared/client/app.ts'
import { createSchedules } from '../../shared/client/schedules.ts'
import type { AppBuilder } from '../../shared/core/app.ts'
import { cron, every, once } from '../../shared/core/schedule.ts'
import { recordingTelemetry } from '../../shared/memory/recording-telemetry.ts'
import { systemClock, systemRandom } from '../../shared/system/index.ts'

const startAt = new Date('2026-01-01T00:00:00Z')
const dayMs = 86_400_000

function shop() {
  const machine = {
    clock: systemClock,
    random: systemRandom,
    telemetry: recordingTelemetry(),
    variables: {},
    connectAws: () => Promise.reject(new Error('Nothing is connected to AWS here.')),
  }
  const options = { name: 'shop', queues: { default: {} } }
  const app = buildApp(options, machine, createSchedules) as AppWithSchedules<'default'>
  ;(app.definition as AppBuilder).parks = true
  const runs: {
    readonly at: number
    readonly input: unknown
    readonly schedule: TaskContext['schedule']
    readonly attempt: number
  }[] = []
  let fail = false
  const digest = app.task(
    'digest',
    { retry: { maxRetries: 1, delay: '2h', maxDelay: '1d', jitter: false } },
    (input: { day?: Date; fill?: string }, ctx) => {
      runs.push({ at: test.now.getTime(), input, schedule: ctx.schedule, attempt: ctx.attempt })
      if (fail && ctx.attempt === 1) throw new Error('once')
    },
  )
  const snoozer = app.task('snoozer', {}, (_: unknown, ctx) => {
    runs.push({ at: test.now.getTime(), input: undefined, schedule: ctx.schedule, attempt: ctx.attempt })
    if (runs.length === 1) ctx.snooze('3d')
  })
  const test = createTestApp(app, { startAt })
  return {
    app,
    test,
    runs,
    digest,
    snoozer,
    failOnce: () => {
      fail = true
    },
  }
}

describe('delays of any length', () => {
  test('30 days, to the second', async () => {
    const { test, runs, digest } = shop()
    const handle = await digest.applyAsync({}, { countdown: '30d' })
    expect(await handle.state()).toBe('SCHEDULED')
    await test.advance('29d')
    expect(runs).toEqual([])
    await test.advance('1d')
    await test.advance('1s')
    expect(runs.map(({ at }) => at)).toEqual([startAt.getTime() + 30 * dayMs])
    expect(await handle.state()).toBe('SUCCESS')
  })

  test('a large input waits in its record', async () => {
    const { test, runs, digest } = shop()
    await digest.applyAsync({ fill: 'x'.repeat(5_000) }, { eta: new Date('2026-03-01T09:00:00Z') })
    expect(test.ports.due).toBeDefined()
    await test.advance('60d')
    expect(runs).toMatchObject([{ at: Date.parse('2026-03-01T09:00:00Z'), input: { fill: 'x'.repeat(5_000) } }])
  })

  test('a retry two hours later, a snooze of three days', async () => {
    const { test, runs, digest, snoozer, failOnce } = shop()
    failOnce()
    await digest.delay({})
    await test.run()
    await test.advance('3h')
    expect(runs.map(({ at, attempt }) => [Math.round((at - startAt.getTime()) / 60_000), attempt])).toEqual([
      [0, 1],
      [120, 2],
    ])
    runs.length = 0
    const from = test.now.getTime()
    await snoozer.delay()
    await test.advance('4d')
    expect(runs.map(({ at }) => Math.round((at - from) / 3_600_000))).toEqual([0, 72])
  })

  test('rescheduled: later, earlier, now', async () => {
    const { test, runs, digest } = shop()
    const handle = await digest.applyAsync({}, { countdown: '1h' })
    await handle.reschedule({ countdown: '2d' })
    await test.advance('1d')
    expect(runs).toEqual([])
    await handle.reschedule({ eta: new Date(startAt.getTime() + 1.5 * dayMs) })
    await test.advance('1d')
    expect(runs.map(({ at }) => at)).toEqual([startAt.getTime() + 1.5 * dayMs])
    await test.advance('5d')
    expect(runs).toHaveLength(1)
    await expect(handle.reschedule({ countdown: 1 })).rejects.toThrow('expected a task that waits')
    const other = await digest.applyAsync({}, { countdown: '9d' })
    await other.reschedule({ countdown: 0 })
    await test.run()
    expect(runs).toHaveLength(2)
  })

  test('revoked while it waits: it never runs', async () => {
    const { test, runs, digest } = shop()
    const handle = await digest.applyAsync({}, { countdown: '7d' })
    expect(await handle.revoke()).toBe('REVOKED')
    await test.advance('8d')
    expect(runs).toEqual([])
  })

  test('the same key again is the same task', async () => {
    const { test, runs, digest } = shop()
    await digest.applyAsync({}, { countdown: '7d', idempotencyKey: 'a' })
    const again = await digest.applyAsync({}, { countdown: '7d', idempotencyKey: 'a' })
    expect(again.deduplicated).toBe(true)
    await test.advance('8d')
    expect(runs).toHaveLength(1)
  })

  test('the due item cannot be written: the enqueue fails, and the task never runs', async () => {
    const { test, runs, digest } = shop()
    test.inject({ at: 'due.put', type: 'throttled' })
    await expect(digest.applyAsync({}, { countdown: '7d' })).rejects.toThrow('could not be enqueued')
    await test.advance('8d')
    expect(runs).toEqual([])
  })

  test('without a ledger it waits in its queue, 15 minutes at a time', async () => {
    const { app, test } = shop()
    let ran = 0
    const off = app.task('off', { ledger: 'off' }, () => {
      ran = test.now.getTime()
    })
    await off.applyAsync(undefined, { countdown: '1h' })
    await test.advance('59m')
    expect(ran).toBe(0)
    await test.advance('2m')
    expect(Math.round((ran - startAt.getTime()) / 1_000)).toBe(3_600)
  })

  test('an instant that keys cannot hold is refused', async () => {
    const { digest } = shop()
    await expect(digest.applyAsync({}, { eta: new Date(10_000_000_000_000) })).rejects.toThrow('before 2286-11-20')
  })
})

describe('schedules in code', () => {
  test('a year passes in seconds', async () => {
    const { app, test, runs, digest } = shop()
    app.schedule('digest.daily', cron('0 9 * * *', { zone: 'Europe/Berlin' }), (at) => digest.s({ day: at }))
    await test.advance('365d')
    expect(runs).toHaveLength(365)
    expect(runs.map(({ at, schedule }) => at === schedule?.at.getTime()).every(Boolean)).toBe(true)
    expect(runs[0]).toMatchObject({
      at: Date.parse('2026-01-01T08:00:00Z'),
      input: { day: new Date('2026-01-01T08:00:00Z') },
    })
    expect(runs[200]?.at).toBe(Date.parse('2026-07-20T07:00:00Z'))
    expect(await app.schedules.get('digest.daily')).toMatchObject({
      fired: 365,
      missed: 0,
      source: 'code',
      paused: false,
    })
    expect(await app.schedules.next('digest.daily', 2)).toEqual([
      new Date('2027-01-01T08:00:00Z'),
      new Date('2027-01-02T08:00:00Z'),
    ])
  })

  test.each<[string, (kit: ReturnType<typeof shop>) => void, string]>([
    [
      'a name twice',
      ({ app, digest }) => {
        app.schedule('a', every('1h'), digest.s({}))
        app.schedule('a', every('1h'), digest.s({}))
      },
      "'a' is already defined",
    ],
    [
      'no rule',
      ({ app, digest }) => app.schedule('a', 'daily' as never, digest.s({})),
      'when: expected cron(), every(), solar() or once()',
    ],
    [
      'no call',
      ({ app, digest }) => app.schedule('a', every('1h'), digest as never),
      'expected task.s(input), or a function',
    ],
    [
      'no such option',
      ({ app, digest }) => app.schedule('a', every('1h'), digest.s({}), { often: true } as never),
      'often: no such option',
    ],
    [
      'an eta',
      ({ app, digest }) => app.schedule('a', every('1h'), digest.s({}), { eta: new Date() } as never),
      'eta: expected no such option',
    ],
    [
      'a fixed end',
      ({ app, digest }) => app.schedule('a', every('1h'), digest.s({}), { expires: new Date() } as never),
      'expires: expected no fixed instant',
    ],
    [
      'another queue than the app has',
      ({ app, digest }) => app.schedule('a', every('1h'), digest.s({}).set({ queue: 'x' })),
      "queue: expected one of 'default'",
    ],
    [
      'a task without ledger',
      ({ app }) => app.schedule('a', every('1h'), app.task('o', { ledger: 'off' }, () => 1).si()),
      "needs ledger 'full'",
    ],
  ])('%s is refused at definition', (_name, define, message) => {
    expect(() => define(shop())).toThrow(message)
  })
})

describe('schedules at run time', () => {
  test('created, listed, changed, paused, resumed, run, removed', async () => {
    const { app, test, runs, digest } = shop()
    const { schedules } = app
    const created = await schedules.create('user.1', cron('0 9 * * *'), digest.s({ fill: 'one' }), {
      jitter: '10s',
      description: 'of user 1',
    })
    expect(created).toMatchObject({
      name: 'user.1',
      source: 'api',
      task: 'digest',
      nextAt: new Date('2026-01-01T09:00:00Z'),
      description: 'of user 1',
    })
    await expect(schedules.create('user.1', every('1h'), digest.s({}))).rejects.toThrow("'user.1' exists")
    await test.advance('1d')
    expect(runs).toHaveLength(1)
    await schedules.update('user.1', cron('0 10 * * *'), digest.s({ fill: 'two' }))
    await test.advance('1d')
    expect(runs.map(({ input }) => input)).toEqual([{ fill: 'one' }, { fill: 'two' }])
    expect(await schedules.pause('user.1')).toMatchObject({ paused: true })
    await test.advance('3d')
    expect(runs).toHaveLength(2)
    const handle = await schedules.runNow('user.1')
    await test.run()
    expect(await handle.state()).toBe('SUCCESS')
    expect(await schedules.resume('user.1')).toMatchObject({ paused: false, nextAt: new Date('2026-01-06T10:00:00Z') })
    expect((await schedules.list({ prefix: 'user.' })).schedules.map(({ name }) => name)).toEqual(['user.1'])
    await schedules.remove('user.1')
    await test.advance('5d')
    expect(runs).toHaveLength(3)
    expect(await schedules.get('user.1')).toBeUndefined()
    await expect(schedules.pause('user.1')).rejects.toThrow("No schedule is named 'user.1'")
  })

  test('one that is due sooner than the tick looks', async () => {
    const { app, test, runs, digest } = shop()
    await app.schedules.create('soon', once(new Date(startAt.getTime() + 30_000)), digest.s({}))
    await test.advance('31s')
    expect(runs.map(({ at }) => at)).toEqual([startAt.getTime() + 30_000])
    expect((await app.schedules.get('soon'))?.nextAt).toBeUndefined()
  })

  test('resumed with what it missed', async () => {
    const { app, test, runs, digest } = shop()
    await app.schedules.create('hourly', every('1h'), digest.s({}), { catchUp: 'all' })
    await app.schedules.pause('hourly')
    await test.advance('5h')
    await app.schedules.resume('hourly', { catchUp: true })
    await test.advance('1m')
    expect(runs).toHaveLength(5)
  })

  test('a schedule of the code is changed in code', async () => {
    const { app, test, digest } = shop()
    app.schedule('code', every('1h'), digest.s({}))
    await test.run()
    await expect(app.schedules.create('code', every('1h'), digest.s({}))).rejects.toThrow('is defined in code')
    await expect(app.schedules.update('code', every('1h'), digest.s({}))).rejects.toThrow('is defined in code')
    await expect(app.schedules.remove('code')).rejects.toThrow('is defined in code')
    expect(await app.schedules.pause('code')).toMatchObject({ paused: true })
  })

  test('a rule that never comes is refused', async () => {
    const { app, digest } = shop()
    await expect(app.schedules.create('never', cron('0 0 31 4 *'), digest.s({}))).rejects.toThrow('never comes')
    expect(await app.schedules.next(cron('0 0 31 4 *'))).toEqual([])
    expect(await app.schedules.next(every('1h'), 2, { from: new Date('2026-05-01T00:30:00Z') })).toEqual([
      new Date('2026-05-01T01:00:00Z'),
      new Date('2026-05-01T02:00:00Z'),
    ])
  })
})
