import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DefinitionError } from '../../shared/core/errors.ts'
import {
  backoffMs,
  isCrashFinal,
  isRetryable,
  matchesError,
  policyOf,
  type RetryOptions,
  resolveRetry,
} from '../../shared/core/retry.ts'

class Flaky extends Error {
  override readonly name = 'Flaky'
}
class Special extends Flaky {}

const policy = (options: RetryOptions | false = {}) => resolveRetry(options, 'test')

describe('backoff', () => {
  const schedule = (options: RetryOptions) =>
    [0, 1, 2, 3].map((retries) => backoffMs(policy({ jitter: false, ...options }), retries, 0.5))

  it.each<[string, RetryOptions, readonly number[]]>([
    ['the default', {}, [10_000, 20_000, 40_000, 80_000]],
    ['no backoff', { backoff: 'none', delay: 7 }, [7_000, 7_000, 7_000, 7_000]],
    ['a factor of three', { delay: 1, factor: 3 }, [1_000, 3_000, 9_000, 27_000]],
    ['capped', { delay: '4m' }, [240_000, 480_000, 600_000, 600_000]],
    ['a cap below the delay', { delay: '1m', maxDelay: '10s' }, [10_000, 10_000, 10_000, 10_000]],
    ['no delay', { delay: 0 }, [0, 0, 0, 0]],
    ['no delay, an infinite factor cannot be', { delay: 0, factor: 1e308 }, [0, 0, 0, 0]],
    ['a negative factor', { delay: 1, factor: -40 }, [1_000, 0, 600_000, 0]],
    ['a factor below one', { delay: 8, factor: 0.5 }, [8_000, 4_000, 2_000, 1_000]],
  ])('%s', (_name, options, expected) => {
    expect(schedule(options)).toEqual(expected)
  })

  it('jitter is uniform in [0, d]', () => {
    expect([0, 0.25, 0.999].map((random) => backoffMs(policy({ delay: 100 }), 0, random))).toEqual([0, 25_000, 99_900])
  })

  it('is a whole number from 0 to the cap, whatever the options', () => {
    const options = fc.record({
      delay: fc.double({ min: 0, max: 1e6, noNaN: true }),
      factor: fc.double({ noNaN: true, noDefaultInfinity: true }),
      maxDelay: fc.double({ min: 0, max: 1e6, noNaN: true }),
      jitter: fc.boolean(),
      backoff: fc.constantFrom('exponential' as const, 'none' as const),
    })
    fc.assert(
      fc.property(options, fc.nat(10_000), fc.double({ min: 0, max: 0.999, noNaN: true }), (given, retries, random) => {
        const resolved = policy(given)
        const delayMs = backoffMs(resolved, retries, random)
        expect(Number.isInteger(delayMs)).toBe(true)
        expect(delayMs).toBeGreaterThanOrEqual(0)
        expect(delayMs).toBeLessThanOrEqual(resolved.maxDelayMs)
      }),
    )
  })
})

describe('options', () => {
  it.each<[string, RetryOptions, string]>([
    ['half a retry', { maxRetries: 1.5 }, 'retry.maxRetries'],
    ['fewer than none', { maxRetries: -1 }, 'retry.maxRetries'],
    ['NaN', { maxRetries: Number.NaN }, 'retry.maxRetries'],
    ['an infinite factor', { factor: Number.POSITIVE_INFINITY }, 'retry.factor'],
    ['a negative delay', { delay: -1 }, 'retry.delay'],
    ['a negative cap', { maxDelay: '-1s' }, 'retry.maxDelay'],
    ['a delay that is no duration', { delay: 'soon' as '1s' }, 'retry.delay'],
    ['a cap that is no duration', { maxDelay: 'soon' as '1s' }, 'retry.maxDelay'],
  ])('%s is refused, and named', (_name, options, option) => {
    expect(() => policy(options)).toThrow(DefinitionError)
    expect(() => policy(options)).toThrow(`test: ${option}: expected `)
  })

  it.each<[string, RetryOptions | false, object]>([
    ['none', {}, { automatic: true, maxRetries: 3, delayMs: 10_000, maxDelayMs: 600_000, factor: 2, jitter: true }],
    ['false', false, { automatic: false, maxRetries: 3, delayMs: 10_000, backoff: 'exponential', notOn: [] }],
    ['no retries', { maxRetries: 0 }, { automatic: true, maxRetries: 0 }],
    ['no delays', { delay: 0, maxDelay: 0 }, { delayMs: 0, maxDelayMs: 0 }],
  ])('%s: the rest has its defaults', (_name, options, resolved) => {
    expect(policy(options)).toMatchObject(resolved)
  })

  it('null is without end', () => {
    expect(policy({ maxRetries: null }).maxRetries).toBe(Number.POSITIVE_INFINITY)
    expect(isCrashFinal(policy({ maxRetries: null }), 1_000_000)).toBe(false)
  })
})

describe('which errors', () => {
  it.each<[string, unknown, Parameters<typeof matchesError>[1], boolean]>([
    ['a class', new Flaky(), [Flaky], true],
    ['its subclass', new Special(), [Flaky], true],
    ['not its superclass', new Flaky(), [Special], false],
    ['Error itself', new TypeError(), [Error], true],
    ['a name', new Flaky(), ['Flaky'], true],
    ['another name', new Flaky(), ['Flak'], false],
    ['a name of what is no error', { name: 'Flaky' }, ['Flaky'], false],
    ['a predicate', 7, [(error) => error === 7], true],
    ['a predicate that is only truthy', 7, [() => 1 as unknown as boolean], false],
    [
      'a predicate that throws',
      7,
      [
        () => {
          throw new Error('x')
        },
      ],
      false,
    ],
    [
      'a name of an error whose name throws',
      Object.defineProperty(new Error('x'), 'name', {
        get: () => {
          throw 1
        },
      }),
      ['Flaky'],
      false,
    ],
    ['any of several', new Flaky(), [RangeError, 'Flaky'], true],
    ['none', new Flaky(), [], false],
  ])('%s', (_name, error, matchers, matches) => {
    expect(matchesError(error, matchers)).toBe(matches)
  })

  it('`notOn` wins over `on`; `retry: false` over both', () => {
    expect(isRetryable(new Special(), policy({ on: Flaky }))).toBe(true)
    expect(isRetryable(new TypeError(), policy({ on: Flaky }))).toBe(false)
    expect(isRetryable(new Special(), policy({ on: Flaky, notOn: Special }))).toBe(false)
    expect(isRetryable(new Special(), policy(false))).toBe(false)
    expect(isRetryable('anything', policy())).toBe(true)
    const several = policy({ on: [Flaky, RangeError], notOn: [Special, 'TypeError'] })
    const errors = [new Flaky(), new RangeError(), new Special(), new TypeError(), new Error()]
    expect(errors.map((error) => isRetryable(error, several))).toEqual([true, true, false, false, false])
  })
})

describe('a call’s own options', () => {
  it('win over the task’s, one by one', () => {
    expect(policyOf(policy({ delay: 5 }), { maxRetries: 9, retryMaxDelayMs: 7 })).toMatchObject({
      maxRetries: 9,
      delayMs: 5_000,
      maxDelayMs: 7,
    })
    expect(policyOf(policy(), { retryDelayMs: 3 })).toStrictEqual({ ...policy(), delayMs: 3 })
    const own = policy()
    expect(policyOf(own, undefined)).toBe(own)
  })

  it('retries asked for by the call are automatic, though the task has none', () => {
    expect(policyOf(policy(false), { maxRetries: 2 })).toMatchObject({ automatic: true, maxRetries: 2 })
    expect(policyOf(policy(false), { maxRetries: 0 }).automatic).toBe(false)
    expect(policyOf(policy(), { maxRetries: 0 })).toMatchObject({ automatic: true, maxRetries: 0 })
  })
})

it('a crash is final after the last retry', () => {
  const ends = [0, 1, 2, 3, 4, 5]
  expect(ends.map((ended) => isCrashFinal(policy({ maxRetries: 3 }), ended))).toEqual([
    false,
    false,
    false,
    false,
    true,
    true,
  ])
  expect(ends.map((ended) => isCrashFinal(policy(false), ended))).toEqual([false, true, true, true, true, true])
})
