import { retryDefaults } from './defaults.ts'
import { type Duration, toMs } from './duration.ts'
import { DefinitionError } from './errors.ts'
import type { MessageOptions } from './message.ts'
import { checkKeys } from './options.ts'

/** Which errors: a class, an error's `name`, or a predicate. */
export type ErrorMatcher = (new (...args: never[]) => Error) | string | ((error: unknown) => boolean)

/** How a task that throws is retried. */
export interface RetryOptions {
  /** Runs after the first. `null`: without end. @default 3 */
  readonly maxRetries?: number | null
  /** Before the first retry. @default '10s' */
  readonly delay?: Duration
  /** `exponential`: delay × factor^retries, `none`: the same delay each time. @default 'exponential' */
  readonly backoff?: 'exponential' | 'none'
  /** @default 2 */
  readonly factor?: number
  /** No delay is longer, whatever `delay` says. @default '10m', or `delay` where that is longer */
  readonly maxDelay?: Duration
  /** Full jitter: uniform in [0, delay], so that what failed together does not come back together. @default true */
  readonly jitter?: boolean
  /** Retry these only. @default every error */
  readonly on?: ErrorMatcher | readonly ErrorMatcher[]
  /** Never retry these. */
  readonly notOn?: ErrorMatcher | readonly ErrorMatcher[]
}

/**
 * The options with all defaults, checked. `retry: false` is `automatic: false`: what is thrown is never retried, nor is a crash;
 * `ctx.retry()` still may, as in Celery.
 */
export interface RetryPolicy {
  readonly automatic: boolean
  readonly maxRetries: number
  readonly delayMs: number
  readonly backoff: 'exponential' | 'none'
  readonly factor: number
  readonly maxDelayMs: number
  readonly jitter: boolean
  readonly on: readonly ErrorMatcher[] | undefined
  readonly notOn: readonly ErrorMatcher[]
}

const known = [
  'maxRetries',
  'delay',
  'backoff',
  'factor',
  'maxDelay',
  'jitter',
  'on',
  'notOn',
] as const satisfies readonly (keyof RetryOptions)[]

/** @throws {DefinitionError} naming the option, what was expected and what came */
export function resolveRetry(options: RetryOptions | false | undefined, owner: string): RetryPolicy {
  const given = options === false ? {} : (options ?? {})
  checkKeys(`${owner}: retry`, given, known)
  const maxRetries =
    given.maxRetries === null ? Number.POSITIVE_INFINITY : (given.maxRetries ?? retryDefaults.maxRetries)
  if (!(maxRetries >= 0) || (Number.isFinite(maxRetries) && !Number.isInteger(maxRetries))) {
    throw new DefinitionError(
      `${owner}: retry.maxRetries: expected a whole number of 0 or more, or null for no end, received ${maxRetries}.`,
    )
  }
  const factor = given.factor ?? retryDefaults.factor
  if (!Number.isFinite(factor))
    throw new DefinitionError(`${owner}: retry.factor: expected a number, received ${factor}.`)
  const delayMs = given.delay === undefined ? retryDefaults.delayMs : toMs(given.delay, `${owner}: retry.delay`)
  const maxDelayMs =
    given.maxDelay === undefined
      ? Math.max(retryDefaults.maxDelayMs, delayMs)
      : toMs(given.maxDelay, `${owner}: retry.maxDelay`)
  if (delayMs < 0) throw new DefinitionError(`${owner}: retry.delay: expected 0 or more, received ${delayMs} ms.`)
  if (maxDelayMs < 0)
    throw new DefinitionError(`${owner}: retry.maxDelay: expected 0 or more, received ${maxDelayMs} ms.`)
  const backoff = given.backoff ?? 'exponential'
  if (backoff !== 'exponential' && backoff !== 'none') {
    throw new DefinitionError(
      `${owner}: retry.backoff: expected 'exponential' or 'none', received ${JSON.stringify(backoff)}.`,
    )
  }
  return {
    automatic: options !== false,
    maxRetries,
    delayMs,
    backoff,
    factor,
    maxDelayMs,
    jitter: given.jitter ?? true,
    on: given.on === undefined ? undefined : listed(given.on),
    notOn: given.notOn === undefined ? [] : listed(given.notOn),
  }
}

function listed(matchers: ErrorMatcher | readonly ErrorMatcher[]): readonly ErrorMatcher[] {
  return Array.isArray(matchers) ? matchers : [matchers as ErrorMatcher]
}

/** Whether an error is one of those. A predicate that throws does not match, nor does an error whose name throws. */
export function matchesError(error: unknown, matchers: readonly ErrorMatcher[]): boolean {
  return matchers.some((matcher) => {
    try {
      if (typeof matcher === 'string') return isNamed(error, matcher)
      if (isErrorClass(matcher)) return error instanceof matcher
      return matcher(error) === true
    } catch {
      return false
    }
  })
}

/** By its name alone: the error of another realm (`node:vm`, Jest) is no instance of this one's Error. */
function isNamed(error: unknown, name: string): boolean {
  return typeof error === 'object' && error !== null && 'message' in error && 'name' in error && error.name === name
}

function isErrorClass(matcher: Exclude<ErrorMatcher, string>): matcher is new (...args: never[]) => Error {
  return matcher === Error || (matcher as { prototype?: unknown }).prototype instanceof Error
}

/** The policy alone says whether this error is retried; the count of attempts is the caller's. */
export function isRetryable(error: unknown, policy: RetryPolicy): boolean {
  if (!policy.automatic || matchesError(error, policy.notOn)) return false
  return policy.on === undefined || matchesError(error, policy.on)
}

/** The policy of one call: the task's own with the message's overrides. */
export function policyOf(policy: RetryPolicy, options: MessageOptions | undefined): RetryPolicy {
  if (options === undefined) return policy
  return {
    ...policy,
    ...(options.maxRetries !== undefined && {
      maxRetries: options.maxRetries,
      automatic: policy.automatic || options.maxRetries > 0,
    }),
    ...(options.retryDelayMs !== undefined && {
      delayMs: options.retryDelayMs,
      // The task's cap was chosen for the task's delay.
      maxDelayMs: Math.max(policy.maxDelayMs, options.retryDelayMs),
    }),
    ...(options.retryMaxDelayMs !== undefined && { maxDelayMs: options.retryMaxDelayMs }),
  }
}

/** For tasks that this worker does not know: only a worker that knows the task may end it. */
export const patientPolicy: RetryPolicy = resolveRetry({ maxRetries: null }, 'patientPolicy')

/** Whether a crash after this many counted attempts ends the task. */
export function isCrashFinal(policy: RetryPolicy, attemptsEnded: number): boolean {
  return attemptsEnded > (policy.automatic ? policy.maxRetries : 0)
}

/**
 * Milliseconds before the next attempt, by Celery's formula: min(maxDelay, delay × factor^retries), never below 0, with jitter uniform in
 * [0, that].
 *
 * @param retries retries already made: 0 before the first one
 * @param random uniform in [0, 1)
 */
export function backoffMs(policy: RetryPolicy, retries: number, random: number): number {
  const grown = policy.backoff === 'none' ? policy.delayMs : policy.delayMs * policy.factor ** retries
  // 0 × Infinity is NaN: no delay stays no delay.
  const capped = Math.max(0, Math.min(policy.maxDelayMs, Number.isNaN(grown) ? 0 : grown))
  return Math.round(policy.jitter ? capped * random : capped)
}
