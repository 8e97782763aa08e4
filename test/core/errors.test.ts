import { describe, expect, it } from 'vitest'
import { errorLimits } from '../../shared/core/defaults.ts'
import { errorText, fromErrorData, parseErrorData, toErrorData } from '../../shared/core/error-data.ts'
import * as errors from '../../shared/core/errors.ts'
import type { ErrorData } from '../../shared/core/record.ts'

const cause = new Error('the reason')

/** Codes are compared by programs, messages are read by people: both stand here in full. */
/** Made in the test, not while it is collected: a change to a class is then one that the test notices. */
const all: readonly (readonly [string, () => errors.CeleriacError, string, string, object])[] = [
  [
    'DefinitionError',
    () => new errors.DefinitionError('queues: none', { cause }),
    'definition',
    'queues: none',
    { cause },
  ],
  [
    'InputError',
    () =>
      new errors.InputError('work', [
        { message: 'Required', path: '' },
        { message: 'Too small', path: 'a.b' },
      ]),
    'input',
    "The input of task 'work' does not match its schema: Required; a.b: Too small.",
    {
      task: 'work',
      issues: [
        { message: 'Required', path: '' },
        { message: 'Too small', path: 'a.b' },
      ],
    },
  ],
  [
    'InputTooLargeError',
    () => new errors.InputTooLargeError('work', 11, 10),
    'input-too-large',
    "The input of task 'work' is 11 bytes when encoded, the limit is 10 bytes. Store the payload elsewhere (S3, a table) and pass a reference to it.",
    { bytes: 11, limit: 10 },
  ],
  [
    'EncodeError',
    () => new errors.EncodeError('items[3]', 'it is a symbol'),
    'encode',
    "The value at 'items[3]' cannot be encoded: it is a symbol. Use JSON values, Date, BigInt, Map, Set, Uint8Array, or an object with toJSON().",
    { path: 'items[3]' },
  ],
  [
    'EncodeError',
    () => new errors.EncodeError('', 'it is a symbol'),
    'encode',
    'The value cannot be encoded: it is a symbol. Use JSON values, Date, BigInt, Map, Set, Uint8Array, or an object with toJSON().',
    { path: '' },
  ],
  [
    'SupersededError',
    () => new errors.SupersededError('id'),
    'superseded',
    "Task id was enqueued again with the same key or task id since this handle was made. What is kept is the later task's: use the handle of the later enqueue, or app.result('id') for the latest.",
    { id: 'id' },
  ],
  [
    'ResultTooLargeError',
    () => new errors.ResultTooLargeError('work', 11, 10),
    'result-too-large',
    "The result of task 'work' is 11 bytes when encoded, the limit is 10 bytes. Store it elsewhere and return a reference to it.",
    {},
  ],
  [
    'IdempotencyConflictError',
    () => new errors.IdempotencyConflictError('work', 'id'),
    'idempotency-conflict',
    "Task 'work' was already enqueued with this key as id, with another input. Use another key, or wait for the key's time to live.",
    { id: 'id' },
  ],
  [
    'EnqueueError',
    () => new errors.EnqueueError('work', 'id', true, { cause }),
    'enqueue',
    "Task 'work' (id) could not be enqueued (the reason). It will not run; enqueue it again.",
    { id: 'id', maybeSent: true, mayRun: false, cause },
  ],
  [
    'EnqueueError',
    () => new errors.EnqueueError('work', 'id', false, { cause: 'no error', mayRun: true }),
    'enqueue',
    "Task 'work' (id) could not be enqueued. It may run all the same; enqueue it again with the same key or task id to be sure.",
    { id: 'id', maybeSent: false, mayRun: true, cause: 'no error' },
  ],
  [
    'EnqueueError',
    () => new errors.EnqueueError('work', 'id', false),
    'enqueue',
    "Task 'work' (id) could not be enqueued. It will not run; enqueue it again.",
    { maybeSent: false, mayRun: false },
  ],
  [
    'UnknownQueueError',
    () => new errors.UnknownQueueError('main', 'shop-main', { cause }),
    'unknown-queue',
    "Queue 'main' does not exist: expected an SQS queue named 'shop-main'. Deploy the app, or check its stage, CELERIAC_PREFIX and the region.",
    { cause },
  ],
  [
    'TableAccessError',
    () => new errors.TableAccessError('shop', 'eu-central-1', 'no rights.', { cause }),
    'table-access',
    "The table 'shop' at eu-central-1 cannot be used: no rights.",
    { table: 'shop', cause },
  ],
  [
    'TaskNotFoundError',
    () => new errors.TaskNotFoundError('id'),
    'task-not-found',
    "There is no task with id 'id'. It was never enqueued with a record, or its record has expired.",
    { id: 'id' },
  ],
  [
    'ResultTimeoutError',
    () => new errors.ResultTimeoutError('id', 500, 'RETRY'),
    'result-timeout',
    'Task id was still RETRY after 500 ms. It goes on; call get() again to wait longer.',
    { id: 'id' },
  ],
  [
    'ResultGoneError',
    () => new errors.ResultGoneError('id', 'SUCCESS', 'expired'),
    'result-gone',
    'Task id ended in SUCCESS, but its result is no longer kept: its resultTtl has passed.',
    { id: 'id', state: 'SUCCESS' },
  ],
  [
    'ResultGoneError',
    () => new errors.ResultGoneError('id', 'FAILURE', 'forgotten'),
    'result-gone',
    'Task id ended in FAILURE, but its result is no longer kept: it was forgotten.',
    { id: 'id', state: 'FAILURE' },
  ],
  [
    'TaskFailedError',
    () => new errors.TaskFailedError('id', 'work', 4, new errors.RemoteError({ name: 'TypeError', message: 'no' })),
    'task-failed',
    "Task 'work' (id) failed after 4 attempts: TypeError: no",
    { id: 'id', task: 'work', attempts: 4, cause: expect.objectContaining({ name: 'TypeError' }) },
  ],
  ['TaskRevokedError', () => new errors.TaskRevokedError('id'), 'task-revoked', 'Task id was revoked.', { id: 'id' }],
  [
    'TaskExpiredError',
    () => new errors.TaskExpiredError('id'),
    'task-expired',
    'Task id expired before a worker could start it.',
    { id: 'id' },
  ],
  [
    'WorkerLostError',
    () => new errors.WorkerLostError('id', 4),
    'worker-lost',
    'The worker running task id died 4 times in a row while it ran nothing else: it exited, ran out of memory, blocked the event loop, or was killed at its time-out.',
    {},
  ],
  [
    'WorkerLostError',
    () => new errors.WorkerLostError('id', 1, true),
    'worker-lost',
    'The worker running task id died while it ran other tasks, too. Any of them may have been the cause: this attempt does not count.',
    {},
  ],
  [
    'SoftTimeLimitExceededError',
    () => new errors.SoftTimeLimitExceededError(5),
    'soft-time-limit',
    'The soft time limit of 5 ms was exceeded.',
    {},
  ],
  [
    'TimeLimitExceededError',
    () => new errors.TimeLimitExceededError(5),
    'time-limit',
    'The time limit of 5 ms was exceeded.',
    {},
  ],
  [
    'MaxRetriesExceededError',
    () => new errors.MaxRetriesExceededError('work', 'id', 3),
    'max-retries',
    "Task 'work' (id) asked for another retry after 3 of 3.",
    {},
  ],
  [
    'UnknownTaskError',
    () => new errors.UnknownTaskError('gone'),
    'unknown-task',
    "No task named 'gone' is registered in this worker. Deploy a worker that has it, or keep an alias for the old name while its messages are in flight.",
    {},
  ],
  ['RejectError', () => new errors.RejectError(), 'rejected', 'rejected by the task', { requeue: false }],
  [
    'RejectError',
    () => new errors.RejectError('later', { requeue: true, cause }),
    'rejected',
    'later',
    { requeue: true, cause },
  ],
  ['IgnoreError', () => new errors.IgnoreError(), 'ignored', 'ignored by the task', {}],
  ['IgnoreError', () => new errors.IgnoreError('not mine'), 'ignored', 'not mine', {}],
  [
    'GetInsideTaskError',
    () => new errors.GetInsideTaskError(),
    'get-inside-task',
    'Waiting for a result inside a task is refused, since it can deadlock a queue. Return instead and let a follow-up task do the rest, or pass { allowInsideTask: true }.',
    {},
  ],
  [
    'LedgerUnavailableError',
    () => new errors.LedgerUnavailableError('silence', { cause }),
    'ledger-unavailable',
    'silence',
    { cause },
  ],
]

describe('an error of ours', () => {
  it.each(all)('%s', (name, make, code, message, fields) => {
    const error = make()
    expect(error).toBeInstanceOf(errors.CeleriacError)
    expect({ name: error.name, code: error.code, message: error.message }).toEqual({ name, code, message })
    expect(error).toMatchObject(fields)
  })

  it('stands here, every one', () => {
    const listed = new Set(all.map(([name]) => name))
    const classes = Object.keys(errors).filter((name) => !['CeleriacError', 'RemoteError'].includes(name))
    expect(classes.filter((name) => !listed.has(name))).toEqual([])
  })

  it('of an expired task is a kind of revoked', () => {
    expect(new errors.TaskExpiredError('id')).toBeInstanceOf(errors.TaskRevokedError)
  })

  it('of elsewhere is as it was recorded, and has no more', () => {
    const whole = new errors.RemoteError({ name: 'TypeError', message: 'no', stack: 'at a', code: 'E' }, { cause })
    expect(whole).toMatchObject({ name: 'TypeError', message: 'no', stack: 'at a', code: 'E', cause })
    const bare = new errors.RemoteError({ name: 'TypeError', message: 'no' })
    expect(bare.code).toBeUndefined()
    expect(bare.stack).toContain('errors.test.ts')
  })
})

/** A value that throws whatever is asked of it. */
function unlookable(): unknown {
  const refuse = (): never => {
    throw new Error('do not look')
  }
  return new Proxy({}, { get: refuse, has: refuse, getPrototypeOf: refuse, ownKeys: refuse })
}

/** An error of which one property throws. */
const hostile = (key: string) =>
  Object.defineProperty(Object.assign(new Error('x'), { stack: 'at a' }), key, {
    get: () => {
      throw 1
    },
  })

const nonError = (described: string) => ({
  name: 'NonError',
  message: `A value that is not an error was thrown: ${described}`,
})

describe('what is kept of what was thrown', () => {
  const told = (fields: object) => Object.assign(new TypeError('no'), { stack: 'at a' }, fields)

  it.each<[string, unknown, ErrorData]>([
    ['an error', told({}), { name: 'TypeError', message: 'no', stack: 'at a' }],
    ['an error with a code', told({ code: 'E' }), { name: 'TypeError', message: 'no', stack: 'at a', code: 'E' }],
    [
      'an error with a number for its code',
      told({ code: 7 }),
      { name: 'TypeError', message: 'no', stack: 'at a', code: '7' },
    ],
    ['an error with another code', told({ code: {} }), { name: 'TypeError', message: 'no', stack: 'at a' }],
    [
      'an error with a cause',
      told({ cause: told({ code: 'E' }) }),
      {
        name: 'TypeError',
        message: 'no',
        stack: 'at a',
        cause: { name: 'TypeError', message: 'no', stack: 'at a', code: 'E' },
      },
    ],
    [
      'an error whose cause is none',
      told({ cause: 7 }),
      { name: 'TypeError', message: 'no', stack: 'at a', cause: nonError('7') },
    ],
    ['an error with no stack', told({ stack: undefined }), { name: 'TypeError', message: 'no' }],
    ['an error of another realm', { name: 'DOMException', message: 'no' }, { name: 'DOMException', message: 'no' }],
    ['an error whose name throws', hostile('name'), { name: 'Error', message: 'x', stack: 'at a' }],
    ['an error whose message throws', hostile('message'), { name: 'Error', message: '', stack: 'at a' }],
    ['an error whose stack throws', hostile('stack'), { name: 'Error', message: 'x' }],
    ['an error whose cause throws', hostile('cause'), { name: 'Error', message: 'x', stack: 'at a' }],
    ['a text', 'oh', nonError('oh')],
    ['a number', 7, nonError('7')],
    ['nothing', undefined, nonError('undefined')],
    ['null', null, nonError('null')],
    ['a symbol', Symbol('oh'), nonError('Symbol(oh)')],
    ['an object', { message: 'no' }, nonError('{"message":"no"}')],
    ['an object with a name alone', { name: 'no' }, nonError('{"name":"no"}')],
    ['a list', [1], nonError('[1]')],
    ['a function', function named() {}, nonError("a function 'named'")],
    ['a function without a name', (() => () => {})(), nonError('a function')],
    ['a bigint', 7n, nonError('a bigint that cannot be described')],
    ['what cannot be looked at', unlookable(), nonError('a object that cannot be described')],
  ])('%s', (_name, thrown, data) => {
    expect(toErrorData(thrown)).toEqual(data)
  })

  it('an error whose cause cannot be looked at', () => {
    expect(toErrorData(told({ cause: unlookable() })).cause).toEqual(nonError('a object that cannot be described'))
  })

  it('its own fields, the first few, cut and scrubbed', () => {
    const scrub = (text: string) => text.replaceAll('secret', '[redacted]')
    const deep = { a: { b: 'secret' }, big: 7n, self: undefined as unknown }
    deep.self = deep
    const error = told({
      status: 400,
      retryable: false,
      none: null,
      hint: 'a secret',
      deep,
      run: () => {},
      code: 'secret',
    })
    expect(toErrorData(error, scrub)).toMatchObject({
      code: '[redacted]',
      fields: {
        status: 400,
        retryable: false,
        none: null,
        hint: 'a [redacted]',
        deep: '{"a":{"b":"[redacted]"},"big":"7","self":"[circular]"}',
      },
    })
    expect(toErrorData(told({ hint: 'x'.repeat(500) })).fields?.hint).toBe(`${'x'.repeat(errorLimits.field - 1)}…`)
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`f${index}`, index]))
    expect(Object.keys(toErrorData(told(many)).fields ?? {})).toHaveLength(errorLimits.fields)
    expect(fromErrorData(toErrorData(error))).toMatchObject({ status: 400, retryable: false })
  })

  it('the errors of an AggregateError, the first few, without their stacks', () => {
    const each = Array.from({ length: 9 }, (_, index) =>
      Object.assign(new Error(`no ${index}`), { code: 'ECONNREFUSED' }),
    )
    // As Node's own, when every address of a host refused: its message is empty.
    const data = toErrorData(Object.assign(new AggregateError(each, ''), { code: 'ECONNREFUSED' }))
    expect(data).toMatchObject({ name: 'AggregateError', message: '', code: 'ECONNREFUSED' })
    expect(data.errors).toEqual(
      Array.from({ length: errorLimits.errors }, (_, index) => ({
        name: 'Error',
        message: `no ${index}`,
        code: 'ECONNREFUSED',
      })),
    )
    expect(fromErrorData(data).errors?.[0]).toMatchObject({ message: 'no 0', code: 'ECONNREFUSED' })
    expect(errorText(Object.assign(new Error(''), { code: 'E' }))).toBe('E')
  })

  it('as much as a record has room for', () => {
    const wide = '\u0001'.repeat(9_000)
    let error = told({ message: wide, stack: wide })
    for (let depth = 0; depth < 9; depth++)
      error = told({ message: wide, stack: wide, cause: error, [`f${depth}`]: wide })
    const data = toErrorData(error)
    expect(data.message).toHaveLength(errorLimits.message)
    expect(Buffer.byteLength(JSON.stringify(data))).toBeLessThanOrEqual(errorLimits.bytes)
  })

  it('an error that is its own cause, once', () => {
    const error = told({})
    expect(toErrorData(Object.assign(error, { cause: error })).cause).toBeUndefined()
  })

  it('as many causes as fit', () => {
    let error = new Error('0')
    for (let depth = 1; depth < 10; depth++) error = new Error(String(depth), { cause: error })
    const messages: string[] = []
    for (let data: ErrorData | undefined = toErrorData(error); data !== undefined; data = data.cause)
      messages.push(data.message)
    expect(messages).toEqual(['9', '8', '7', '6', '5', '4'])
  })

  it.each<['name' | 'message' | 'stack' | 'code', number]>([
    ['name', 200],
    ['message', errorLimits.message],
    ['stack', errorLimits.stack],
    ['code', 200],
  ])('as much of its %s as fits: %i characters', (key, most) => {
    const whole = 'x'.repeat(most)
    expect(toErrorData(told({ [key]: whole }))[key]).toBe(whole)
    expect(toErrorData(told({ [key]: `${whole}x` }))[key]).toBe(`${'x'.repeat(most - 1)}…`)
  })

  it('as much of the description of what is no error', () => {
    expect(toErrorData('x'.repeat(5_000)).message).toHaveLength(errorLimits.message)
  })

  it('nothing that is to be scrubbed', () => {
    const scrub = (text: string) => text.replaceAll('secret', '[redacted]')
    const error = told({ message: 'a secret', stack: 'at secret', cause: 'the secret' })
    const data = toErrorData(error, scrub)
    expect(data).toMatchObject({ message: 'a [redacted]', stack: 'at [redacted]' })
    expect(data.cause?.message).toBe('A value that is not an error was thrown: the [redacted]')
  })

  it.each<[string, unknown, string]>([
    ['an error', new Error('no'), 'no'],
    ['an error whose message throws', hostile('message'), ''],
    ['a text', 'oh', 'oh'],
    ['a symbol', Symbol('oh'), 'Symbol(oh)'],
    ['an object', { a: 1 }, '{"a":1}'],
    ['what cannot be looked at', unlookable(), 'a object that cannot be described'],
  ])('in a log line: %s', (_name, thrown, text) => {
    expect(errorText(thrown)).toBe(text)
  })
})

describe('an error that was recorded', () => {
  it('is made again, with its causes', () => {
    const error = fromErrorData({
      name: 'TypeError',
      message: 'no',
      stack: 'at a',
      code: 'E',
      cause: { name: 'RangeError', message: 'why' },
    })
    expect(error).toBeInstanceOf(errors.RemoteError)
    expect(error).toMatchObject({ name: 'TypeError', message: 'no', stack: 'at a', code: 'E' })
    expect(error.cause).toBeInstanceOf(errors.RemoteError)
    expect(error.cause).toMatchObject({ name: 'RangeError', message: 'why' })
    expect(Object.hasOwn(error.cause as object, 'cause')).toBe(false)
  })

  it.each<[string, string, ErrorData]>([
    ['whole', '{"name":"TypeError","message":"no","code":"E"}', { name: 'TypeError', message: 'no', code: 'E' }],
    ['not JSON', 'half {', { name: 'Error', message: 'half {' }],
    ['null', 'null', { name: 'Error', message: 'null' }],
    ['a text', '"text"', { name: 'Error', message: '"text"' }],
    ['without a name', '{"message":"no"}', { name: 'Error', message: '{"message":"no"}' }],
    ['without a message', '{"name":"no"}', { name: 'Error', message: '{"name":"no"}' }],
  ])('is read whatever its text is: %s', (_name, text, data) => {
    expect(parseErrorData(text)).toEqual(data)
  })
})
