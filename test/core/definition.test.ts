import { describe, expect, it } from 'vitest'
import { type AppOptions, defineApp, timesOf } from '../../shared/core/app.ts'
import { retentionMs } from '../../shared/core/defaults.ts'
import { DefinitionError } from '../../shared/core/errors.ts'
import { deadQueueName, prefixOf, queueName, routeOf, tableName } from '../../shared/core/names.ts'
import { longestTaskMs, type QueueOptions, queueTimes, resolveQueue } from '../../shared/core/queue.ts'
import { checkLimits, resolveTask, type TaskDefaults, type TaskOptions } from '../../shared/core/task.ts'

/** The message of the error, which must be a DefinitionError. */
function refusal(define: () => unknown): string {
  try {
    define()
  } catch (error) {
    expect(error).toBeInstanceOf(DefinitionError)
    expect(error).toMatchObject({ name: 'DefinitionError', code: 'definition' })
    return (error as Error).message
  }
  throw new Error('It was not refused.')
}

const run = () => 1
const app = (options: Partial<AppOptions<string>> = {}) => defineApp({ name: 'shop', queues: { main: {} }, ...options })
const queues = { main: resolveQueue('main', {}) }
const task = (options: object = {}, defaults: TaskDefaults = {}, name = 'work', known = queues) =>
  resolveTask({ name, options: options as TaskOptions<never>, run, defaults, queues: known })

describe('an app', () => {
  it('has its options, with defaults', () => {
    const { add, addSchedule, implement, use, ...shop } = app()
    expect(shop).toEqual({
      name: 'shop',
      stage: undefined,
      prefix: 'shop',
      queues: { main: resolveQueue('main', {}) },
      tasks: new Map(),
      hooks: {},
      middlewares: [],
      defaults: {},
      schedules: new Map(),
      parks: false,
    })
    const hooks = { onStart: () => {} }
    const defaults = { timeLimit: 5 }
    expect(app({ stage: 'dev', hooks, defaults })).toMatchObject({ stage: 'dev', prefix: 'shop-dev', hooks, defaults })
  })

  const name = (received: string, option = 'name') =>
    `createApp: ${option}: expected 1 to 40 letters, digits, '-' or '_', not starting with '-' or '_', received ${received}. It becomes part of queue and table names.`
  const short = (received: string) =>
    `createApp: name: expected at least 3 characters together with the stage, received '${received}'. It is the table's name.`
  const noQueues = 'createApp: queues: expected at least one, received none. For example { default: {} }.'
  const queue = (received: string, full: string, length: number) =>
    `queues.${received}: expected letters, digits, '-' or '_', not ending in '-dead', and at most 80 characters as '${full}', received ${length}. Choose a shorter or plainer name.`

  it.each<[string, object, string]>([
    ['no name', { name: undefined }, name('undefined')],
    ['an empty name', { name: '' }, name('""')],
    ['a name that begins with a dash', { name: '-shop' }, name('"-shop"')],
    ['a name that begins with an underscore', { name: '_shop' }, name('"_shop"')],
    ['a name with a dot', { name: 'sh.op' }, name('"sh.op"')],
    ['a name that is too long', { name: 'a'.repeat(41) }, name(`"${'a'.repeat(41)}"`)],
    ['a name that is a list', { name: ['shop'] }, name('["shop"]')],
    ['an empty stage', { stage: '' }, name('""', 'stage')],
    ['a stage with a slash', { stage: 'pr/42' }, name('"pr/42"', 'stage')],
    ['a name that is too short for a table', { name: 'ab' }, short('ab')],
    ['no queues', { queues: {} }, noQueues],
    ['queues left out', { queues: undefined }, noQueues],
    [
      'a FIFO queue',
      { queues: { 'orders.fifo': {} } },
      "queues.orders.fifo: FIFO queues are not supported, received a name that ends in '.fifo'. Use a standard queue: claims already prevent double runs.",
    ],
    ['a queue with a dot', { queues: { 'a.b': {} } }, queue('a.b', 'shop-a.b-dead', 13)],
    ['a queue without a name', { queues: { '': {} } }, queue('', 'shop--dead', 10)],
    ['a queue that is called dead', { queues: { 'main-dead': {} } }, queue('main-dead', 'shop-main-dead-dead', 19)],
    [
      'a queue whose name is too long',
      { queues: { ['q'.repeat(71)]: {} } },
      queue('q'.repeat(71), `shop-${'q'.repeat(71)}-dead`, 81),
    ],
  ])('with %s is refused', (_name, options, message) => {
    expect(refusal(() => app(options))).toBe(message)
  })

  it('takes the longest and the shortest names', () => {
    expect(app({ name: 'a'.repeat(40) }).prefix).toBe('a'.repeat(40))
    expect(app({ name: 'abc' }).prefix).toBe('abc')
    expect(app({ name: 'a', stage: 'b' }).prefix).toBe('a-b')
    expect(app({ name: 'A-1_z', stage: '0_-Z' }).prefix).toBe('A-1_z-0_-Z')
    expect(Object.keys(app({ queues: { ['q'.repeat(70)]: {}, 'dead-not': {}, '-': {} } }).queues)).toHaveLength(3)
  })

  it('knows its tasks by name, each once, and lends a contract its function', () => {
    const shop = app()
    const added = shop.add('mail', { timeLimit: 7 }, undefined)
    expect([...shop.tasks]).toEqual([['mail', added]])
    expect(added).toMatchObject({ name: 'mail', queue: 'main', timeLimitMs: 7_000, run: undefined })
    expect(refusal(() => shop.add('mail', {}, run))).toBe(
      "app.task: name: 'mail' is already defined. Names are what messages carry: choose another.",
    )
    expect(refusal(() => shop.implement('other', run))).toBe("implement: expected a defined task, received 'other'.")
    const whole = shop.implement('mail', run)
    expect(whole).toEqual({ ...added, run })
    expect(shop.tasks.get('mail')).toBe(whole)
    expect(refusal(() => shop.implement('mail', run))).toBe("implement: task 'mail' already has its function.")
  })

  it('tells SQS the times of a queue by the tasks that are routed to it', () => {
    const shop = app({ queues: { main: {}, off: {} } })
    shop.add('fast', { queue: 'off', ledger: 'off' }, run)
    shop.add('sure', { queue: 'main' }, run)
    expect(timesOf(shop, 'main').visibilityMs).toBe(90_000)
    expect(timesOf(shop, 'off').visibilityMs).toBe(360_000)
    expect(refusal(() => timesOf(shop, 'none'))).toBe("queue: expected one of main, off, received 'none'.")
  })
})

describe('names', () => {
  it('are made of each other', () => {
    expect(prefixOf('shop', undefined)).toBe('shop')
    expect(prefixOf('shop', 'dev')).toBe('shop-dev')
    expect(queueName('shop', 'main')).toBe('shop-main')
    expect(deadQueueName('shop', 'main')).toBe('shop-main-dead')
    expect(tableName('shop-dev')).toBe('shop-dev')
  })

  it.each<[string, string | undefined]>([
    ['arn:aws:sqs:us-east-1:123456789012:shop-main', 'main'],
    ['shop-main', 'main'],
    ['shop-main-dead', 'main-dead'],
    ['shop-', ''],
    ['shop', undefined],
    ['shopping-main', undefined],
    ['my-shop-main', undefined],
    ['arn:aws:sqs:us-east-1:123456789012:other-shop-main', undefined],
  ])('the route of %s', (name, route) => {
    expect(routeOf('shop', name)).toBe(route)
  })
})

describe('a queue', () => {
  const queue = (options: object = {}) => resolveQueue('main', options as QueueOptions)

  it('has its options, with defaults', () => {
    expect(queue()).toEqual({
      name: 'main',
      concurrency: undefined,
      batchSize: 10,
      batchWindowMs: 0,
      parallelism: 10,
      timeoutMs: 60_000,
      memoryMb: 512,
    })
    expect(
      queue({ concurrency: 5, batchSize: 8, batchWindow: '3s', parallelism: 2, timeout: '2m', memory: 1_024 }),
    ).toEqual({
      name: 'main',
      concurrency: 5,
      batchSize: 8,
      batchWindowMs: 3_000,
      parallelism: 2,
      timeoutMs: 120_000,
      memoryMb: 1_024,
    })
    expect(queue({ batchSize: 4 }).parallelism).toBe(4)
  })

  it.each<[string, object, object]>([
    ['concurrency', { concurrency: 2 }, { concurrency: 1_000 }],
    ['batchSize', { batchSize: 1 }, { batchSize: 10 }],
    ['batchWindow', { batchWindow: 0 }, { batchWindow: 300 }],
    ['parallelism', { parallelism: 1 }, { parallelism: 10 }],
    ['timeout', { timeout: 1 }, { timeout: '12h' }],
    ['memory', { memory: 128 }, { memory: 10_240 }],
  ])('takes the least and the most %s', (_option, least, most) => {
    expect(queue(least)).toBeDefined()
    expect(queue(most)).toBeDefined()
  })

  const range = (option: string, least: number, most: number, received: string) =>
    `queues.main.${option}: expected a whole number from ${least} to ${most}, received ${received}.`
  it.each<[string, object, string]>([
    [
      'an option that is none',
      { fifo: true },
      'queues.main.fifo: no such option. Known: concurrency, batchSize, batchWindow, parallelism, timeout, memory.',
    ],
    ['concurrency 1', { concurrency: 1 }, range('concurrency', 2, 1_000, '1')],
    ['concurrency 1001', { concurrency: 1_001 }, range('concurrency', 2, 1_000, '1001')],
    ['batchSize 0', { batchSize: 0 }, range('batchSize', 1, 10, '0')],
    ['batchSize 11', { batchSize: 11 }, range('batchSize', 1, 10, '11')],
    ['batchSize 1.5', { batchSize: 1.5 }, range('batchSize', 1, 10, '1.5')],
    ['batchSize as a text', { batchSize: '5' }, range('batchSize', 1, 10, '5')],
    ['a batchWindow below 0', { batchWindow: '-1s' }, range('batchWindow in seconds', 0, 300, '-1')],
    ['a batchWindow of 301 s', { batchWindow: 301 }, range('batchWindow in seconds', 0, 300, '301')],
    ['parallelism 0', { parallelism: 0 }, range('parallelism', 1, 10, '0')],
    ['parallelism above batchSize', { batchSize: 3, parallelism: 4 }, range('parallelism', 1, 3, '4')],
    ['a timeout of 0', { timeout: 0 }, range('timeout in seconds', 1, 43_200, '0')],
    ['a timeout above 12 h', { timeout: 43_201 }, range('timeout in seconds', 1, 43_200, '43201')],
    ['a timeout of 1500 ms', { timeout: '1500ms' }, range('timeout in seconds', 1, 43_200, '1.5')],
    ['memory 127', { memory: 127 }, range('memory', 128, 10_240, '127')],
    ['memory 10241', { memory: 10_241 }, range('memory', 128, 10_240, '10241')],
    [
      'a timeout that is no duration',
      { timeout: 'soon' },
      "queues.main.timeout: expected a number of seconds or a text such as '30s', '10m', '2h', received \"soon\".",
    ],
    [
      'a batchWindow that is no duration',
      { batchWindow: '1y' },
      "queues.main.batchWindow: expected a number of seconds or a text such as '30s', '10m', '2h', received \"1y\".",
    ],
  ])('with %s is refused', (_name, options, message) => {
    expect(refusal(() => queue(options))).toBe(message)
  })

  it.each<[QueueOptions, number]>([
    [{}, 58_000],
    [{ timeout: 1 }, 500],
    [{ timeout: 6 }, 5_400],
    [{ timeout: 20 }, 18_000],
    [{ timeout: 30 }, 28_000],
    [{ timeout: 60, parallelism: 4 }, 19_333],
    [{ timeout: 60, parallelism: 5 }, 29_000],
    [{ timeout: 60, parallelism: 1 }, 5_800],
  ])('%j lets a task run for %i ms', (options, longest) => {
    expect(longestTaskMs(queue(options))).toBe(longest)
  })

  it('all of what SQS is told', () => {
    expect(queueTimes(queue({ batchWindow: 5 }), false)).toEqual({
      visibilityMs: 95_000,
      containerVisibilityMs: 60_000,
      retentionMs: 604_800_000,
      deadRetentionMs: 1_209_600_000,
      maxReceiveCount: 1_000,
    })
    expect(queueTimes(queue({ timeout: 900 }), true)).toMatchObject({
      containerVisibilityMs: 5_400_000,
      maxReceiveCount: Math.floor(retentionMs / 10_800_000),
    })
  })
})

describe('a task', () => {
  it('has its options, with defaults', () => {
    expect(task()).toEqual({
      name: 'work',
      queue: 'main',
      input: undefined,
      retry: {
        automatic: true,
        maxRetries: 3,
        delayMs: 10_000,
        backoff: 'exponential',
        factor: 2,
        maxDelayMs: 600_000,
        jitter: true,
        on: undefined,
        notOn: [],
      },
      timeLimitMs: 58_000,
      softTimeLimitMs: undefined,
      expiresMs: undefined,
      idempotencyKey: undefined,
      idempotencyTtlMs: 86_400_000,
      resultTtlMs: 86_400_000,
      ledger: 'full',
      tenant: undefined,
      tags: [],
      throws: [],
      sensitive: [],
      ignoreResult: false,
      hooks: {},
      run,
    })
  })

  it('has its own options before the app’s, and the app’s before the defaults', () => {
    const defaults: TaskDefaults = {
      queue: 'main',
      retry: false,
      timeLimit: 20,
      softTimeLimit: 10,
      expires: '1h',
      idempotencyTtl: '2h',
      resultTtl: '3h',
      ledger: 'off',
      ignoreResult: true,
    }
    const two = { main: resolveQueue('main', {}), other: resolveQueue('other', {}) }
    expect(task({}, defaults, 'work', two)).toMatchObject({
      queue: 'main',
      retry: { automatic: false },
      timeLimitMs: 20_000,
      softTimeLimitMs: 10_000,
      expiresMs: 3_600_000,
      idempotencyTtlMs: 7_200_000,
      resultTtlMs: 10_800_000,
      ledger: 'off',
      ignoreResult: true,
    })
    const own = {
      queue: 'other',
      retry: { maxRetries: 1 },
      timeLimit: 9,
      softTimeLimit: 8,
      expires: 7,
      idempotencyTtl: 6,
      resultTtl: 5,
      ledger: 'full',
      ignoreResult: false,
      idempotencyKey: () => 'key',
      sensitive: ['card'],
    }
    expect(task(own, defaults, 'work', two)).toMatchObject({
      queue: 'other',
      retry: { automatic: true, maxRetries: 1 },
      timeLimitMs: 9_000,
      softTimeLimitMs: 8_000,
      expiresMs: 7_000,
      idempotencyTtlMs: 6_000,
      resultTtlMs: 5_000,
      ledger: 'full',
      ignoreResult: false,
      idempotencyKey: own.idempotencyKey,
      sensitive: ['card'],
    })
  })

  it('lists what it throws and keeps its hooks', () => {
    expect(task({ throws: TypeError }).throws).toEqual([TypeError])
    expect(task({ throws: [TypeError, 'Other'] }).throws).toEqual([TypeError, 'Other'])
    const hooks = {
      onStart: () => {},
      onSuccess: () => {},
      onRetry: () => {},
      onFailure: () => {},
      onSettled: () => {},
    }
    expect(task(hooks).hooks).toEqual(hooks)
    for (const [name, hook] of Object.entries(hooks)) expect(task({ [name]: hook }).hooks).toEqual({ [name]: hook })
  })

  it.each(['a', '_', '9', 'emails.send', 'a-b:c/d_e', 'x'.repeat(128)])('may be called %s', (name) => {
    expect(task({}, {}, name).name).toBe(name)
  })

  it.each([
    ['', '""'],
    ['-a', '"-a"'],
    ['.a', '".a"'],
    ['a b', '"a b"'],
    ['é', '"é"'],
    ['a\n', '"a\\n"'],
    [7 as unknown as string, '7'],
    [['a'] as unknown as string, '["a"]'],
    ['x'.repeat(129), `"${'x'.repeat(129)}"`],
  ])('may not be called %s', (name, received) => {
    expect(refusal(() => task({}, {}, name))).toBe(
      `app.task: name: expected up to 128 letters, digits, '.', '_', ':', '/' or '-', starting with a letter, digit or '_', received ${received}.`,
    )
  })

  const two = { main: resolveQueue('main', {}), other: resolveQueue('other', {}) }
  it.each<[string, object, typeof queues, string]>([
    [
      'an option that is none',
      { retries: 3 },
      queues,
      "task 'work': retries: no such option. Known: queue, input, output, retry, timeLimit, softTimeLimit, expires, idempotencyKey, idempotencyTtl, resultTtl, ledger, tenant, tags, throws, sensitive, ignoreResult, onStart, onSuccess, onRetry, onFailure, onSettled.",
    ],
    ['an unknown queue', { queue: 'mian' }, queues, "task 'work': queue: expected one of 'main', received 'mian'."],
    [
      'a queue that only objects know',
      { queue: 'constructor' },
      queues,
      "task 'work': queue: expected one of 'main', received 'constructor'.",
    ],
    ['no queue of two', {}, two, "task 'work': queue: expected one of 'main', 'other', received none."],
    [
      'a time limit beyond its queue’s',
      { timeLimit: '58001ms' },
      queues,
      "task 'work': timeLimit: expected at most 58000 ms, received 58001 ms. A full batch of queue 'main' (10 messages, 10 at a time, time-out 60000 ms) could never finish. Raise the queue's timeout or parallelism, or lower its batchSize.",
    ],
    [
      'a soft limit beyond its hard one',
      { timeLimit: 5, softTimeLimit: '5001ms' },
      queues,
      "task 'work': softTimeLimit must be less than or equal to timeLimit: expected at most 5000 ms, received 5001 ms.",
    ],
    ['another ledger', { ledger: 'on' }, queues, "task 'work': ledger: expected 'full' or 'off', received \"on\"."],
    [
      'a key, but no table',
      { ledger: 'off', idempotencyKey: () => 'key' },
      queues,
      "task 'work': idempotencyKey: needs ledger 'full', received ledger 'off'. Keys are kept in the table.",
    ],
    ['a time limit of 0', { timeLimit: 0 }, queues, "task 'work': timeLimit: expected more than 0, received 0."],
    [
      'a soft limit below 0',
      { softTimeLimit: '-1s' },
      queues,
      'task \'work\': softTimeLimit: expected more than 0, received "-1s".',
    ],
    ['no time to expire', { expires: 0 }, queues, "task 'work': expires: expected more than 0, received 0."],
    [
      'no time for its key',
      { idempotencyTtl: 0 },
      queues,
      "task 'work': idempotencyTtl: expected more than 0, received 0.",
    ],
    ['no time for its result', { resultTtl: 0 }, queues, "task 'work': resultTtl: expected more than 0, received 0."],
    [
      'a retry that is none',
      { retry: { maxRetries: -1 } },
      queues,
      "task 'work': retry.maxRetries: expected a whole number of 0 or more, or null for no end, received -1.",
    ],
  ])('with %s is refused', (_name, options, known, message) => {
    expect(refusal(() => task(options, {}, 'work', known))).toBe(message)
  })

  it('may use up its limits', () => {
    expect(task({ timeLimit: 58 }).timeLimitMs).toBe(58_000)
    expect(task({ timeLimit: '1ms', softTimeLimit: '1ms' }).softTimeLimitMs).toBe(1)
    expect(() => checkLimits('call', undefined, 1)).not.toThrow()
    expect(refusal(() => checkLimits('call', 2, 1))).toContain('call: softTimeLimit must be less than')
  })
})
