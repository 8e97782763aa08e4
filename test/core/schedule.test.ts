import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  allShards,
  bucketOf,
  dueKey,
  dueShardOf,
  dueShards,
  dueSort,
  lastMinuteOf,
  lookAheadMs,
  minuteMs,
  minuteOf,
  tickSort,
} from '../../shared/core/due.ts'
import {
  checkScheduleName,
  cron,
  every,
  jitterOf,
  manualRunId,
  occurrenceId,
  once,
  resolveRules,
  solar,
} from '../../shared/core/schedule.ts'

describe('definitions', () => {
  test('are data', () => {
    expect(cron('0 9 * * mon-fri', { zone: 'Europe/Berlin' })).toEqual({
      kind: 'cron',
      fields: '0 9 * * mon-fri',
      zone: 'Europe/Berlin',
      days: 'and',
    })
    expect(cron({ hour: 9, minute: 0 })).toEqual({ kind: 'cron', fields: '0 9 * * *', zone: 'UTC', days: 'and' })
    expect(every('30s')).toEqual({ kind: 'every', intervalMs: 30_000, anchor: 0 })
    expect(every(90, { anchor: new Date(5) })).toEqual({ kind: 'every', intervalMs: 90_000, anchor: 5 })
    expect(solar('sunset', { latitude: 52.5, longitude: 13.4 })).toMatchObject({ kind: 'solar', event: 'sunset' })
    expect(once(new Date(7))).toEqual({ kind: 'once', at: 7 })
  })

  test.each<[string, () => unknown, string]>([
    ['cron fields', () => cron('0 25 * * *'), 'cron: hour: expected 0 to 23'],
    ['zone', () => cron('0 9 * * *', { zone: 'Europe/Atlantis' }), 'cron: zone: expected an IANA time zone'],
    ['days', () => cron('0 9 * * *', { days: 'xor' as never }), "cron: days: expected 'and' or 'or'"],
    ['interval', () => every('500ms'), 'every: expected at least one second, received "500ms"'],
    ['interval text', () => every('soon' as never), 'every: expected a number of seconds'],
    ['anchor', () => every('1m', { anchor: new Date('x') }), 'every: anchor: expected a valid Date'],
    ['once', () => once('2026-01-01' as never), 'once: expected a valid Date'],
    [
      'event',
      () => solar('moonrise' as never, { latitude: 0, longitude: 0 }),
      'solar: expected one of dawn_astronomical',
    ],
    ['latitude', () => solar('sunset', { latitude: 91, longitude: 0 }), 'solar: latitude: expected -90 to 90 degrees'],
    ['longitude', () => solar('sunset', { latitude: 0, longitude: Number.NaN }), 'solar: longitude: expected -180'],
    ['name', () => checkScheduleName('a b'), 'schedule: name: expected 1 to 200'],
    ['long name', () => checkScheduleName('x'.repeat(201)), 'schedule: name: expected 1 to 200'],
    ['catchUp', () => resolveRules('x', { catchUp: 'some' as never }), "catchUp: expected 'last', 'all' or 'none'"],
    ['times', () => resolveRules('x', { times: 0 }), 'times: expected a whole number above 0'],
    ['deadline', () => resolveRules('x', { deadline: 0 }), 'deadline: expected more than 0'],
    ['jitter', () => resolveRules('x', { jitter: '-1s' }), 'jitter: expected more than 0'],
    [
      'until',
      () => resolveRules('x', { from: new Date(9), until: new Date(8) }),
      'until: expected an instant after from',
    ],
  ])('%s is checked', (_name, define, message) => {
    expect(define).toThrow(message)
  })

  test("catchUp 'none' implies a deadline of a minute", () => {
    expect(resolveRules('x', {})).toEqual({ catchUp: 'last' })
    expect(resolveRules('x', { catchUp: 'none' })).toEqual({ catchUp: 'none', deadlineMs: 60_000 })
    expect(resolveRules('x', { deadline: '6h', jitter: 5, times: 3, paused: true })).toEqual({
      catchUp: 'last',
      deadlineMs: 21_600_000,
      jitterMs: 5_000,
      times: 3,
      paused: true,
    })
  })
})

describe('ids', () => {
  const nine = Date.parse('2026-05-01T09:00:00Z')

  test('are made of app, schedule and instant', () => {
    const id = occurrenceId('shop', 'reports.daily', nine)
    expect(id).toMatch(/^s_[A-Za-z0-9_-]{22}\.[0-9a-z]+$/)
    expect(occurrenceId('shop', 'reports.daily', nine)).toBe(id)
    expect(Number.parseInt(id.split('.')[1]!, 36) * 1_000).toBe(nine)
    expect(occurrenceId('shop', 'reports.daily', nine + 1_000)).not.toBe(id)
    expect(occurrenceId('shop', 'reports.dail', nine)).not.toBe(id)
    expect(occurrenceId('other', 'reports.daily', nine)).not.toBe(id)
    expect(manualRunId('shop', 'reports.daily', nine)).toBe(`${id.split('.')[0]}.m${nine}`)
  })

  test('jitter is within its limit, the same for the same id, and spread', () => {
    expect(jitterOf('a', undefined)).toBe(0)
    const jitters = Array.from({ length: 1_000 }, (_, index) => jitterOf(`s_x.${index}`, 300_000))
    expect(Math.min(...jitters)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...jitters)).toBeLessThan(300_000)
    expect(jitters.every((each) => each % 1_000 === 0)).toBe(true)
    expect(new Set(jitters).size).toBeGreaterThan(250)
    expect(jitterOf('s_x.1', 300_000)).toBe(jitters[1])
  })
})

describe('due keys', () => {
  test('a bucket is a minute and a shard; within it items stand in order of time', () => {
    const at = Date.parse('2026-05-01T09:00:30Z')
    expect(dueKey(minuteOf(at), 3)).toBe('due#29627100#3')
    expect(dueSort(at, 'task', 'id')).toBe('1777626030000#t#id')
    expect(dueSort(at, 'schedule', 'name')).toBe('1777626030000#s#name')
    expect(tickSort(allShards)).toBe('tick#0-16')
  })

  test('ids spread evenly over the shards', () => {
    const counts = new Array<number>(dueShards).fill(0)
    for (let index = 0; index < 16_000; index++) counts[dueShardOf(`id-${index}`)]!++
    expect(Math.min(...counts)).toBeGreaterThan(850)
    expect(Math.max(...counts)).toBeLessThan(1_150)
  })

  test('property: the tick reads each minute that begins before the look-ahead ends, and no other', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 42 }), (now) => {
        const last = lastMinuteOf(now)
        expect(last * minuteMs).toBeLessThan(now + lookAheadMs)
        expect((last + 1) * minuteMs).toBeGreaterThanOrEqual(now + lookAheadMs)
      }),
    )
  })

  test('what is late goes into the first minute that is not done', () => {
    expect(bucketOf(10 * minuteMs, 5)).toBe(10)
    expect(bucketOf(10 * minuteMs, 10)).toBe(11)
    expect(bucketOf(10 * minuteMs, 40)).toBe(41)
  })
})
