import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { minuteMs } from '../../shared/core/due.ts'
import { cron, every, once, type ResolvedRules, type When } from '../../shared/core/schedule.ts'
import { occurrencesOf } from '../../shared/schedule/occurrences.ts'
import { firstOccurrence, planRelease } from '../../shared/schedule/plan-release.ts'

const at = (text: string) => Date.parse(text)
const hourMs = 60 * minuteMs
const nine = at('2026-05-01T09:00:00Z')
const last: ResolvedRules = { catchUp: 'last' }

async function plan(when: When, rules: ResolvedRules, from: number, now: number, fired = 0, end = from + minuteMs) {
  return planRelease(await occurrencesOf(when), rules, { at: from, now, end, fired })
}

describe('on time', () => {
  test('one occurrence, ahead of its time', async () => {
    expect(await plan(cron('0 9 * * *'), last, nine, nine - 3 * minuteMs)).toEqual({
      fire: [{ at: nine, missed: 0 }],
      missed: 0,
      next: nine + 24 * hourMs,
    })
  })

  test("every('5s') gives twelve in one go", async () => {
    const { fire, next } = await plan(every('5s'), last, nine, nine - 3 * minuteMs)
    expect(fire.map(({ at }) => at - nine)).toEqual(Array.from({ length: 12 }, (_, index) => index * 5_000))
    expect(next).toBe(nine + minuteMs)
  })

  test('up to a minute late is on time', async () => {
    const { fire, missed } = await plan(cron('0 9 * * *'), { catchUp: 'none' }, nine, nine + minuteMs)
    expect(fire).toEqual([{ at: nine, missed: 0 }])
    expect(missed).toBe(0)
  })

  test('once, and finished', async () => {
    expect(await plan(once(new Date(nine)), last, nine, nine)).toEqual({
      fire: [{ at: nine, missed: 0 }],
      missed: 0,
      next: undefined,
    })
  })
})

describe('late', () => {
  const hourly = every('1h')
  const now = nine + 3 * hourMs + 2 * minuteMs

  test("'last': the last one missed, and how many before it", async () => {
    expect(await plan(hourly, last, nine, now)).toEqual({
      fire: [{ at: nine + 3 * hourMs, missed: 3 }],
      missed: 3,
      next: nine + 4 * hourMs,
    })
  })

  test("'all': each", async () => {
    const { fire, missed, next } = await plan(hourly, { catchUp: 'all' }, nine, now)
    expect(fire.map(({ at }) => at)).toEqual([0, 1, 2, 3].map((hour) => nine + hour * hourMs))
    expect(missed).toBe(0)
    expect(next).toBe(nine + 4 * hourMs)
  })

  test("'all' of 1,000: 100 a release", async () => {
    let from: number | undefined = nine
    const later = nine + 1_000 * hourMs - 30 * minuteMs
    const fired: number[] = []
    for (let release = 0; release < 10; release++) {
      const each = await plan(hourly, { catchUp: 'all' }, from!, later)
      expect(each.fire).toHaveLength(100)
      fired.push(...each.fire.map(({ at }) => at))
      from = each.next
    }
    expect(fired).toEqual(Array.from({ length: 1_000 }, (_, hour) => nine + hour * hourMs))
    expect(from).toBe(nine + 1_000 * hourMs)
  })

  test("'none': none", async () => {
    expect(await plan(hourly, { catchUp: 'none', deadlineMs: minuteMs }, nine, now)).toEqual({
      fire: [],
      missed: 4,
      next: nine + 4 * hourMs,
    })
  })

  test("'last' past its deadline: none", async () => {
    const { fire, missed } = await plan(hourly, { catchUp: 'last', deadlineMs: minuteMs }, nine, now)
    expect(fire).toEqual([])
    expect(missed).toBe(4)
  })

  test("'all' with a deadline: those within it", async () => {
    const { fire, missed } = await plan(hourly, { catchUp: 'all', deadlineMs: 1.5 * hourMs }, nine, now)
    expect(fire.map(({ at }) => at)).toEqual([nine + 2 * hourMs, nine + 3 * hourMs])
    expect(missed).toBe(2)
  })

  test('a deadline shorter than a minute holds too', async () => {
    const { fire, missed } = await plan(every('5s'), { catchUp: 'last', deadlineMs: 20_000 }, nine, nine + 30_000)
    expect(fire[0]?.at).toBe(nine + 10_000)
    expect(missed).toBe(2)
  })

  test("every('1s') over a missed tick: the last one late, then what is on time", async () => {
    const { fire, missed, next } = await plan(every('1s'), last, nine, nine + 100_000, 0, nine + 60_000)
    expect(fire[0]).toEqual({ at: nine + 39_000, missed: 39 })
    expect(fire.slice(1).map(({ at }) => (at - nine) / 1_000)).toEqual(Array.from({ length: 20 }, (_, n) => 40 + n))
    expect(missed).toBe(39)
    expect(next).toBe(nine + 60_000)
  })

  test('more than can be counted in time are passed over all the same', async () => {
    const { fire, missed, next } = await plan(every('1s'), last, nine, nine + 100 * hourMs)
    expect(fire).toEqual([{ at: nine + 100 * hourMs - 61_000, missed: 9_999 }])
    expect(missed).toBe(9_999)
    expect(next).toBe(nine + 100 * hourMs - 60_000)
  })

  // Celery's starting deadline: daily at 07:30, one hour.
  const daily = cron('30 7 * * *')
  const due = at('2016-12-05T07:30:00Z')
  test('K7 three hours late: not due, the next one tomorrow', async () => {
    const rules: ResolvedRules = { catchUp: 'last', deadlineMs: hourMs }
    const { fire, next } = await plan(daily, rules, due, at('2016-12-05T10:30:00Z'))
    expect(fire).toEqual([])
    expect(next).toBe(at('2016-12-06T07:30:00Z'))
  })
  test('K7 half an hour late: due', async () => {
    const { fire } = await plan(daily, { catchUp: 'last', deadlineMs: hourMs }, due, at('2016-12-05T08:00:00Z'))
    expect(fire).toEqual([{ at: due, missed: 0 }])
  })
  test('K7 without a deadline: due', async () => {
    const { fire } = await plan(daily, last, due, at('2016-12-05T10:30:00Z'))
    expect(fire).toEqual([{ at: due, missed: 0 }])
  })
  test('K7 the next one is ahead: not due', async () => {
    const { fire, next } = await plan(daily, last, due, due - 5 * minuteMs, 0, due - minuteMs)
    expect(fire).toEqual([])
    expect(next).toBe(due)
  })
})

describe('limits', () => {
  test('until: included, then finished', async () => {
    const rules: ResolvedRules = { catchUp: 'all', until: nine + hourMs }
    const { fire, next } = await plan(every('1h'), rules, nine, nine + 5 * hourMs)
    expect(fire.map(({ at }) => at)).toEqual([nine, nine + hourMs])
    expect(next).toBeUndefined()
  })

  test("until, passed, with 'last': the last one before it", async () => {
    const rules: ResolvedRules = { catchUp: 'last', until: nine + 90 * minuteMs }
    const { fire, missed, next } = await plan(every('1h'), rules, nine, nine + 5 * hourMs)
    expect(fire).toEqual([{ at: nine + hourMs, missed: 1 }])
    expect([missed, next]).toEqual([1, undefined])
  })

  test('times counts what was fired before', async () => {
    const { fire, next } = await plan(every('5s'), { catchUp: 'last', times: 5 }, nine, nine, 2)
    expect(fire).toHaveLength(3)
    expect(next).toBeUndefined()
  })

  test('from: the first one at or after it', async () => {
    const hourly = await occurrencesOf(every('1h'))
    expect(firstOccurrence(hourly, { catchUp: 'last', from: nine }, 0)).toBe(nine)
    expect(firstOccurrence(hourly, { catchUp: 'last', from: nine }, nine)).toBe(nine + hourMs)
    expect(firstOccurrence(hourly, { catchUp: 'last', until: nine }, nine)).toBeUndefined()
  })
})

test('property: each occurrence is fired once, or missed, whenever ticks come', async () => {
  const rules = fc.record({
    catchUp: fc.constantFrom('last' as const, 'all' as const, 'none' as const),
    deadlineMs: fc.constantFrom(undefined, 10_000, minuteMs, 10 * minuteMs),
  })
  const steps = fc.array(fc.integer({ min: 1, max: 1_200 }), { minLength: 1, maxLength: 30 })
  const interval = fc.constantFrom(every('7s'), every('1m'), every('5m'), every('90s', { anchor: new Date(3_000) }))
  await fc.assert(
    fc.asyncProperty(interval, rules, steps, async (when, { catchUp, deadlineMs }, gaps) => {
      const occurrences = await occurrencesOf(when)
      const resolved: ResolvedRules = { catchUp, ...(deadlineMs !== undefined && { deadlineMs }) }
      const start = occurrences.next(nine)!
      const fired: number[] = []
      let next: number | undefined = start
      let missed = 0
      let now = nine
      for (const gap of gaps) {
        now += gap * 1_000
        while (next !== undefined && next < now + 3 * minuteMs) {
          const end: number = (Math.floor(next / minuteMs) + 1) * minuteMs
          const each = planRelease(occurrences, resolved, { at: next, now, end, fired: fired.length })
          for (const { at } of each.fire) {
            if (deadlineMs !== undefined) expect(now - at).toBeLessThanOrEqual(deadlineMs)
            fired.push(at)
          }
          missed += each.missed
          if (each.next !== undefined) expect(each.next).toBeGreaterThan(next)
          next = each.next
        }
      }
      expect(new Set(fired).size).toBe(fired.length)
      expect([...fired].sort((a, b) => a - b)).toEqual(fired)
      let all = 0
      for (let each: number | undefined = start; each !== undefined && each < next!; each = occurrences.next(each))
        all++
      expect(fired.length + missed).toBe(all)
      if (catchUp === 'all' && deadlineMs === undefined) expect(missed).toBe(0)
    }),
    { numRuns: 300 },
  )
})
