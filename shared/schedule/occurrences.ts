import { type CronPattern, readCron } from '../core/cron-fields.ts'
import type { SolarEvent, When } from '../core/schedule.ts'

/**
 * When a schedule fires: instants in epoch ms, deterministic. Only this file imports croner and suncalc, and only when a schedule needs
 * them: producers and workers never load them.
 */
export interface Occurrences {
  /** The first one after an instant. Undefined: there is none. */
  next(after: number): number | undefined
  /** The last one before an instant. */
  previous(before: number): number | undefined
}

const dayMs = 86_400_000
/** Near the poles the sun may not rise for months. */
const solarDays = 367

export async function occurrencesOf(when: When): Promise<Occurrences> {
  switch (when.kind) {
    case 'cron':
      return cronOccurrences(readCron(when.fields, when.days), when.zone)
    case 'solar':
      return solarOccurrences(when)
    case 'every':
      return everyOccurrences(when)
    case 'once':
      return {
        next: (after) => (when.at > after ? when.at : undefined),
        previous: (before) => (when.at < before ? when.at : undefined),
      }
    default:
      return when satisfies never
  }
}

/** Loads croner and suncalc in advance, for virtual clocks, which do not wait for imports. */
export async function loadCalendars(): Promise<void> {
  await Promise.all([import('croner'), import('suncalc')])
}

async function cronOccurrences({ pattern, bothDays }: CronPattern, zone: string): Promise<Occurrences> {
  const { Cron } = await import('croner')
  const rule = new Cron(pattern, {
    paused: true,
    timezone: zone,
    domAndDow: bothDays,
    mode: '5-or-6-parts',
    // A pattern without star or step in hour, minute and second is a time of day: it fires once a day, even when clocks change.
    fixedTimeRule: 'no-wildcard',
  })
  return {
    next: (after) => rule.nextRun(new Date(after))?.getTime(),
    previous: (before) => rule.previousRuns(1, new Date(before))[0]?.getTime(),
  }
}

function everyOccurrences({ intervalMs, anchor }: Extract<When, { kind: 'every' }>): Occurrences {
  return {
    next: (after) => anchor + (Math.floor((after - anchor) / intervalMs) + 1) * intervalMs,
    previous: (before) => anchor + (Math.ceil((before - anchor) / intervalMs) - 1) * intervalMs,
  }
}

const solarNames = {
  dawn_astronomical: 'nightEnd',
  dawn_nautical: 'nauticalDawn',
  dawn_civil: 'dawn',
  sunrise: 'sunrise',
  solar_noon: 'solarNoon',
  sunset: 'sunset',
  dusk_civil: 'dusk',
  dusk_nautical: 'nauticalDusk',
  dusk_astronomical: 'night',
} as const satisfies Record<SolarEvent, string>

async function solarOccurrences({
  event,
  latitude,
  longitude,
}: Extract<When, { kind: 'solar' }>): Promise<Occurrences> {
  const { getTimes } = await import('suncalc')
  /** The event of the solar day around an instant, in whole seconds. */
  const at = (day: number): number | undefined => {
    const found = getTimes(new Date(day), latitude, longitude)[solarNames[event]]
    return found === null ? undefined : Math.floor(found.getTime() / 1_000) * 1_000
  }
  /** Searches day by day, starting one day early: a solar day may be shifted by half a day. */
  const search = (from: number, step: 1 | -1): number | undefined => {
    for (let day = -1; day <= solarDays; day++) {
      const found = at(from + step * day * dayMs)
      if (found !== undefined && (step === 1 ? found > from : found < from)) return found
    }
    return undefined
  }
  return { next: (after) => search(after, 1), previous: (before) => search(before, -1) }
}
