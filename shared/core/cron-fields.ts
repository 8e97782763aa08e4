import { DefinitionError } from './errors.ts'

/** One field: a number, a text such as `'8-18/2'`, or a list of both. */
export type CronField = number | string | readonly (number | string)[]

/** A cron rule by its fields, as in Celery's `crontab()`. Omitted fields are `'*'`. */
export interface CronFields {
  /** 0 to 59. Left out: second 0. */
  readonly second?: CronField
  /** 0 to 59. @default '*' */
  readonly minute?: CronField
  /** 0 to 23. @default '*' */
  readonly hour?: CronField
  /** 1 to 31, `L` for the last, `15W` for the weekday nearest to the 15th. @default '*' */
  readonly dayOfMonth?: CronField
  /** 1 to 12, or names. @default '*' */
  readonly month?: CronField
  /** 0 to 6, Sunday is 0, or names; `fri#2`, `fri#L`. @default '*' */
  readonly dayOfWeek?: CronField
}

/** `and`: a day must match both day fields (Celery). `or`: one of them, when both are restricted (Vixie cron). */
export type CronDays = 'and' | 'or'

interface FieldRule {
  readonly name: keyof CronFields
  readonly min: number
  readonly max: number
  /** Three letters each; the first stands for `min`. */
  readonly names?: readonly string[]
  readonly hint?: string
  /** Forms that only this field has. Returns their rewritten text. */
  readonly special?: (item: string, value: (text: string) => number) => string | undefined
}

const months = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
]
const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

const rules: readonly FieldRule[] = [
  { name: 'second', min: 0, max: 59 },
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  {
    name: 'dayOfMonth',
    min: 1,
    max: 31,
    special: (item, value) => {
      if (item === 'l' || item === 'lw') return item.toUpperCase()
      return item.endsWith('w') ? `${value(item.slice(0, -1))}W` : undefined
    },
  },
  { name: 'month', min: 1, max: 12, names: months },
  {
    name: 'dayOfWeek',
    min: 0,
    max: 6,
    names: weekdays,
    hint: ' Sunday is 0.',
    special: (item, value) => {
      const [day, nth, ...rest] = item.split('#')
      if (day === undefined || nth === undefined || rest.length > 0 || !/^([1-5]|l)$/.test(nth)) return undefined
      return `${value(day)}#${nth.toUpperCase()}`
    },
  },
]

const nicknames: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

/** A cron rule as one text of five fields, or six with seconds first, as its author wrote them. */
export function cronText(rule: string | CronFields): string {
  if (typeof rule === 'string') return rule.trim().split(/\s+/).join(' ')
  if (typeof rule !== 'object' || rule === null) {
    throw new DefinitionError(`cron: expected a text such as '0 9 * * *' or an object of fields, received ${rule}.`)
  }
  for (const name of Object.keys(rule)) {
    if (rules.some((each) => each.name === name)) continue
    throw new DefinitionError(`cron: ${name}: no such field. Known: ${rules.map((each) => each.name).join(', ')}.`)
  }
  const texts = rules.map(({ name }) => {
    const field = rule[name]
    const text = field === undefined ? '*' : Array.isArray(field) ? field.join(',') : String(field)
    const bare = text.replace(/\s+/g, '')
    if (bare === '') throw new DefinitionError(`cron: ${name}: expected at least one value, received none.`)
    return bare
  })
  return (rule.second === undefined ? texts.slice(1) : texts).join(' ')
}

/** The pattern for croner. */
export interface CronPattern {
  readonly pattern: string
  /** A day must match both day fields. */
  readonly bothDays: boolean
}

/**
 * Reads a cron rule by Celery's rules and rewrites the parts that croner reads differently: names become numbers, ranges that wrap become two, and a step continues
 * across the wrap. `*` and steps stay, because croner uses them to tell intervals from times of day when a clock changes.
 *
 * @param text of five fields, or six with seconds first, or a nickname such as `@daily`
 * @throws {DefinitionError} naming the field, the expected and the received value
 */
export function readCron(text: string, days: CronDays = 'and'): CronPattern {
  const expanded = text.startsWith('@') ? nicknames[text.toLowerCase()] : text
  if (expanded === undefined) {
    throw new DefinitionError(`cron: expected one of ${Object.keys(nicknames).join(', ')}, received '${text}'.`)
  }
  const parts = expanded.split(' ')
  if (parts.length !== 5 && parts.length !== 6) {
    throw new DefinitionError(
      `cron: expected 5 fields (minute hour day-of-month month day-of-week), or 6 with seconds first, received ${text === '' ? 'none' : parts.length} in '${text}'.`,
    )
  }
  const fields = parts.length === 5 ? ['0', ...parts] : parts
  const read = rules.map((rule, index) => readField(rule, fields[index] ?? '', text))
  const [, , , dayOfMonth, , dayOfWeek] = fields
  // Vixie cron: a day field that starts with a star is no restriction, whatever its step.
  const anyDay = dayOfMonth?.startsWith('*') === true || dayOfWeek?.startsWith('*') === true
  return { pattern: read.join(' '), bothDays: days === 'and' || anyDay }
}

function readField(rule: FieldRule, field: string, text: string): string {
  return field
    .toLowerCase()
    .split(',')
    .map((item) => readItem(rule, item, text))
    .join(',')
}

function readItem(rule: FieldRule, item: string, text: string): string {
  const { min, max } = rule
  const fail = (problem: string): never => {
    throw new DefinitionError(`cron: ${rule.name}: ${problem}, received '${item}' in '${text}'.${rule.hint ?? ''}`)
  }
  const value = (written: string): number => numberOf(rule, written) ?? fail(`expected ${valuesOf(rule)}`)
  if (item === '*') return '*'
  if (item === '?') fail("expected '*' for any value")
  const special = rule.special?.(item, value)
  if (special !== undefined) return special
  const [range = '', stepText, ...more] = item.split('/')
  if (stepText === undefined) return readRange(rule, range, value)
  const step = more.length === 0 && /^\d+$/.test(stepText) ? Number(stepText) : Number.NaN
  if (!(step >= 1 && step <= max - min + 1)) fail(`expected a step of 1 to ${max - min + 1}`)
  if (range === '*') return `*/${step}`
  if (!range.includes('-')) fail(`expected a step over '*' or a range, such as ${range}-${max}/${step}`)
  return readRange(rule, range, value, step)
}

function readRange({ min, max }: FieldRule, range: string, value: (written: string) => number, step?: number): string {
  const [first = '', last, ...more] = range.split('-')
  if (last === undefined) return String(value(first))
  const from = value(first)
  const to = more.length === 0 ? value(last) : value(range)
  const suffix = step === undefined ? '' : `/${step}`
  if (from <= to) return `${from}-${to}${suffix}`
  const upper = `${from}-${max}${suffix}`
  const over = step === undefined ? 0 : (step - ((max - from + 1) % step)) % step
  return min + over > to ? upper : `${upper},${min + over}-${to}${suffix}`
}

function numberOf({ min, max, names }: FieldRule, written: string): number | undefined {
  if (/^\d+$/.test(written)) {
    const number = Number(written)
    return number >= min && number <= max ? number : undefined
  }
  const at = names?.findIndex((name) => written === name || written === name.slice(0, 3)) ?? -1
  return at < 0 ? undefined : min + at
}

function valuesOf({ min, max, names }: FieldRule): string {
  return names === undefined ? `${min} to ${max}` : `${min} to ${max} or a name such as ${names[1]?.slice(0, 3)}`
}
