import { describe, expect, test } from 'vitest'
import { lastMinuteOf, minuteMs, minuteOf } from '../../shared/core/due.ts'
import { text } from '../../shared/core/reference.ts'
import { cron, every, once } from '../../shared/core/schedule.ts'
import {
  changedSchedule,
  pausedSchedule,
  resumedSchedule,
  writeSchedule,
} from '../../shared/schedule/change-schedule.ts'
import { dyingAt, nine, scheduleWorld } from './world.ts'

const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

describe('delayed tasks', () => {
  test('are sent ahead, and run at their time to the second', async () => {
    const { park, live, runs, due } = scheduleWorld()
    await park('a', nine + 30_000)
    await park('b', nine + 2 * dayMs)
    await live(nine + 5 * minuteMs)
    expect(runs).toMatchObject([{ id: 'a', at: nine + 30_000 }])
    expect(due.items().map(({ id }) => id)).toEqual(['b'])
  })

  test('whose message is large are made of their records', async () => {
    const { park, live, runs } = scheduleWorld()
    const item = await park('large', nine, { fill: 'x'.repeat(2_000) })
    expect(item.body).toBeUndefined()
    await live(nine + minuteMs)
    expect(runs).toMatchObject([{ id: 'large', at: nine, input: { fill: 'x'.repeat(2_000) } }])
  })

  test('come in the first tick ever, a day back', async () => {
    const { park, tick, workUntil, clock, runs } = scheduleWorld({ startAt: nine + 20 * hourMs, isNew: true })
    await park('late', nine)
    expect(await tick()).toMatchObject({ worked: true, tasks: 1, failures: 0 })
    await workUntil(clock.now() + 1_000)
    expect(runs.map(({ id }) => id)).toEqual(['late'])
  })

  test('an empty tick does nothing but look', async () => {
    const { live, tick } = scheduleWorld()
    await live(nine)
    const watch = dyingAt(Infinity, 'before')
    await live(nine + minuteMs, { watch })
    expect(watch.calls().filter((call) => !call.startsWith('queues.'))).toEqual([
      'ticks.read',
      'ticks.write',
      ...Array.from({ length: 16 }, () => 'due.list'),
      'ticks.write',
    ])
    expect(await tick()).toMatchObject({ minutes: 0 })
  })

  test('a thousand in one minute: ten messages a request', async () => {
    const { park, live, runs } = scheduleWorld()
    for (let index = 0; index < 1_000; index++) await park(`t${index}`, nine + (index % 60) * 1_000)
    await live(nine + 2 * minuteMs)
    expect(new Set(runs.map(({ id }) => id)).size).toBe(1_000)
    expect(runs).toHaveLength(1_000)
    for (const { id, at } of runs) expect(at).toBe(nine + (Number(id.slice(1)) % 60) * 1_000)
  })
})

describe('histories', () => {
  test('due put done, answer lost: put again, same item', async () => {
    const { park, live, due, runs } = scheduleWorld()
    const item = await park('a', nine)
    await due.put([item])
    expect(due.items()).toHaveLength(1)
    await live(nine + minuteMs)
    expect(runs).toHaveLength(1)
  })

  test('a tick dies between any two calls, before or after they took effect: nothing is lost, nothing runs twice', async () => {
    for (const when of ['before', 'after'] as const) {
      for (let nth = 1; ; nth++) {
        const { park, tick, workUntil, clock, runs, define, code, scheduleOf, occurrence } = scheduleWorld({
          startAt: nine - 2 * minuteMs,
        })
        const schedules = code(define('often', every('20s')), define('daily', cron('0 9 * * *')))
        await park('a', nine + 10_000)
        await park('b', nine + 10_000, { fill: 'x'.repeat(2_000) })
        await tick({ schedules })
        await workUntil(nine - minuteMs)
        const watch = dyingAt(nth, when)
        const report = await tick({ schedules, watch })
        await workUntil(nine)
        for (let minute = 0; minute < 3; minute++) {
          await tick({ schedules })
          await workUntil(clock.now() + minuteMs)
        }
        const ids = runs.map(({ id }) => id)
        expect(new Set(ids).size, `call ${nth} ${when}`).toBe(ids.length)
        expect(ids).toContain('a')
        expect(ids).toContain('b')
        expect(ids).toContain(occurrence('daily', nine))
        const often = runs.filter(({ schedule }) => schedule?.name === 'often')
        for (let at = nine - 40_000; at < nine + 2 * minuteMs; at += 20_000)
          expect(ids).toContain(occurrence('often', at))
        for (const { at, schedule } of often) {
          expect(at - schedule!.at.getTime(), `call ${nth} ${when}`).toBeGreaterThanOrEqual(0)
          expect(at - schedule!.at.getTime(), `call ${nth} ${when}`).toBeLessThan(2_000)
        }
        expect((await scheduleOf('often')).missed).toBe(0)
        if (report !== undefined) {
          expect(nth).toBeGreaterThan(20)
          break
        }
      }
    }
  })

  test('twin ticks, their clocks 10 s apart, without a lease between them', async () => {
    const { park, depsOf, clock, workUntil, tick, runs, define, code, occurrence, ticks } = scheduleWorld()
    const schedules = code(define('minutely', every('1m')))
    await park('a', nine)
    for (let minute = 0; minute < 12; minute++) {
      await tick({ schedules })
      // The other one finds the lease free: as after its end.
      await tick({ schedules, skewMs: minute % 2 === 0 ? 10_000 : -10_000 })
      await workUntil(clock.now() + minuteMs)
    }
    expect((await ticks.read()).length).toBe(1)
    expect(depsOf().app.name).toBe('shop')
    const ids = runs.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (let at = nine - 8 * minuteMs; at <= nine; at += minuteMs) expect(ids).toContain(occurrence('minutely', at))
  })

  test('another tick has the lease: this one does nothing', async () => {
    const { tick, ticks, clock } = scheduleWorld()
    const now = clock.now()
    await ticks.write([{ range: { from: 0, to: 16 }, token: 'other', now, leaseUntil: now + 90_000 }])
    expect(await tick()).toMatchObject({ worked: false })
    await clock.advance(90_000)
    expect(await tick()).toMatchObject({ worked: true })
  })

  test.each([
    ['10 minutes', 10 * minuteMs],
    ['3 days', 3 * dayMs],
  ])('no tick for %s: all late ones at the next', async (_name, gap) => {
    const { park, live, tick, workUntil, clock, runs, define, code } = scheduleWorld()
    const schedules = code(define('hourly', every('1h')))
    await live(nine - 5 * minuteMs, { schedules })
    await park('a', nine)
    await park('b', nine + gap / 2)
    await clock.advance(gap)
    // The function has two minutes; virtual time does not pass while it works.
    await tick({ schedules })
    await workUntil(clock.now() + 1_000)
    const ids = runs.map(({ id }) => id)
    expect(ids).toContain('a')
    expect(ids).toContain('b')
    const hourly = runs.filter(({ schedule }) => schedule !== undefined)
    expect(hourly).toHaveLength(1)
    if (gap === 3 * dayMs)
      expect(hourly[0]?.schedule).toMatchObject({ at: new Date(nine + 3 * dayMs - hourMs), missed: 71 })
  })

  test('a tick stops before its deadline, and the next one goes on', async () => {
    const { live, tick, clock, ticks } = scheduleWorld()
    await live(nine)
    await clock.advance(hourMs)
    const [before] = await ticks.read()
    const stopped = await tick({ deadlineMs: 4_000 })
    expect(stopped).toMatchObject({ worked: true, minutes: 0, doneUntil: before?.doneUntil })
    expect(await tick()).toMatchObject({ minutes: 60, doneUntil: lastMinuteOf(clock.now()) })
  })

  test('the table does not answer: the minute is not done, and nothing of it is lost', async () => {
    const { park, live, tick, workUntil, clock, runs } = scheduleWorld()
    await live(nine - 5 * minuteMs)
    await park('a', nine)
    await clock.advance(3 * minuteMs)
    const failing = {
      before(call: string) {
        if (call === 'due.list') throw new Error('throttled')
        return undefined
      },
    }
    const report = await tick({ watch: failing })
    expect(report).toMatchObject({ worked: true, minutes: 0, failures: 16 })
    expect(await tick()).toMatchObject({ minutes: 3, failures: 0 })
    await workUntil(nine + 1_000)
    expect(runs).toMatchObject([{ id: 'a', at: nine }])
  })

  test('a queue takes nothing for a while: others are not held up', async () => {
    const { park, live, tick, workUntil, clock, runs, define, code, report } = scheduleWorld()
    const schedules = code(define('slow', cron('0 9 * * *'), report.s({}).set({ queue: 'slow' })))
    await live(nine - 5 * minuteMs, { schedules })
    await park('a', nine)
    await clock.advance(2 * minuteMs)
    let broken = true
    const watch = {
      before(call: string) {
        if (call === 'queues.send' && broken) throw new Error('KMS says no')
        return undefined
      },
    }
    await tick({ watch, schedules })
    await park('b', nine + 2 * minuteMs)
    await workUntil(nine - 2 * minuteMs)
    await tick({ watch, schedules })
    broken = false
    await live(nine + 4 * minuteMs, { watch, schedules })
    const ids = runs.map(({ id }) => id)
    expect(ids).toContain('a')
    expect(ids).toContain('b')
    expect(runs.filter(({ schedule }) => schedule?.name === 'slow')).toHaveLength(1)
  })

  test('the clock of the tick is an hour ahead: too early, judged by the worker, and not lost', async () => {
    const { park, live, tick, workUntil, runs } = scheduleWorld()
    await live(nine - 5 * minuteMs)
    await park('a', nine + 30 * minuteMs)
    await tick({ skewMs: hourMs })
    await workUntil(nine + 31 * minuteMs)
    expect(runs).toMatchObject([{ id: 'a', at: nine + 30 * minuteMs }])
  })

  test('the clock of the tick is an hour behind: late', async () => {
    const { park, live, tick, workUntil, runs, clock } = scheduleWorld()
    await live(nine - 5 * minuteMs)
    await park('a', nine)
    for (let minute = 0; minute < 70; minute++) {
      await tick({ skewMs: -hourMs })
      await workUntil(clock.now() + minuteMs)
    }
    expect(runs).toHaveLength(1)
    expect(runs[0]!.at).toBeGreaterThan(nine)
    expect(runs[0]!.at).toBeLessThanOrEqual(nine + hourMs)
  })

  test('revoked meanwhile: its copy finds the record ended', async () => {
    const { app, park, live, runs, recordOf } = scheduleWorld()
    await park('a', nine)
    await park('b', nine, { fill: 'x'.repeat(2_000) })
    await app.result('a').revoke()
    await app.result('b').revoke()
    await live(nine + minuteMs)
    expect(runs).toEqual([])
    expect((await recordOf('a'))?.state).toBe('REVOKED')
  })

  test('the queue was renamed meanwhile: FAILURE, unknown-queue', async () => {
    const { park, due, live, recordOf, telemetry } = scheduleWorld()
    const item = await park('a', nine)
    await due.remove([item])
    await due.put([{ ...item, queue: 'renamed' }])
    await live(nine + minuteMs)
    expect(await recordOf('a')).toMatchObject({ state: 'FAILURE', reason: 'unknown-queue' })
    expect(due.items()).toEqual([])
    expect(telemetry.logs.some(({ message }) => message.includes('their queue does not exist'))).toBe(true)
  })

  test('parallel 1, 4, 1: each range begins where its shards are', async () => {
    const { park, tick, workUntil, clock, runs, define, code, occurrence } = scheduleWorld()
    const schedules = code(define('minutely', every('1m')))
    const quarters = [0, 4, 8, 12].map((from) => ({ from, to: from + 4 }))
    for (let index = 0; index < 30; index++) await park(`t${index}`, nine - 5 * minuteMs + index * 30_000)
    for (let minute = 0; minute < 20; minute++) {
      const ranges = minute < 6 || minute > 13 ? [{ from: 0, to: 16 }] : quarters
      // In flight: for one minute both are there.
      if (minute === 6 || minute === 14) ranges.push(...(minute === 6 ? [{ from: 0, to: 16 }] : quarters))
      for (const range of ranges) await tick({ range, schedules })
      await workUntil(clock.now() + minuteMs)
    }
    const ids = runs.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (let index = 0; index < 30; index++) expect(ids).toContain(`t${index}`)
    for (let at = nine - 8 * minuteMs; at < nine + 9 * minuteMs; at += minuteMs)
      expect(ids).toContain(occurrence('minutely', at))
    for (const { id, at } of runs.filter(({ id }) => id.startsWith('t')))
      expect(at).toBe(nine - 5 * minuteMs + Number(id.slice(1)) * 30_000)
  })
})

describe('schedules', () => {
  test('an occurrence is a task with an id of its own, and knows which it is', async () => {
    const { live, runs, define, code, report, occurrence, scheduleOf } = scheduleWorld()
    const schedules = code(define('daily', cron('0 9 * * *'), (at) => report.s({ day: at, fill: text`of ${at}` })))
    await live(nine + minuteMs, { schedules })
    expect(runs).toEqual([
      {
        id: occurrence('daily', nine),
        at: nine,
        schedule: { name: 'daily', at: new Date(nine), missed: 0 },
        input: { day: new Date(nine), fill: 'of 2026-05-01T09:00:00.000Z' },
      },
    ])
    expect(await scheduleOf('daily')).toMatchObject({
      fired: 1,
      missed: 0,
      lastAt: nine,
      nextAt: nine + dayMs,
      source: 'code',
    })
  })

  test("every('5s'): twelve in one release, each at its second", async () => {
    const { live, runs, define, code } = scheduleWorld()
    await live(nine + 2 * minuteMs, { schedules: code(define('often', every('5s'))) })
    const times = runs.map(({ at }) => at)
    for (let at = nine; at < nine + minuteMs; at += 5_000) expect(times).toContain(at)
    for (const { at, schedule } of runs) expect(at).toBe(schedule?.at.getTime())
  })

  test('a task that fails is not opened again by a repeated release', async () => {
    const { tick, workUntil, due, runs, define, code, fails, clock, schedules } = scheduleWorld({
      startAt: nine - 2 * minuteMs,
    })
    const codeSchedules = code(define('failing', once(new Date(nine)), fails.si()))
    await tick({ schedules: codeSchedules })
    await workUntil(nine + minuteMs)
    expect(runs).toHaveLength(1)
    // As a tick that died after it had enqueued leaves it.
    const [record] = await schedules.read(['failing'])
    await schedules.write([{ record: { ...record!, v: record!.v + 1, nextAt: nine, fired: 0 }, expected: record!.v }])
    await due.put([{ minute: lastMinuteOf(clock.now()) + 1, kind: 'schedule', id: 'failing', at: nine, generation: 1 }])
    await workUntil(clock.now() + minuteMs)
    await tick({ schedules: codeSchedules })
    await workUntil(clock.now() + minuteMs)
    expect(runs).toHaveLength(1)
  })

  test('jitter delays each by its own time, the same each time', async () => {
    const first = scheduleWorld()
    const second = scheduleWorld()
    for (const { live, define, code } of [first, second])
      await live(nine + 7 * minuteMs, {
        schedules: code(define('spread', cron('0 9 * * *'), undefined, { jitter: '5m' })),
      })
    expect(first.runs[0]!.at).toBeGreaterThan(nine)
    expect(first.runs[0]!.at).toBeLessThan(nine + 5 * minuteMs)
    expect(second.runs[0]!.at).toBe(first.runs[0]!.at)
    expect(first.runs[0]!.schedule?.at).toEqual(new Date(nine))
  })

  test('times and until end it', async () => {
    const { live, runs, define, code, scheduleOf } = scheduleWorld()
    const schedules = code(
      define('thrice', every('1m'), undefined, { times: 3 }),
      define('until', every('1m'), undefined, { until: new Date(nine) }),
    )
    await live(nine + 5 * minuteMs, { schedules })
    expect(runs.filter(({ schedule }) => schedule?.name === 'thrice')).toHaveLength(3)
    expect(runs.filter(({ schedule }) => schedule?.name === 'until').at(-1)?.at).toBe(nine)
    expect((await scheduleOf('thrice')).nextAt).toBeUndefined()
    expect((await scheduleOf('until')).nextAt).toBeUndefined()
  })

  test('an input that the task refuses is counted as missed, and the schedule goes on', async () => {
    const { live, define, code, scheduleOf, telemetry } = scheduleWorld()
    const definition = define('gone', every('1m'))
    const canvas = [{ kind: 'call' as const, task: 'removed.task' }]
    const schedules = code({ ...definition, spec: { ...definition.spec, canvas } })
    await live(nine, { schedules })
    const record = await scheduleOf('gone')
    expect(record.fired).toBe(0)
    expect(record.missed).toBeGreaterThan(5)
    expect(record.error).toContain("No task named 'removed.task'")
    expect(telemetry.logs.some(({ message }) => message.includes('could not be enqueued'))).toBe(true)
  })

  test('two apps with one table and one schedule name: ids hold the name of the app', () => {
    const { occurrence } = scheduleWorld()
    expect(occurrence('x', nine)).not.toBe(occurrence('y', nine))
  })

  test("catchUp 'all' of 1,000: each once, 100 a release", async () => {
    const { live, tick, workUntil, clock, runs, define, code } = scheduleWorld()
    const schedules = code(define('minutely', every('1m'), undefined, { catchUp: 'all' }))
    await live(nine, { schedules })
    const before = runs.length
    await clock.advance(1_000 * minuteMs)
    await tick({ schedules })
    await workUntil(clock.now() + 10_000)
    expect(runs.length - before).toBeGreaterThanOrEqual(1_000)
    expect(new Set(runs.map(({ id }) => id)).size).toBe(runs.length)
  })

  test('paused between the read of a release and its write: the occurrence that was sent runs, the pause stays', async () => {
    const { tick, workUntil, clock, runs, define, code, schedules, scheduleOf, depsOf } = scheduleWorld({
      startAt: nine - 2 * minuteMs,
    })
    const codeSchedules = code(define('daily', cron('0 9 * * *')))
    await tick()
    const now = clock.now()
    const { newSchedule } = await import('../../shared/schedule/change-schedule.ts')
    await writeSchedule(
      { ...(await newSchedule(codeSchedules.get('daily')!, 'code', now)), nextAt: nine + 4 * minuteMs },
      0,
      depsOf(),
    )
    await clock.advance(4 * minuteMs)
    await tick({
      schedules: codeSchedules,
      watch: {
        before(call) {
          if (call !== 'due.put') return undefined
          const [record] = schedules.records()
          void schedules.write([{ record: pausedSchedule(record!, clock.now()), expected: record!.v }])
          return undefined
        },
      },
    })
    await workUntil(nine + 10 * minuteMs)
    expect((await scheduleOf('daily')).pausedAt).toBeDefined()
    expect(runs.filter(({ schedule }) => schedule !== undefined).length).toBeLessThanOrEqual(1)
    expect(minuteOf(clock.now())).toBeGreaterThan(0)
  })
})

describe('synchronising code', () => {
  test('dying after each of its calls, and repeated: each schedule once, no occurrence lost or doubled', async () => {
    for (let nth = 1; ; nth++) {
      const { tick, workUntil, clock, runs, define, code, occurrence } = scheduleWorld({ startAt: nine - 5 * minuteMs })
      const old = code(define('kept', every('1m')), define('changed', every('1m')), define('gone', every('1m')))
      const next = code(
        define('kept', every('1m')),
        define('changed', every('1m'), undefined, { jitter: '10s' }),
        define('new', every('1m')),
      )
      await tick({ schedules: old })
      await workUntil(nine)
      const report = await tick({ schedules: next, watch: dyingAt(nth, 'after') })
      await workUntil(clock.now() + minuteMs)
      for (let minute = 0; minute < 4; minute++) {
        await tick({ schedules: next })
        await workUntil(clock.now() + minuteMs)
      }
      const ids = runs.map(({ id }) => id)
      expect(new Set(ids).size, `call ${nth}`).toBe(ids.length)
      for (const name of ['kept', 'changed'])
        for (let at = nine + minuteMs; at < nine + 4 * minuteMs; at += minuteMs)
          expect(ids, `${name}, call ${nth}`).toContain(occurrence(name, at))
      expect(ids).toContain(occurrence('new', nine + 3 * minuteMs))
      expect(ids).not.toContain(occurrence('gone', nine + 6 * minuteMs))
      if (report !== undefined) break
    }
  })

  test('old and new code in turn while an update runs: nothing twice', async () => {
    const { tick, workUntil, clock, runs, define, code, occurrence } = scheduleWorld({ startAt: nine - 5 * minuteMs })
    const a = code(define('minutely', every('1m')), define('old', every('1m')))
    const b = code(define('minutely', every('1m'), undefined, { jitter: '5s' }))
    for (let minute = 0; minute < 10; minute++) {
      await tick({ schedules: minute % 2 === 0 ? a : b })
      await workUntil(clock.now() + minuteMs)
    }
    const ids = runs.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (let at = nine - 4 * minuteMs; at < nine + 4 * minuteMs; at += minuteMs)
      expect(ids).toContain(occurrence('minutely', at))
  })

  test('a schedule that is removed after its release runs once more, and no more', async () => {
    const { tick, workUntil, clock, runs, define, code } = scheduleWorld({ startAt: nine - 2 * minuteMs })
    await tick({ schedules: code(define('daily', cron('0 9 * * *'))) })
    await workUntil(nine - minuteMs)
    await tick({ schedules: code() })
    await workUntil(clock.now() + 5 * minuteMs)
    expect(runs).toHaveLength(1)
  })

  test('nothing is written when the code is the same', async () => {
    const { tick, define, code, clock, workUntil } = scheduleWorld()
    const schedules = code(define('daily', cron('0 9 * * *')))
    await tick({ schedules })
    await workUntil(clock.now() + minuteMs)
    const watch = dyingAt(Infinity, 'before')
    await tick({ schedules, watch })
    expect(watch.calls().filter((call) => call.startsWith('schedules.'))).toEqual([])
  })

  test('another rule begins now; the same rule with another input keeps what is due', async () => {
    const { tick, clock, define, code, scheduleOf, report, workUntil } = scheduleWorld()
    await tick({ schedules: code(define('daily', cron('0 9 * * *'))) })
    expect(await scheduleOf('daily')).toMatchObject({ nextAt: nine, generation: 1 })
    await workUntil(clock.now() + minuteMs)
    await tick({ schedules: code(define('daily', cron('0 9 * * *'), report.s({ fill: 'other' }))) })
    expect(await scheduleOf('daily')).toMatchObject({ nextAt: nine, generation: 2 })
    await workUntil(clock.now() + minuteMs)
    await tick({ schedules: code(define('daily', cron('0 10 * * *'))) })
    expect(await scheduleOf('daily')).toMatchObject({ nextAt: nine + hourMs, generation: 3 })
  })

  test('pause and resume: from now on, or from where it was', async () => {
    const { tick, live, define, code, scheduleOf, depsOf, clock, runs } = scheduleWorld()
    const schedules = code(define('hourly', every('1h')))
    await tick({ schedules })
    const before = await scheduleOf('hourly')
    await writeSchedule(pausedSchedule(before, clock.now()), before.v, depsOf())
    await live(nine + 3 * hourMs + 5 * minuteMs, { schedules })
    expect(runs).toEqual([])
    const paused = await scheduleOf('hourly')
    const now = clock.now()
    expect(await resumedSchedule(paused, { catchUp: false, now })).toMatchObject({ nextAt: nine + 4 * hourMs })
    await clock.runUntilSettled(
      writeSchedule(await resumedSchedule(paused, { catchUp: true, now }), paused.v, depsOf()),
    )
    await live(now + 2 * minuteMs, { schedules })
    expect(runs).toMatchObject([{ schedule: { at: new Date(nine + 3 * hourMs), missed: 3 } }])
    expect(await scheduleOf('hourly')).toMatchObject({ nextAt: nine + 4 * hourMs, fired: 1, missed: 3 })
  })

  test('a schedule whose next occurrence is nearer than the tick looks is released by whoever writes it', async () => {
    const { live, define, depsOf, clock, runs, workUntil, scheduleOf } = scheduleWorld()
    await live(nine - 30_000)
    const { newSchedule } = await import('../../shared/schedule/change-schedule.ts')
    const record = await newSchedule(define('soon', once(new Date(nine))), 'api', clock.now())
    await clock.runUntilSettled(writeSchedule(record, 0, depsOf()))
    await workUntil(nine + 1_000)
    expect(runs).toMatchObject([{ at: nine }])
    expect(
      await changedSchedule(await scheduleOf('soon'), define('soon', every('1h')), 'api', clock.now()),
    ).toMatchObject({
      nextAt: nine + hourMs,
      fired: 1,
    })
  })
})
