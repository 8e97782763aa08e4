import { describe, expect, test } from 'vitest'
import { cron, every, once, type SolarEvent, solar, solarEvents, type When } from '../../shared/core/schedule.ts'
import { occurrencesOf } from '../../shared/schedule/occurrences.ts'

const at = (text: string) => Date.parse(text)

async function nexts(when: When, after: string, count = 1): Promise<(string | undefined)[]> {
  const occurrences = await occurrencesOf(when)
  const found: (string | undefined)[] = []
  for (let now: number | undefined = at(after); found.length < count && now !== undefined; ) {
    now = occurrences.next(now)
    found.push(now === undefined ? undefined : new Date(now).toISOString())
  }
  return found
}

const next = async (when: When, after: string) => (await nexts(when, after))[0]

describe("Celery's crontab cases", () => {
  const now = '2010-09-11T14:30:15Z'
  test.each([
    ['every minute', cron('* * * * *'), '2010-09-11T14:31:00.000Z'],
    ['not weekend', cron({ dayOfWeek: 'mon-fri', minute: [5, 42] }), '2010-09-13T00:05:00.000Z'],
    ['minutes 5 and 42', cron({ minute: [5, 42] }), '2010-09-11T14:42:00.000Z'],
    ['minutes 5, 10 and 15', cron({ minute: [5, 10, 15] }), '2010-09-11T15:05:00.000Z'],
    ['hours 12 and 17, minutes 5 and 42', cron({ hour: [12, 17], minute: [5, 42] }), '2010-09-11T17:05:00.000Z'],
    ['hour 12', cron({ hour: 12, minute: 5 }), '2010-09-12T12:05:00.000Z'],
    ['14:30 on Saturdays', cron({ minute: 30, hour: 14, dayOfWeek: 'sat' }), '2010-09-18T14:30:00.000Z'],
    ['14:30 on October 18', cron('30 14 18 oct *'), '2010-10-18T14:30:00.000Z'],
    ['days */5 from the first', cron('0 0 */5 * *'), '2010-09-16T00:00:00.000Z'],
    ['wrapping months', cron('0 0 1 nov-feb *'), '2010-11-01T00:00:00.000Z'],
    ['wrapping hours', cron('0 22-2 * * *'), '2010-09-11T22:00:00.000Z'],
    ['wrapping weekdays', cron('0 0 * * fri-mon'), '2010-09-12T00:00:00.000Z'],
    ['a day of month and a weekday, both', cron('0 0 13 * fri'), '2011-05-13T00:00:00.000Z'],
    ["a day of month or a weekday, with days: 'or'", cron('0 0 13 * fri', { days: 'or' }), '2010-09-13T00:00:00.000Z'],
  ])('K2 %s', async (_name, when, expected) => {
    expect(await next(when, now)).toBe(expected)
  })

  test('K4 day 29 in leap years and others', async () => {
    const day29 = cron({ minute: 0, hour: 0, dayOfMonth: 29 })
    expect(await next(day29, '2012-01-29T00:00:00Z')).toBe('2012-02-29T00:00:00.000Z')
    expect(await next(day29, '2010-01-29T00:00:00Z')).toBe('2010-03-29T00:00:00.000Z')
  })

  test('K4 February 29', async () => {
    expect(await next(cron('0 0 29 2 *'), '2012-02-29T14:30:00Z')).toBe('2016-02-29T00:00:00.000Z')
  })

  test('K4 April 31 never comes', async () => {
    expect(await next(cron('0 0 31 4 *'), '2010-01-28T00:00:00Z')).toBeUndefined()
    expect((await occurrencesOf(cron('0 0 31 4 *'))).previous(at('2010-01-28T00:00:00Z'))).toBeUndefined()
  })

  test('K5 09:00 in Paris when summer time ends', async () => {
    const when = cron('0 9 * * *', { zone: 'Europe/Paris' })
    expect(await next(when, '2017-10-28T09:00:00+02:00')).toBe('2017-10-29T08:00:00.000Z')
  })

  test('K5 09:00 in Paris when summer time begins', async () => {
    const when = cron('0 9 * * *', { zone: 'Europe/Paris' })
    expect(await next(when, '2017-03-25T09:00:00+01:00')).toBe('2017-03-26T07:00:00.000Z')
  })

  test.each([
    [cron('0 0 L * *'), '2026-01-31T12:00:00Z', '2026-02-28T00:00:00.000Z'],
    [cron('0 0 15W * *'), '2026-02-01T00:00:00Z', '2026-02-16T00:00:00.000Z'],
    [cron('0 9 * * fri#2'), '2026-01-01T00:00:00Z', '2026-01-09T09:00:00.000Z'],
    [cron('0 9 * * fri#L'), '2026-01-01T00:00:00Z', '2026-01-30T09:00:00.000Z'],
    [cron('*/10 * * * * *'), '2026-01-01T00:00:05Z', '2026-01-01T00:00:10.000Z'],
  ])('%j', async (when, after, expected) => {
    expect(await next(when, after)).toBe(expected)
  })

  test('the instant itself is not after itself, nor before', async () => {
    for (const when of [cron('0 9 * * *'), every('1h'), once(new Date('2026-05-01T09:00:00Z'))]) {
      const { next, previous } = await occurrencesOf(when)
      const nine = at('2026-05-01T09:00:00Z')
      expect(next(nine - 1)).toBe(nine)
      expect(next(nine)).not.toBe(nine)
      expect(previous(nine + 1)).toBe(nine)
      expect(previous(nine)).not.toBe(nine)
    }
  })
})

describe('every', () => {
  test('counts from 1970, so that everyone counts the same', async () => {
    expect(await nexts(every('30s'), '2026-01-01T00:00:29.999Z', 3)).toEqual([
      '2026-01-01T00:00:30.000Z',
      '2026-01-01T00:01:00.000Z',
      '2026-01-01T00:01:30.000Z',
    ])
  })

  test('or from its anchor, before it too', async () => {
    const when = every('1h', { anchor: new Date('2026-01-01T00:20:00Z') })
    expect(await next(when, '2025-12-31T22:20:00Z')).toBe('2025-12-31T23:20:00.000Z')
    expect(await next(when, '2026-07-01T12:00:00Z')).toBe('2026-07-01T12:20:00.000Z')
  })
})

describe('solar', () => {
  const tromso = { latitude: 69.65, longitude: 18.96 }
  /** https://gml.noaa.gov/grad/solcalc/ for 51.48° N, 0° E on 2026-06-21: sunrise 03:43, noon 12:02, sunset 20:21 (UTC). */
  test.each([
    ['sunrise', '2026-06-21T03:43:00Z'],
    ['solar_noon', '2026-06-21T12:02:00Z'],
    ['sunset', '2026-06-21T20:21:00Z'],
  ] as const)('%s in Greenwich', async (event, expected) => {
    const found = await next(solar(event, { latitude: 51.48, longitude: 0 }), '2026-06-20T22:00:00Z')
    expect(Math.abs(at(found!) - at(expected))).toBeLessThan(120_000)
  })

  test('the nine events come in the order of the day', async () => {
    const occurrences = await Promise.all(
      solarEvents.map((event: SolarEvent) => occurrencesOf(solar(event, { latitude: 45, longitude: 0 }))),
    )
    const times = occurrences.map(({ next }) => next(at('2026-03-10T00:00:00Z'))!)
    expect([...times].sort((a, b) => a - b)).toEqual(times)
  })

  test('days without the event are passed over', async () => {
    expect(await next(solar('sunset', tromso), '2026-06-01T00:00:00Z')).toMatch(/^2026-07-2/)
    expect(await next(solar('sunrise', tromso), '2026-12-01T00:00:00Z')).toMatch(/^2027-01-1/)
    expect((await occurrencesOf(solar('sunset', tromso))).previous(at('2026-06-21T00:00:00Z'))).toBeLessThan(
      at('2026-05-20T00:00:00Z'),
    )
  })

  test('one by one through a year, none is passed over, whatever the longitude', async () => {
    for (const longitude of [-179.9, -90, 0, 90, 179.9]) {
      const { next, previous } = await occurrencesOf(solar('sunset', { latitude: 40, longitude }))
      let now = at('2026-01-01T00:00:00Z')
      for (let day = 0; day < 365; day++) {
        const following = next(now)!
        if (day > 0) {
          expect(following - now).toBeGreaterThan(23.9 * 3_600_000)
          expect(following - now).toBeLessThan(24.1 * 3_600_000)
          expect(previous(following)).toBe(now)
        }
        now = following
      }
    }
  })
})
