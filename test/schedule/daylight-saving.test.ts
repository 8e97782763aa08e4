import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, test } from 'vitest'
import { cron } from '../../shared/core/schedule.ts'
import { occurrencesOf } from '../../shared/schedule/occurrences.ts'

const dayMs = 86_400_000

/** Southern, northern, half an hour, and a change at midnight. */
const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Santiago'] as const

function changeOf(zone: string, direction: 'forward' | 'back'): number {
  let moment = Temporal.Instant.from('2026-01-01T00:00:00Z').toZonedDateTimeISO(zone)
  for (;;) {
    const before = moment.offsetNanoseconds
    const change = moment.getTimeZoneTransition('next')
    if (change === null) throw new Error(`${zone} has no change`)
    if (change.offsetNanoseconds > before === (direction === 'forward')) return change.epochMilliseconds
    moment = change
  }
}

interface Times {
  readonly hours: readonly number[]
  readonly minutes: readonly number[]
  /** Has a star or a step. */
  readonly interval: boolean
}

/** Temporal's answer, day by day: a time of day once a day, after a gap if it lies in it; an interval whenever the clock shows it. */
function temporal(zone: string, { hours, minutes, interval }: Times, from: number, to: number): number[] {
  const found = new Set<number>()
  const first = Temporal.Instant.fromEpochMilliseconds(from)
    .toZonedDateTimeISO(zone)
    .toPlainDate()
    .subtract({ days: 1 })
  const days = Math.ceil((to - from) / dayMs) + 3
  for (let day = 0; day < days; day++) {
    for (const hour of hours) {
      for (const minute of minutes) {
        const local = first.add({ days: day }).toPlainDateTime({ hour, minute })
        const earlier = local.toZonedDateTime(zone, { disambiguation: 'earlier' })
        const later = local.toZonedDateTime(zone, { disambiguation: 'later' })
        const exists = later.toPlainDateTime().equals(local)
        if (exists) found.add(earlier.epochMilliseconds)
        if (exists && interval) found.add(later.epochMilliseconds)
        if (!exists && !interval) found.add(earlier.getTimeZoneTransition('next')!.epochMilliseconds)
      }
    }
  }
  return [...found].filter((at) => at > from && at <= to).sort((a, b) => a - b)
}

async function croner(zone: string, rule: string, from: number, to: number): Promise<number[]> {
  const { next } = await occurrencesOf(cron(rule, { zone }))
  const found: number[] = []
  for (let at = next(from); at !== undefined && at <= to; at = next(at)) found.push(at)
  return found
}

const all = (count: number) => Array.from({ length: count }, (_, index) => index)

describe.each(zones)('%s', (zone) => {
  describe.each(['forward', 'back'] as const)('clock goes %s', (direction) => {
    const change = changeOf(zone, direction)
    const from = change - 2 * dayMs
    const to = change + 2 * dayMs

    test.each<[string, Times]>([
      ['30 2 * * *', { hours: [2], minutes: [30], interval: false }],
      ['0,30 2 * * *', { hours: [2], minutes: [0, 30], interval: false }],
      ['0 0 * * *', { hours: [0], minutes: [0], interval: false }],
      ['30 23,0,1 * * *', { hours: [0, 1, 23], minutes: [30], interval: false }],
      ['45 1-3 * * *', { hours: [1, 2, 3], minutes: [45], interval: false }],
      ['*/15 * * * *', { hours: all(24), minutes: [0, 15, 30, 45], interval: true }],
      ['30 * * * *', { hours: all(24), minutes: [30], interval: true }],
      ['0 */2 * * *', { hours: all(12).map((hour) => 2 * hour), minutes: [0], interval: true }],
      ['0 22-4/2 * * *', { hours: [0, 2, 4, 22], minutes: [0], interval: true }],
    ])('%s', async (rule, times) => {
      expect(await croner(zone, rule, from, to)).toEqual(temporal(zone, times, from, to))
    })

    test('property: any times, from any instant', async () => {
      const values = (count: number, most: number) =>
        fc.uniqueArray(fc.integer({ min: 0, max: count - 1 }), { minLength: 1, maxLength: most })
      await fc.assert(
        fc.asyncProperty(
          fc.option(values(24, 4), { nil: undefined }),
          values(60, 3),
          fc.integer({ min: -30 * 3_600, max: 6 * 3_600 }),
          async (hours, minutes, seconds) => {
            const start = change + seconds * 1_000
            const rule = `${minutes.join(',')} ${hours?.join(',') ?? '*'} * * *`
            const times = { hours: hours ?? all(24), minutes, interval: hours === undefined }
            const end = start + 1.5 * dayMs
            expect(await croner(zone, rule, start, end)).toEqual(temporal(zone, times, start, end))
          },
        ),
        { numRuns: 60 },
      )
    })
  })
})
