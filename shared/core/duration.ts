import { DefinitionError } from './errors.ts'

type Unit = 'ms' | 's' | 'm' | 'h' | 'd'

/**
 * A length of time: `'250ms'`, `'30s'`, `'10m'`, `'2h'`, `'7d'`, also `'30 s'`, or a number of **seconds** (Celery's unit).
 *
 * @example
 * toMs('10m') // 600_000
 * toMs(1.5)   // 1_500
 */
export type Duration = number | `${number}${Unit}` | `${number} ${Unit}`

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

const pattern = /^(-?\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/

/**
 * Milliseconds of a duration, rounded to a whole number.
 *
 * @param option the option's name, for the message
 * @throws {DefinitionError} when it is neither a finite number nor a duration string
 */
export function toMs(duration: Duration, option = 'duration'): number {
  const ms = typeof duration === 'number' ? duration * 1_000 : msOf(duration)
  if (Number.isFinite(ms)) return Math.round(ms)
  throw new DefinitionError(
    `${option}: expected a number of seconds or a text such as '30s', '10m', '2h', received ${JSON.stringify(duration) ?? String(duration)}.`,
  )
}

/** NaN when the text is no duration. */
function msOf(text: unknown): number {
  const [, count, unit] = (typeof text === 'string' && pattern.exec(text.trim())) || []
  return Number(count) * unitMs[unit as keyof typeof unitMs]
}

/** A duration for people: `90_000` is `'1m 30s'`. */
export function formatMs(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`
  const parts: string[] = []
  let left = Math.round(ms / 1_000)
  for (const [unit, seconds] of [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(left / seconds)
    if (count > 0) parts.push(`${count}${unit}`)
    left -= count * seconds
  }
  return parts.slice(0, 2).join(' ')
}
