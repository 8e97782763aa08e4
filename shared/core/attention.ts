import { attentionDefaults } from './defaults.ts'

/** The input of a rule: one queue's current state and recent history. */
export interface QueueSituation {
  readonly queue: string
  readonly waiting: number
  readonly inFlight: number
  /** Messages in the dead-letter queue. */
  readonly dead: number
  /** Most tasks at a time. Undefined: no limit. */
  readonly concurrency?: number | undefined
  /** Epoch ms, while paused. */
  readonly pausedAt?: number | undefined
  /** Age of the oldest waiting task. */
  readonly oldestMs?: number | undefined
  /** How long a message is hidden from others once received. */
  readonly visibilityMs: number
  /** Counts of the last ten minutes. */
  readonly recent: { readonly succeeded: number; readonly failed: number; readonly crashed: number }
  /** Share of failures among the tasks that ended before that, 0 to 1. Undefined: none ended. */
  readonly usualFailedShare?: number | undefined
  /** Recent rate, tasks per minute. */
  readonly finishedPerMinute: number
  readonly arrivedPerMinute: number
  /** The most frequent cause of the recent failures. */
  readonly mainCause?:
    | { readonly name: string; readonly fingerprint: string; readonly count: number; readonly firstAt: number }
    | undefined
}

export type AttentionRule = 'failing' | 'old' | 'no-catching-up' | 'paused' | 'dead-letters' | 'crashes'

/** Something that needs a person. */
export interface Finding {
  readonly rule: AttentionRule
  readonly queue: string
  readonly severity: 'bad' | 'warning' | 'note'
  /** One line. */
  readonly title: string
  /** One or two sentences: why, and what happens without action. */
  readonly detail: string
  /** Start of the problem, epoch ms, if known. */
  readonly since?: number
  /** Actions that help. */
  readonly actions: readonly FindingAction[]
}

export type FindingAction =
  | { readonly kind: 'show-failures'; readonly fingerprint?: string }
  | { readonly kind: 'show-queue' | 'pause' | 'resume' }

/**
 * Finds what needs attention in a queue, worst first. Thresholds are in `defaults.ts`.
 *
 * @param now epoch ms
 */
export function attentionOf(situation: QueueSituation, now: number): readonly Finding[] {
  const findings = rules.map((rule) => rule(situation, now)).filter((finding) => finding !== undefined)
  // Report the cause only: a paused queue has old tasks because it is paused; a failing queue leaves dead letters.
  const explained: readonly AttentionRule[] = [
    ...(situation.pausedAt === undefined ? [] : (['old', 'no-catching-up'] as const)),
    ...(findings.some(({ rule }) => rule === 'failing') ? (['dead-letters'] as const) : []),
  ]
  return findings.filter(({ rule }) => !explained.includes(rule))
}

type Rule = (situation: QueueSituation, now: number) => Finding | undefined

const rules: readonly Rule[] = [failing, crashes, noCatchingUp, old, paused, deadLetters]

function failing({ queue, recent, usualFailedShare, mainCause }: QueueSituation): Finding | undefined {
  const ended = recent.succeeded + recent.failed
  const share = recent.failed / Math.max(1, ended)
  const { leastShare, timesUsual, leastEnded } = attentionDefaults.failing
  if (ended < leastEnded || share < leastShare || share < timesUsual * (usualFailedShare ?? 0)) return undefined
  const usual = usualFailedShare === undefined ? '' : `, ${percent(usualFailedShare)} is usual`
  return {
    rule: 'failing',
    queue,
    severity: 'bad',
    title: `${queue}: ${percent(share)} fail${usual}`,
    detail: `${recent.failed} of ${ended} tasks failed in the last ten minutes.${mainCause === undefined ? '' : ` Most of them: ${mainCause.name}.`}`,
    ...(mainCause !== undefined && { since: mainCause.firstAt }),
    actions: [{ kind: 'show-failures', ...(mainCause && { fingerprint: mainCause.fingerprint }) }, { kind: 'pause' }],
  }
}

function crashes({ queue, recent }: QueueSituation): Finding | undefined {
  if (recent.crashed === 0) return undefined
  return {
    rule: 'crashes',
    queue,
    severity: 'bad',
    title: `${queue}: ${plural(recent.crashed, 'task')} lost its worker`,
    detail:
      'The process ended in the middle of the task: memory ran out, or it was killed. Look at the memory setting of the queue.',
    actions: [{ kind: 'show-failures' }],
  }
}

function noCatchingUp(situation: QueueSituation): Finding | undefined {
  const { queue, waiting, inFlight, concurrency, finishedPerMinute, arrivedPerMinute } = situation
  if (concurrency === undefined || inFlight < concurrency || waiting < attentionDefaults.leastWaiting) return undefined
  if (arrivedPerMinute <= finishedPerMinute) return undefined
  return {
    rule: 'no-catching-up',
    queue,
    severity: 'warning',
    title: `${queue}: more arrives than finishes`,
    detail: `All ${concurrency} places are busy. ${rounded(finishedPerMinute)} a minute finish, ${rounded(arrivedPerMinute)} arrive: it will not catch up by itself. Raise its concurrency.`,
    actions: [{ kind: 'show-queue' }],
  }
}

function old({ queue, oldestMs, visibilityMs }: QueueSituation): Finding | undefined {
  if (oldestMs === undefined || oldestMs <= Math.max(attentionDefaults.oldestMs, 2 * visibilityMs)) return undefined
  return {
    rule: 'old',
    queue,
    severity: 'warning',
    title: `${queue}: the oldest task has waited ${rounded(oldestMs / 60_000)} min`,
    detail: 'Workers do not reach it: they are too few, too slow, or do not run.',
    actions: [{ kind: 'show-queue' }],
  }
}

function paused({ queue, pausedAt, waiting, inFlight }: QueueSituation): Finding | undefined {
  // Workers of a paused queue receive messages and hand them back, so some are in flight for a while.
  const held = waiting + inFlight
  if (pausedAt === undefined || held === 0) return undefined
  return {
    rule: 'paused',
    queue,
    severity: 'note',
    title: `${queue} is paused, ${held.toLocaleString('en')} wait`,
    detail: 'Nothing is lost: tasks start again when the queue is resumed.',
    since: pausedAt,
    actions: [{ kind: 'resume' }, { kind: 'show-queue' }],
  }
}

function deadLetters({ queue, dead }: QueueSituation): Finding | undefined {
  if (dead < attentionDefaults.deadLetters) return undefined
  return {
    rule: 'dead-letters',
    queue,
    severity: 'warning',
    title: `${queue}: ${plural(dead, 'dead letter')}`,
    detail: 'These tasks failed for good. They are kept for 14 days: retry them once the cause is mended.',
    actions: [{ kind: 'show-failures' }],
  }
}

function percent(share: number): string {
  const value = share * 100
  return `${value >= 10 || value === 0 ? Math.round(value) : value.toFixed(1)} %`
}

function rounded(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}
