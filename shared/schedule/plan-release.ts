import { lateMs, type ResolvedRules } from '../core/schedule.ts'
import type { Occurrences } from './occurrences.ts'

/** The most occurrences that `catchUp: 'all'` fires in one release. The rest follow in the next release. */
const mostCaughtUp = 100
/** Further missed occurrences are skipped without counting: one per second for days would cost the tick too much time. */
const mostCounted = 10_000

/** An occurrence to fire. `missed`: how many earlier ones it replaces. */
export interface Firing {
  readonly at: number
  readonly missed: number
}

export interface ReleasePlan {
  readonly fire: readonly Firing[]
  /** Occurrences that are never fired: late, by the schedule's rules. */
  readonly missed: number
  /** The next occurrence after this release. Undefined: the schedule has finished. */
  readonly next: number | undefined
}

export interface ReleaseInput {
  /** The first occurrence not yet released. */
  readonly at: number
  readonly now: number
  /** Occurrences before this are released now. */
  readonly end: number
  /** Released so far. */
  readonly fired: number
}

/** Decides which occurrences from `at` on fire now and which are missed. More than a minute past is late. */
export function planRelease(
  occurrences: Occurrences,
  rules: ResolvedRules,
  { at, now, end, fired }: ReleaseInput,
): ReleasePlan {
  const fire: Firing[] = []
  let missed = 0
  let next: number | undefined = at
  const isLeft = (candidate: number | undefined): candidate is number =>
    candidate !== undefined &&
    (rules.until === undefined || candidate <= rules.until) &&
    (rules.times === undefined || fired + fire.length < rules.times)
  const passOver = (before: number) => {
    const passed = passedBefore(occurrences, next, Math.min(before, (rules.until ?? Infinity) + 1))
    next = passed.next
    return passed
  }
  const oldest = now - (rules.deadlineMs ?? Infinity)
  const late = now - lateMs

  if (rules.catchUp === 'all') {
    missed += passOver(oldest).count
    for (; isLeft(next) && next < late; next = occurrences.next(next)) {
      if (fire.length === mostCaughtUp) return { fire, missed, next }
      fire.push({ at: next, missed: 0 })
    }
  } else {
    const { count, last } = passOver(late)
    const catchesUp = rules.catchUp === 'last' && last !== undefined && last >= oldest && isLeft(last)
    if (catchesUp) fire.push({ at: last, missed: count - 1 })
    missed += catchesUp ? count - 1 : count
  }
  for (; isLeft(next) && next < end; next = occurrences.next(next)) {
    if (next < oldest) missed++
    else fire.push({ at: next, missed: 0 })
  }
  return { fire, missed, next: isLeft(next) ? next : undefined }
}

function passedBefore(
  occurrences: Occurrences,
  from: number | undefined,
  before: number,
): { readonly count: number; readonly last: number | undefined; readonly next: number | undefined } {
  let count = 0
  let last: number | undefined
  let next = from
  while (next !== undefined && next < before) {
    if (count === mostCounted) return { count, last: occurrences.previous(before), next: occurrences.next(before - 1) }
    count++
    last = next
    next = occurrences.next(next)
  }
  return { count, last, next }
}

/** The first occurrence after an instant that the rules allow. Undefined: there is none. */
export function firstOccurrence(occurrences: Occurrences, rules: ResolvedRules, after: number): number | undefined {
  const next = occurrences.next(Math.max(after, (rules.from ?? -Infinity) - 1))
  return next === undefined || (rules.until !== undefined && next > rules.until) ? undefined : next
}
