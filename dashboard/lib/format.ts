const units = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
] as const

/** Three digits at most: `840 ms`, `2.1 s`, `14 min`. */
export function duration(ms: number | undefined | null): string {
  if (ms === undefined || ms === null) return '–'
  const [value, unit] = durationParts(ms)
  return `${value} ${unit}`
}

export function durationParts(ms: number): readonly [string, string] {
  if (ms < 999.5) return [Math.round(ms).toString(), 'ms']
  const [size, unit] = units.find(([each]) => ms >= each * 0.9995) ?? [1_000, 's']
  const value = ms / size
  return [
    value < 9.95 && unit !== 'd'
      ? trimmed(value.toFixed(1))
      : value < 9.95
        ? trimmed(value.toFixed(1))
        : Math.round(value).toString(),
    unit,
  ]
}

function trimmed(text: string): string {
  return text.replace(/\.0$/, '')
}

export function count(value: number): string {
  return value < 10 && !Number.isInteger(value) ? value.toFixed(1) : Math.round(value).toLocaleString('en')
}

export function percent(share: number | undefined): string {
  if (share === undefined) return '–'
  const value = share * 100
  return `${value === 0 ? '0' : value < 10 ? value.toFixed(1) : Math.round(value)} %`
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const shortClock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short' })
const long = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })

/** The time of day; with the day, when it was another one. */
export function time(at: number, { seconds = true } = {}): string {
  const text = (seconds ? clock : shortClock).format(at)
  return new Date(at).toDateString() === new Date().toDateString() ? text : `${day.format(at)} ${shortClock.format(at)}`
}

export function shortTime(at: number): string {
  return shortClock.format(at)
}

export function dayOf(at: number): string {
  return day.format(at)
}

export function exactTime(at: number): string {
  return `${long.format(at)} · ${new Date(at).toISOString()}`
}

export function ago(at: number, now: number): string {
  const ms = now - at
  if (Math.abs(ms) < 1_500) return 'now'
  return ms > 0 ? `${duration(ms)} ago` : `in ${duration(-ms)}`
}

export function bytes(value: number): string {
  return value < 1_000
    ? `${value} B`
    : value < 1_000_000
      ? `${trimmed((value / 1_000).toFixed(1))} KB`
      : `${trimmed((value / 1_000_000).toFixed(1))} MB`
}

/** Characters that nobody can see, or that turn text around, as symbols. */
export function visible(text: string): string {
  return text.replace(/(?![\n\t])[\p{Cc}\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, '\u2423')
}

export function shortId(id: string): string {
  return id.length > 18 ? `${id.slice(0, 13)}…${id.slice(-4)}` : id
}
