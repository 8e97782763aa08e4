import { describe, expect, it } from 'vitest'
import { type Duration, formatMs, toMs } from '../../shared/core/duration.ts'
import { readEnvironment, readLogLevel, writeEnvironment } from '../../shared/core/environment.ts'
import { DefinitionError, InputError } from '../../shared/core/errors.ts'
import { appendAttempt, parseAttempts } from '../../shared/core/history.ts'
import { validateInput } from '../../shared/core/input.ts'
import type { Json } from '../../shared/core/json.ts'
import { expiresAtSeconds, inputExpiresAtSeconds, isCurrent } from '../../shared/core/lifetime.ts'
import { redactInput, scrubberOf } from '../../shared/core/redact.ts'
import { gaveKeyBack, isTerminal, type TaskState, visibleState } from '../../shared/core/states.ts'
import * as table from '../../shared/core/table.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

describe('a duration', () => {
  it.each<[Duration, number]>([
    [0, 0],
    [1.5, 1_500],
    [0.0004, 0],
    [0.0005, 1],
    [-1, -1_000],
    ['250ms', 250],
    ['30s', 30_000],
    ['10m', 600_000],
    ['2h', 2 * hourMs],
    ['7d', 7 * dayMs],
    ['1.5h', 5_400_000],
    ['-1s', -1_000],
    ['12.25s', 12_250],
    [' 5 s ' as '5s', 5_000],
  ])('%j is %i ms', (duration, ms) => {
    expect(toMs(duration)).toBe(ms)
  })

  it.each<[unknown, string]>([
    ['soon', '"soon"'],
    ['', '""'],
    ['10', '"10"'],
    ['10 weeks', '"10 weeks"'],
    ['x10s', '"x10s"'],
    ['10sx', '"10sx"'],
    ['1.s', '"1.s"'],
    ['.5s', '".5s"'],
    ['--1s', '"--1s"'],
    [Number.NaN, 'null'],
    [Number.POSITIVE_INFINITY, 'null'],
    [null, 'null'],
    [undefined, 'undefined'],
    [{ s: 1 }, '{"s":1}'],
    [['1s'], '["1s"]'],
    [Symbol('s'), 'Symbol(s)'],
  ])('%j is none', (duration, received) => {
    const refusal = (option: string) =>
      new DefinitionError(
        `${option}: expected a number of seconds or a text such as '30s', '10m', '2h', received ${received}.`,
      )
    expect(() => toMs(duration as Duration, 'delay')).toThrow(refusal('delay'))
    expect(() => toMs(duration as Duration)).toThrow(refusal('duration'))
  })

  it.each([
    [0, '0ms'],
    [0.4, '0ms'],
    [999, '999ms'],
    [1_000, '1s'],
    [1_499, '1s'],
    [1_500, '2s'],
    [59_000, '59s'],
    [60_000, '1m'],
    [90_000, '1m 30s'],
    [900_000, '15m'],
    [hourMs, '1h'],
    [hourMs + 1_000, '1h 1s'],
    [dayMs, '1d'],
    [dayMs + hourMs + 60_000, '1d 1h'],
    [2 * dayMs + 3 * hourMs, '2d 3h'],
  ])('%i ms for people: %s', (ms, text) => {
    expect(formatMs(ms)).toBe(text)
  })
})

describe('the environment', () => {
  it.each<[string, Record<string, string | undefined>, object]>([
    ['nothing set', {}, { prefix: 'shop', table: 'shop', queueBaseUrl: undefined }],
    [
      'empty texts',
      { CELERIAC_PREFIX: '', CELERIAC_TABLE: '', CELERIAC_QUEUE_BASE_URL: '' },
      { prefix: 'shop', table: 'shop', queueBaseUrl: undefined },
    ],
    ['a prefix', { CELERIAC_PREFIX: 'other' }, { prefix: 'other', table: 'other', queueBaseUrl: undefined }],
    ['a table', { CELERIAC_TABLE: 'tasks' }, { prefix: 'shop', table: 'tasks', queueBaseUrl: undefined }],
    [
      'a base URL',
      { CELERIAC_QUEUE_BASE_URL: 'http://sqs/000000000000//' },
      { prefix: 'shop', table: 'shop', queueBaseUrl: 'http://sqs/000000000000' },
    ],
    ['slashes alone', { CELERIAC_QUEUE_BASE_URL: '//' }, { prefix: 'shop', table: 'shop', queueBaseUrl: undefined }],
  ])('%s', (_name, variables, environment) => {
    expect(readEnvironment('shop', variables)).toEqual(environment)
  })

  it('that is written is read as it was', () => {
    const whole = { prefix: 'a', table: 'b', queueBaseUrl: 'http://c' }
    expect(writeEnvironment(whole)).toEqual({
      CELERIAC_PREFIX: 'a',
      CELERIAC_TABLE: 'b',
      CELERIAC_QUEUE_BASE_URL: 'http://c',
    })
    expect(readEnvironment('shop', writeEnvironment(whole))).toEqual(whole)
    const without = { prefix: 'a', table: 'b', queueBaseUrl: undefined }
    expect(writeEnvironment(without)).toEqual({ CELERIAC_PREFIX: 'a', CELERIAC_TABLE: 'b' })
  })

  it.each([
    [undefined, 'info'],
    ['', 'info'],
    ['LOUD', 'info'],
    ['TRACE', 'debug'],
    ['DEBUG', 'debug'],
    ['INFO', 'info'],
    ['warn', 'warn'],
    ['ERROR', 'error'],
    ['FATAL', 'error'],
  ])('a log level of %s is %s', (level, expected) => {
    expect(readLogLevel({ AWS_LAMBDA_LOG_LEVEL: level })).toBe(expected)
  })
})

describe('the history', () => {
  const entry = (attempt: number) => ({ attempt, startedAt: attempt, endedAt: attempt, outcome: 'retry' as const })

  it.each([
    ['none', undefined],
    ['an empty text', ''],
    ['half a list', '[{"attempt":1}'],
    ['an object', '{"attempt":1}'],
    ['null', 'null'],
    ['a text', '"[]"'],
  ])('%s is an empty list, and begins anew', (_name, text) => {
    expect(parseAttempts(text)).toEqual([])
    expect(appendAttempt(text, entry(1))).toBe(JSON.stringify([entry(1)]))
  })

  it('keeps the last ten', () => {
    let text: string | undefined
    for (let attempt = 1; attempt <= 10; attempt++) text = appendAttempt(text, entry(attempt))
    expect(parseAttempts(text).map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    text = appendAttempt(text, entry(11))
    expect(parseAttempts(text).map(({ attempt }) => attempt)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  })
})

describe('an input', () => {
  const schema = (result: object, async = false) => ({
    '~standard': {
      version: 1 as const,
      vendor: 'test',
      validate: () => (async ? Promise.resolve(result) : result) as { value: unknown },
    },
  })

  it('passes as it is without a schema, and as its schema makes it with one', async () => {
    expect(await validateInput('work', undefined, 7)).toBe(7)
    expect(await validateInput('work', schema({ value: 8 }), 7)).toBe(8)
    expect(await validateInput('work', schema({ value: 9 }, true), 7)).toBe(9)
  })

  it('is refused with what is wrong, and where', async () => {
    const issues = [
      { message: 'Not an order' },
      { message: 'Too small', path: [] },
      { message: 'Not a number', path: ['items', 0, { key: 'price' }] },
      { message: 'Odd', path: [Symbol('key')] },
    ]
    const refused = await validateInput('work', schema({ issues }), {}).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(InputError)
    expect(refused).toMatchObject({
      name: 'InputError',
      code: 'input',
      task: 'work',
      message:
        "The input of task 'work' does not match its schema: Not an order; Too small; items.0.price: Not a number; Symbol(key): Odd.",
      issues: [
        { message: 'Not an order', path: '' },
        { message: 'Too small', path: '' },
        { message: 'Not a number', path: 'items.0.price' },
        { message: 'Odd', path: 'Symbol(key)' },
      ],
    })
  })
})

describe('what is sensitive', () => {
  it.each<[string, Json | undefined, readonly string[], string, string]>([
    ['no field', { card: '4111' }, [], 'card 4111', 'card 4111'],
    ['a text', { card: '4111' }, ['card'], 'card 4111, again 4111', 'card [redacted], again [redacted]'],
    ['a number', { pin: 123.5 }, ['pin'], 'pin 123.5', 'pin [redacted]'],
    ['three characters', { pin: 'abc' }, ['pin'], 'pin abc', 'pin [redacted]'],
    ['two characters: too many innocent words', { pin: 'is' }, ['pin'], 'this is', 'this is'],
    ['an empty text', { pin: '' }, ['pin'], 'this', 'this'],
    ['a text with quotes, as JSON shows it', { key: 'a"b\nc' }, ['key'], '{"key":"a\\"b\\nc"}', '{"key":"[redacted]"}'],
    ['a text with quotes, plain', { key: 'a"b' }, ['key'], 'a"b', '[redacted]'],
    ['true, which is no secret', { key: true }, ['key'], 'true', 'true'],
    ['null, which is no secret', { key: null }, ['key'], 'null', 'null'],
    ['what lies within', { card: { no: ['4111', { cvc: 987 }] } }, ['card'], '4111 987', '[redacted] [redacted]'],
    ['the longer first', { a: 'secret', b: 'secret-two' }, ['a', 'b'], 'secret-two', '[redacted]'],
    ['another field stays', { a: 'secret', b: 'public' }, ['a'], 'secret public', '[redacted] public'],
    ['a field that is not there', { a: 'secret' }, ['b'], 'secret', 'secret'],
    ['a field of the prototype', {}, ['constructor'], 'function Object', 'function Object'],
    ['no input', undefined, ['a'], 'secret', 'secret'],
    ['an input of null', null, ['a'], 'secret', 'secret'],
    ['an input that is a text', 'secret', ['length'], 'secret 6', 'secret 6'],
    ['an input that is a list', ['secret'], ['0'], 'secret', 'secret'],
    ['an input that is a long text', 'x'.repeat(123), ['length'], '123 times', '123 times'],
  ])('%s', (_name, input, sensitive, text, scrubbed) => {
    expect(scrubberOf(input, sensitive)(text)).toBe(scrubbed)
  })

  it.each<[string, unknown, readonly string[], unknown]>([
    ['nothing', { a: 1 }, [], { a: 1 }],
    ['a field', { a: 1, b: 2 }, ['a'], { a: '[redacted]', b: 2 }],
    ['a field that is not there', { b: 2 }, ['a'], { b: 2 }],
    ['an input that is a text', 'text', ['length'], 'text'],
    ['an input of null', null, ['a'], null],
  ])('is shown blanked: %s', (_name, input, sensitive, shown) => {
    const before = structuredClone(input)
    expect(redactInput(input, sensitive)).toEqual(shown)
    expect(input).toEqual(before)
  })
})

describe('states', () => {
  it.each<[TaskState, boolean, boolean]>([
    ['QUEUED', false, false],
    ['STARTED', false, false],
    ['RETRY', false, false],
    ['SUCCESS', true, false],
    ['FAILURE', true, true],
    ['IGNORED', true, false],
    ['REVOKED', true, true],
    ['EXPIRED', true, true],
  ])('%s', (state, terminal, givesBack) => {
    expect([isTerminal(state), gaveKeyBack(state)]).toEqual([terminal, givesBack])
  })

  it.each<[TaskState, number | undefined, string]>([
    ['QUEUED', undefined, 'QUEUED'],
    ['QUEUED', 100, 'QUEUED'],
    ['QUEUED', 101, 'SCHEDULED'],
    ['RETRY', 101, 'RETRY'],
  ])('%s, available at %s, is shown at 100 as %s', (state, availableAt, shown) => {
    expect(visibleState(state, availableAt, 100)).toBe(shown)
  })
})

describe('lifetimes', () => {
  const graceMs = 7 * dayMs + dayMs / 2
  it.each([
    ['the latest copy of its message', 1, undefined, graceMs],
    ['its result', 8 * dayMs, undefined, 8 * dayMs],
    ['its key', 8 * dayMs, 9 * dayMs, 9 * dayMs],
    ['a key that ends sooner', 8 * dayMs, 1, 8 * dayMs],
  ])('a record outlives %s', (_name, resultTtlMs, keyUntil, untilMs) => {
    expect(expiresAtSeconds(0, resultTtlMs, keyUntil)).toBe(untilMs / 1_000)
  })

  it('whole seconds, later rather than sooner', () => {
    expect(expiresAtSeconds(1, 1, undefined)).toBe(graceMs / 1_000 + 1)
    expect(inputExpiresAtSeconds(0)).toBe((21 * dayMs + dayMs / 2) / 1_000)
    expect(inputExpiresAtSeconds(1)).toBe((21 * dayMs + dayMs / 2) / 1_000 + 1)
  })

  it('end at their instant', () => {
    expect([99, 100, 101, undefined].map((until) => isCurrent(until, 100))).toEqual([false, false, true, false])
  })
})

describe('keys of the table', () => {
  it('stand as they are: other versions read them', () => {
    expect(table.recordKey('id')).toBe('task#id')
    expect(table.recordSort).toBe('record')
    expect(table.inputSort('ref')).toBe('input#ref')
    expect(table.controlKey).toBe('control')
    expect(table.controlSort('main')).toBe('queue#main')
    expect(table.timeKey('main', 2 * dayMs - 1, 3)).toBe('main#1#3')
    expect(table.failureKey('main', 2 * dayMs - 1, 3)).toBe('main#1#3')
    expect(table.timeSort(1_767_225_600_000, 'id')).toBe('1767225600000#id')
    expect(table.timeSort(7, 'id')).toBe('0000000000007#id')
    expect(table.statisticsKey('main', 2 * dayMs, 3)).toBe('stats#main#2#3')
    expect(table.statisticsSort(1_767_225_600_000, 'hash')).toBe('b#05890752#hash')
    expect(table.namesKey('main')).toBe('stats#main')
    expect(table.namesSort('hash')).toBe('names#hash')
    expect([1, 25, 26, 1_000, undefined].map(table.statisticsShards)).toEqual([1, 1, 2, 8, 8])
    expect(table.statisticsTtlMs).toBe(14 * dayMs)
    expect(table.table).toEqual({
      partitionKey: 'pk',
      sortKey: 'sk',
      ttl: 'expiresAt',
      timeIndex: {
        name: 'byTime',
        partitionKey: 'timeKey',
        sortKey: 'timeSort',
        projected: ['task', 'tenant', 'tags', 'root', 'parent', 'schedule', 'workflow', 'priority'],
      },
      failureIndex: {
        name: 'byFailure',
        partitionKey: 'failureKey',
        sortKey: 'failureSort',
        projected: ['task', 'tenant', 'tags', 'fingerprint', 'errorName', 'errorText', 'reason', 'build', 'attempt'],
      },
    })
  })

  it('shards are few, the same for the same id, and all used', () => {
    const ids = Array.from({ length: 200 }, (_, index) => `id-${index}`)
    const shards = ids.map(table.shardOf)
    expect(new Set(shards)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7]))
    expect(ids.map(table.shardOf)).toEqual(shards)
    // sha1('id') begins with 0x87.
    expect(table.shardOf('id')).toBe(0x87 % 8)
  })
})
