import { hash } from 'node:crypto'
import { type CronDays, type CronFields, cronText, readCron } from './cron-fields.ts'
import { type Duration, toMs } from './duration.ts'
import { DefinitionError } from './errors.ts'

/** Celery's nine solar events. */
export const solarEvents = [
  'dawn_astronomical',
  'dawn_nautical',
  'dawn_civil',
  'sunrise',
  'solar_noon',
  'sunset',
  'dusk_civil',
  'dusk_nautical',
  'dusk_astronomical',
] as const
export type SolarEvent = (typeof solarEvents)[number]

/** When a schedule fires, as data. Created by `cron`, `every`, `solar` and `once`. Instants in epoch ms. */
export type When =
  | { readonly kind: 'cron'; readonly fields: string; readonly zone: string; readonly days: CronDays }
  | { readonly kind: 'every'; readonly intervalMs: number; readonly anchor: number }
  | { readonly kind: 'solar'; readonly event: SolarEvent; readonly latitude: number; readonly longitude: number }
  | { readonly kind: 'once'; readonly at: number }

/**
 * Follows Celery's crontab rules: five fields, or six with seconds first. A day must match both day fields.
 *
 * @param options `zone`: an IANA name. @default 'UTC'. `days: 'or'`: one of the day fields is enough (Vixie cron). @default 'and'
 *
 * @example
 * cron('0 9 * * mon-fri', { zone: 'Europe/Berlin' })
 * cron({ minute: [0, 30], hour: '8-18' })
 *
 * @throws {DefinitionError} naming the field, the expected and the received value
 */
export function cron(
  rule: string | CronFields,
  { zone = 'UTC', days = 'and' }: { readonly zone?: string; readonly days?: CronDays } = {},
): When {
  const fields = cronText(rule)
  if (days !== 'and' && days !== 'or') {
    throw new DefinitionError(`cron: days: expected 'and' or 'or', received ${JSON.stringify(days)}.`)
  }
  readCron(fields, days)
  return { kind: 'cron', fields, zone: checkedZone(zone), days }
}

/**
 * Fires at a fixed interval, counted from `anchor`, without drift. At least one second.
 *
 * @param options `anchor`: one of the instants. @default 1970-01-01T00:00:00Z, so that `every('1h')` is at each full hour of UTC
 */
export function every(interval: Duration, { anchor }: { readonly anchor?: Date } = {}): When {
  const intervalMs = toMs(interval, 'every')
  if (intervalMs < 1_000) {
    throw new DefinitionError(`every: expected at least one second, received ${JSON.stringify(interval)}.`)
  }
  return { kind: 'every', intervalMs, anchor: anchor === undefined ? 0 : instantOf('every: anchor', anchor) }
}

/** Fires at a solar event at a place. Days without the event, near the poles, are skipped. */
export function solar(
  event: SolarEvent,
  { latitude, longitude }: { readonly latitude: number; readonly longitude: number },
): When {
  if (!solarEvents.includes(event)) {
    throw new DefinitionError(`solar: expected one of ${solarEvents.join(', ')}, received '${event}'.`)
  }
  checkDegrees('latitude', latitude, 90)
  checkDegrees('longitude', longitude, 180)
  return { kind: 'solar', event, latitude, longitude }
}

/** Fires once, at an instant. */
export function once(at: Date): When {
  return { kind: 'once', at: instantOf('once', at) }
}

function checkDegrees(option: string, degrees: number, most: number): void {
  if (typeof degrees !== 'number' || !(Math.abs(degrees) <= most)) {
    throw new DefinitionError(`solar: ${option}: expected -${most} to ${most} degrees, received ${degrees}.`)
  }
}

function checkedZone(zone: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone && zone
  } catch {
    throw new DefinitionError(
      `cron: zone: expected an IANA time zone such as 'Europe/Berlin', received ${JSON.stringify(zone)}.`,
    )
  }
}

function instantOf(owner: string, value: Date): number {
  const at = value instanceof Date ? value.getTime() : Number.NaN
  if (Number.isNaN(at)) throw new DefinitionError(`${owner}: expected a valid Date, received ${String(value)}.`)
  return at
}

/** Which missed occurrences fire. `last`: the last one. `all`: each. `none`: none. */
export type CatchUp = 'last' | 'all' | 'none'

/** How a schedule's occurrences are chosen, beside when. */
export interface ScheduleRules {
  /** Which missed occurrences fire. @default 'last' */
  readonly catchUp?: CatchUp
  /** An occurrence later than this is never fired. @default none; '1m' with `catchUp: 'none'` */
  readonly deadline?: Duration
  /** Spreads occurrences over this time after their instant. The same occurrence always gets the same delay. */
  readonly jitter?: Duration
  /** Not before this instant. */
  readonly from?: Date
  /** Not after this instant. */
  readonly until?: Date
  /** Ends after this many occurrences. */
  readonly times?: number
  /** Created paused. */
  readonly paused?: boolean
  readonly description?: string
}

/** The rules with their defaults, checked, as stored. Instants in epoch ms. */
export interface ResolvedRules {
  readonly catchUp: CatchUp
  readonly deadlineMs?: number
  readonly jitterMs?: number
  readonly from?: number
  readonly until?: number
  readonly times?: number
  readonly paused?: true
  readonly description?: string
}

/** An occurrence may be this late before it counts as missed: the tick runs once a minute. */
export const lateMs = 60_000

const namePattern = /^[A-Za-z0-9_.:/-]{1,200}$/

/** @throws {DefinitionError} */
export function checkScheduleName(name: string): void {
  if (typeof name !== 'string' || !namePattern.test(name)) {
    throw new DefinitionError(
      `schedule: name: expected 1 to 200 letters, digits, '.', '_', ':', '/' or '-', received ${JSON.stringify(name)}.`,
    )
  }
}

/** @throws {DefinitionError} naming the option, the expected and the received value */
export function resolveRules(name: string, rules: ScheduleRules): ResolvedRules {
  const owner = `schedule '${name}'`
  const { catchUp = 'last', from, until, times, paused, description } = rules
  if (!['last', 'all', 'none'].includes(catchUp)) {
    throw new DefinitionError(
      `${owner}: catchUp: expected 'last', 'all' or 'none', received ${JSON.stringify(catchUp)}.`,
    )
  }
  if (times !== undefined && !(Number.isInteger(times) && times > 0)) {
    throw new DefinitionError(`${owner}: times: expected a whole number above 0, received ${times}.`)
  }
  const deadlineMs = durationOf(owner, 'deadline', rules.deadline) ?? (catchUp === 'none' ? lateMs : undefined)
  const jitterMs = durationOf(owner, 'jitter', rules.jitter)
  const fromMs = from && instantOf(`${owner}: from`, from)
  const untilMs = until && instantOf(`${owner}: until`, until)
  if (fromMs !== undefined && untilMs !== undefined && untilMs < fromMs) {
    throw new DefinitionError(
      `${owner}: until: expected an instant after from (${new Date(fromMs).toISOString()}), received ${new Date(untilMs).toISOString()}.`,
    )
  }
  return {
    catchUp,
    ...(deadlineMs !== undefined && { deadlineMs }),
    ...(jitterMs !== undefined && { jitterMs }),
    ...(fromMs !== undefined && { from: fromMs }),
    ...(untilMs !== undefined && { until: untilMs }),
    ...(times !== undefined && { times }),
    ...(paused === true && { paused }),
    ...(description !== undefined && { description }),
  }
}

function durationOf(owner: string, option: string, duration: Duration | undefined): number | undefined {
  if (duration === undefined) return undefined
  const ms = toMs(duration, `${owner}: ${option}`)
  if (ms <= 0)
    throw new DefinitionError(`${owner}: ${option}: expected more than 0, received ${JSON.stringify(duration)}.`)
  return ms
}

/** The task id of an occurrence. Releasing it again gives the same task. */
export function occurrenceId(app: string, schedule: string, at: number): string {
  return `${occurrencePrefix(app, schedule)}${Math.floor(at / 1_000).toString(36)}`
}

/** The id of a run that an operator asked for. */
export function manualRunId(app: string, schedule: string, now: number): string {
  return `${occurrencePrefix(app, schedule)}m${now}`
}

function occurrencePrefix(app: string, schedule: string): string {
  return `s_${hash('sha256', JSON.stringify([app, schedule]), 'base64url').slice(0, 22)}.`
}

/** How long after its instant an occurrence is due: uniform in [0, jitter), and the same each time. In whole seconds, as SQS requires. */
export function jitterOf(id: string, jitterMs: number | undefined): number {
  if (jitterMs === undefined) return 0
  const fraction = Number.parseInt(hash('sha256', id, 'hex').slice(0, 12), 16) / 2 ** 48
  return Math.floor((fraction * jitterMs) / 1_000) * 1_000
}
