import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, expect, it, vi } from 'vitest'
import { defineApp } from '../../shared/core/app.ts'
import { type AttemptDeps, type AttemptOptions, callFunction, startAttempt } from '../../shared/core/attempt.ts'
import type { TaskContext } from '../../shared/core/context.ts'
import { hookLimitMs, maxResultBytes } from '../../shared/core/defaults.ts'
import { LedgerUnavailableError, TaskRevokedError } from '../../shared/core/errors.ts'
import type { Json } from '../../shared/core/json.ts'
import type { RunMiddleware, TaskHooks } from '../../shared/core/task.ts'
import { VirtualClock } from '../../shared/memory/virtual-clock.ts'

const startAt = 1_767_225_600_000

const facts: AttemptOptions = {
  id: 'id-1',
  queue: 'main',
  attempt: 3,
  maxRetries: 5,
  generation: 2,
  headers: { tenant: 'a' },
  enqueuedAt: startAt - 1_000,
  root: 'root-1',
  receiveCount: 4,
  local: false,
  timeLimitMs: 10_000,
  ignoreResult: false,
}

interface Given {
  readonly input?: Json
  readonly facts?: Partial<AttemptOptions>
  readonly hooks?: TaskHooks
  readonly middlewares?: readonly RunMiddleware[]
  readonly enter?: AttemptDeps['enter']
  readonly options?: object
}

type Run = (input: never, context: TaskContext) => unknown

/** Starts a run of a function on a virtual clock. */
function start(run: Run, given: Given = {}) {
  const clock = new VirtualClock(startAt)
  const definition = defineApp({ name: 'shop', queues: { main: {} } }).add('work', given.options ?? {}, run as never)
  const warn = vi.fn()
  const progress = vi.fn()
  const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() }
  const entered: unknown[] = []
  const attempt = startAttempt(
    definition,
    { hooks: given.hooks ?? {}, middlewares: given.middlewares ?? [] },
    given.input,
    { ...facts, ...given.facts },
    {
      now: () => clock.now(),
      timer: (delayMs, fire) => clock.timer(delayMs, fire),
      enter: (work) => {
        const result = (given.enter ?? ((each) => each()))(work)
        entered.push(result)
        return result
      },
      warn,
      progress,
    },
    log,
  )
  return { ...attempt, clock, warn, progress, log, entered, outcomeOf: () => clock.runUntilSettled(attempt.outcome) }
}

/** Ends when its signal tells it to. */
const listening: Run = (_input, { signal }) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

const deaf: Run = () => new Promise(() => {})

describe('an attempt', () => {
  it.each<[string, Run, object]>([
    [
      'returns',
      () => ({ a: [1, new Date(5)] }),
      { kind: 'returned', result: '{"a":[1,{"$":"date","v":"1970-01-01T00:00:00.005Z"}]}' },
    ],
    ['resolves', async () => 'later', { kind: 'returned', result: '"later"' }],
    ['returns nothing', () => undefined, { kind: 'returned', result: '' }],
    ['returns null', () => null, { kind: 'returned', result: 'null' }],
    [
      'throws',
      () => {
        throw new TypeError('no')
      },
      { kind: 'threw', error: new TypeError('no') },
    ],
    ['rejects', () => Promise.reject(new RangeError('late')), { kind: 'threw', error: new RangeError('late') }],
    [
      'throws no error',
      () => {
        throw 'text'
      },
      { kind: 'threw', error: 'text' },
    ],
    [
      'asks for a retry',
      (_input, context) => context.retry({ delay: '5s', maxRetries: 9 }),
      { kind: 'asked-retry', options: { delay: '5s', maxRetries: 9 } },
    ],
    ['asks for a retry without a word', (_input, context) => context.retry(), { kind: 'asked-retry', options: {} }],
    ['snoozes', (_input, context) => context.snooze('2m'), { kind: 'snoozed', delayMs: 120_000 }],
    ['snoozes back in time', (_input, context) => context.snooze(-1), { kind: 'snoozed', delayMs: 0 }],
    ['returns a function', () => () => 1, { kind: 'result-refused', error: { name: 'EncodeError', code: 'encode' } }],
  ])('that %s', async (_name, run, outcome) => {
    expect(await start(run).outcomeOf()).toMatchObject(outcome)
  })

  it.each([
    [
      'retry',
      (context: TaskContext) => context.retry({ delay: 'soon' as never }),
      "ctx.retry: delay: expected a number of seconds or a text such as '30s', '10m', '2h', received \"soon\".",
    ],
    [
      'snooze',
      (context: TaskContext) => context.snooze('soon' as never),
      "ctx.snooze: delay: expected a number of seconds or a text such as '30s', '10m', '2h', received \"soon\".",
    ],
  ])('that asks for a %s after no duration throws a DefinitionError', async (_name, ask, message) => {
    const outcome = await start((_input, context) => ask(context)).outcomeOf()
    expect(outcome).toMatchObject({ kind: 'threw', error: { name: 'DefinitionError', message } })
  })

  it('tells in its signals that they are to pass', async () => {
    const seen: Error[] = []
    const swallow = (ask: () => never) => {
      try {
        ask()
      } catch (error) {
        seen.push(error as Error)
      }
    }
    await start((_input, context) => {
      swallow(() => context.retry())
      swallow(() => context.snooze(1))
    }).outcomeOf()
    expect(seen.map(({ name, message }) => [name, message])).toEqual([
      [
        'RetrySignal',
        'The task asked to be retried. If you see this, a catch block swallowed ctx.retry(): rethrow it.',
      ],
      [
        'SnoozeSignal',
        'The task asked to be snoozed. If you see this, a catch block swallowed ctx.snooze(): rethrow it.',
      ],
    ])
  })

  it('whose result is as large as it may be returns; one byte more is refused with both sizes', async () => {
    const largest = 'x'.repeat(maxResultBytes - 2)
    expect(await start(() => largest).outcomeOf()).toMatchObject({ kind: 'returned' })
    expect(await start(() => `${largest}x`).outcomeOf()).toMatchObject({
      kind: 'result-refused',
      error: {
        name: 'ResultTooLargeError',
        code: 'result-too-large',
        message:
          "The result of task 'work' is 262145 bytes when encoded, the limit is 262144 bytes. Store it elsewhere and return a reference to it.",
      },
    })
  })

  it('whose result nobody wants returns none, whatever it is', async () => {
    const outcome = await start(() => () => 1, { facts: { ignoreResult: true } }).outcomeOf()
    expect(outcome).toEqual({ kind: 'returned', result: '' })
  })

  it('decodes its input, and none is undefined', async () => {
    const seen: unknown[] = []
    await start((input) => void seen.push(input), {
      input: { at: { $: 'date', v: '1970-01-01T00:00:00.000Z' } },
    }).outcomeOf()
    await start((input) => void seen.push(input)).outcomeOf()
    expect(seen).toEqual([{ at: new Date(0) }, undefined])
  })

  it.each<[string, Given]>([
    ['a tag that is none', { input: { $: 'other' } }],
    ['what its schema refuses', { input: 1, options: { input: schema(() => ({ issues: [{ message: 'no' }] })) } }],
  ])('does not run on %s', async (_name, given) => {
    const run = vi.fn()
    expect(await start(run, given).outcomeOf()).toMatchObject({ kind: 'input-refused', error: expect.any(Error) })
    expect(run).not.toHaveBeenCalled()
  })

  it.each<[string, (fail: () => never) => unknown]>([
    ['at once', (fail) => fail()],
    ['later', async (fail) => fail()],
  ])('is one that threw when its schema throws %s: that is no verdict on the input', async (_name, validate) => {
    const run = vi.fn()
    const broken = schema(
      () =>
        validate(() => {
          throw new Error('broken')
        }) as never,
    )
    expect(await start(run, { input: 1, options: { input: broken } }).outcomeOf()).toMatchObject({
      kind: 'threw',
      error: { message: 'broken' },
    })
    expect(run).not.toHaveBeenCalled()
  })

  it.each<[string, () => unknown]>([
    ['throws undefined', () => Promise.reject()],
    [
      'throws undefined at once',
      () => {
        throw undefined
      },
    ],
  ])('that %s threw an error of its own', async (_name, run) => {
    expect(await start(run).outcomeOf()).toMatchObject({
      kind: 'threw',
      error: { name: 'NonError', message: 'A value that is not an error was thrown: undefined' },
    })
  })

  it('runs on what its schema makes of the input', async () => {
    const run = vi.fn()
    await start(run, { input: 1, options: { input: schema((value) => ({ value: Number(value) + 1 })) } }).outcomeOf()
    expect(run).toHaveBeenCalledWith(2, expect.anything())
  })

  it('is entered, so that code below can tell whose it is', async () => {
    const attempt = start(() => 1)
    await attempt.outcomeOf()
    expect(attempt.entered).toHaveLength(1)
  })

  it('is entered with all that is its own: its schema, its hooks, its function, and what its result is made of', async () => {
    const scope = new AsyncLocalStorage<string>()
    const told: unknown[] = []
    const tell = (what: string) => void told.push([what, scope.getStore()])
    const later = async (what: string) => {
      await Promise.resolve()
      tell(what)
    }
    const validate = async (value: unknown) => {
      await later('schema')
      return { value }
    }
    const run = async () => {
      await later('function')
      return { toJSON: () => tell('result') }
    }
    const given = { input: 1, options: { input: schema(validate) }, hooks: { onStart: () => later('hook') } }
    await start(run, { ...given, enter: (work) => scope.run('the task', work) }).outcomeOf()
    expect(told).toEqual(['schema', 'hook', 'function', 'result'].map((what) => [what, 'the task']))
  })

  it.each([
    [
      'throws',
      () => {
        throw unlookable()
      },
      'threw',
    ],
    [
      'returns',
      () => ({
        toJSON() {
          throw unlookable()
        },
      }),
      'result-refused',
    ],
  ])('that %s what cannot be looked at ends with an error that can', async (_name, run, kind) => {
    const outcome = await start(run).outcomeOf()
    expect(outcome).toMatchObject({
      kind,
      error: { name: 'TypeError', message: 'A value was thrown that throws when it is looked at.' },
    })
  })
})

describe('the limits of an attempt', () => {
  it('soft: its signal says so, and it ends as it wants to', async () => {
    const attempt = start(listening, { facts: { softTimeLimitMs: 4_000 } })
    await attempt.clock.advance(3_999)
    expect(attempt.context.signal.aborted).toBe(false)
    expect(await attempt.outcomeOf()).toMatchObject({
      kind: 'threw',
      error: {
        name: 'SoftTimeLimitExceededError',
        code: 'soft-time-limit',
        message: 'The soft time limit of 4000 ms was exceeded.',
      },
    })
    expect(attempt.clock.now()).toBe(startAt + 4_000)
    expect(attempt.clock.pending).toBe(0)
  })

  it('hard: it ends although it is deaf, and its signal says so', async () => {
    const attempt = start(deaf)
    const ended = attempt.outcomeOf()
    expect(await ended).toMatchObject({
      kind: 'threw',
      error: {
        name: 'TimeLimitExceededError',
        code: 'time-limit',
        message: 'The time limit of 10000 ms was exceeded.',
      },
    })
    expect(attempt.clock.now()).toBe(startAt + 10_000)
    expect(attempt.context.signal.reason).toMatchObject({ name: 'TimeLimitExceededError' })
  })

  it('no longer stand when it has ended', async () => {
    const attempt = start(() => 1, { facts: { softTimeLimitMs: 4_000 } })
    await attempt.outcomeOf()
    expect(attempt.clock.pending).toBe(0)
    await attempt.clock.advance(20_000)
    expect(attempt.context.signal.aborted).toBe(false)
  })

  it('may be outlived by its code, which settles nothing', async () => {
    let finish = (_value: string) => {}
    const attempt = start(
      () =>
        new Promise((resolve) => {
          finish = resolve
        }),
    )
    const outcome = await attempt.outcomeOf()
    finish('late')
    await attempt.finished
    expect(await attempt.outcome).toBe(outcome)
    expect(outcome).toMatchObject({ kind: 'threw' })
  })
})

describe('an attempt that is told to stop', () => {
  const revoked = new TaskRevokedError('id-1')

  it.each<[string, Run, object]>([
    ['and throws then', listening, { kind: 'revoked' }],
    ['and is deaf', deaf, { kind: 'revoked' }],
    [
      'and returns all the same',
      (_input, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve('done'))),
      { kind: 'returned', result: '"done"' },
    ],
  ])('by a revocation, %s', async (_name, run, outcome) => {
    const attempt = start(run)
    await attempt.clock.settle()
    attempt.abort(revoked)
    expect(attempt.context.signal.reason).toBe(revoked)
    expect(await attempt.outcomeOf()).toEqual(outcome)
  })

  it('by anything else, and throws then, has thrown', async () => {
    const lost = new LedgerUnavailableError('lost')
    const attempt = start(listening)
    await attempt.clock.settle()
    attempt.abort(lost)
    expect(await attempt.outcomeOf()).toEqual({ kind: 'threw', error: lost })
  })

  it('by anything else, and is deaf, ends at its limit', async () => {
    const attempt = start(deaf)
    attempt.abort(new LedgerUnavailableError('lost'))
    expect(await attempt.outcomeOf()).toMatchObject({ kind: 'threw', error: { name: 'TimeLimitExceededError' } })
  })

  it('by an error that was not thrown into it, ends with that at once', async () => {
    const leaked = new RangeError('leaked')
    const attempt = start(deaf)
    attempt.fail(leaked)
    expect(await attempt.outcomeOf()).toEqual({ kind: 'threw', error: leaked })
    expect(attempt.clock.now()).toBe(startAt)
    expect(attempt.context.signal.reason).toBe(leaked)
  })

  it('by what cannot be looked at, ends with an error that can', async () => {
    const attempt = start(deaf)
    attempt.fail(unlookable())
    expect(await attempt.outcomeOf()).toMatchObject({ error: { name: 'TypeError' } })
  })
})

describe('the context of an attempt', () => {
  it('tells all that is known', async () => {
    const attempt = start(() => 1, {
      facts: {
        expires: startAt + 5,
        parent: 'parent-1',
        messageId: 'm',
        requestId: 'r',
        traceparent: 't',
        local: true,
      },
    })
    const { signal, log, retry, snooze, progress, remainingTimeMs, ...told } = attempt.context
    expect(told).toEqual({
      id: 'id-1',
      task: 'work',
      queue: 'main',
      attempt: 3,
      retries: 2,
      maxRetries: 5,
      generation: 2,
      timeLimit: 10,
      deadline: new Date(startAt + 10_000),
      headers: { tenant: 'a' },
      enqueuedAt: new Date(startAt - 1_000),
      expires: new Date(startAt + 5),
      root: 'root-1',
      parent: 'parent-1',
      receiveCount: 4,
      messageId: 'm',
      requestId: 'r',
      traceparent: 't',
      local: true,
    })
    expect(log).toBe(attempt.log)
    expect(remainingTimeMs()).toBe(10_000)
    await attempt.clock.advance(4_000)
    expect(remainingTimeMs()).toBe(6_000)
    await attempt.clock.advance(60_000)
    expect(remainingTimeMs()).toBe(0)
    progress({ done: 1 })
    expect(attempt.progress).toHaveBeenCalledExactlyOnceWith({ done: 1 })
  })

  it('tells what is not known as undefined', () => {
    const { context } = start(() => 1)
    expect(context).toMatchObject({
      expires: undefined,
      parent: undefined,
      messageId: undefined,
      requestId: undefined,
      traceparent: undefined,
    })
  })
})

describe('hooks', () => {
  it("are called before the run, the app's first, with the context", async () => {
    const order: string[] = []
    const contexts: TaskContext[] = []
    const attempt = start(() => void order.push('run'), {
      hooks: {
        onStart: async (context) => {
          contexts.push(context)
          order.push('app')
        },
      },
      options: {
        onStart: (context: TaskContext) => {
          contexts.push(context)
          order.push('task')
        },
      },
    })
    await attempt.outcomeOf()
    expect(order).toEqual(['app', 'task', 'run'])
    expect(contexts).toEqual([attempt.context, attempt.context])
    expect(attempt.warn).not.toHaveBeenCalled()
    expect(attempt.clock.pending).toBe(0)
  })

  it.each<[string, () => void | Promise<void>, string]>([
    [
      'throws',
      () => {
        throw new Error('broken')
      },
      'broken',
    ],
    ['rejects', () => Promise.reject(new Error('broken')), 'broken'],
    [
      'throws what cannot be looked at',
      () => {
        throw unlookable()
      },
      'A value was thrown that throws when it is looked at.',
    ],
    ['takes too long', () => new Promise(() => {}), `The time limit of ${hookLimitMs} ms was exceeded.`],
  ])('one that %s is told of, and changes nothing', async (_name, onStart, message) => {
    const attempt = start(() => 'done', { hooks: { onStart } })
    expect(await attempt.outcomeOf()).toEqual({ kind: 'returned', result: '"done"' })
    expect(attempt.warn).toHaveBeenCalledExactlyOnceWith(
      'The hook onStart failed; the task goes on.',
      expect.objectContaining({ message }),
    )
  })
})

describe('a lazy function', () => {
  const context = {} as TaskContext
  const loaded = (value: unknown, given: TaskContext) => [value, given]
  const call = (run: () => unknown) =>
    callFunction(defineApp({ name: 'shop', queues: { main: {} } }).add('lazy', {}, run as never), 7, context)

  it('is loaded, and called with the same', async () => {
    expect(await call(async () => ({ default: loaded }))).toEqual([7, context])
  })

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'default'],
    ['an object without one', { other: loaded }],
    ['an object whose default is no function', { default: 'loaded' }],
  ])('is none when it gives %s', async (_name, output) => {
    expect(await call(async () => output)).toBe(output)
  })

  it('is none when it takes an input', async () => {
    const module = { default: loaded }
    expect(await call(((_input: unknown) => module) as never)).toBe(module)
  })
})

function schema(validate: (value: unknown) => object) {
  return { '~standard': { version: 1 as const, vendor: 'test', validate } }
}

/** A value that throws whatever is asked of it. */
function unlookable(): unknown {
  const refuse = (): never => {
    throw new Error('do not look')
  }
  return new Proxy({}, { get: refuse, has: refuse, getPrototypeOf: refuse })
}

it('the context says how long the attempt may run, in seconds', async () => {
  const limits: Run = (_input, { timeLimit, softTimeLimit }) => [timeLimit, softTimeLimit ?? null]
  const given = { timeLimitMs: 5_000, softTimeLimitMs: 1_500 }
  expect(await start(limits, { facts: given }).outcomeOf()).toEqual({ kind: 'returned', result: '[5,1.5]' })
  expect(await start(limits, { facts: { timeLimitMs: 5_000 } }).outcomeOf()).toMatchObject({ result: '[5,null]' })
})

describe('middlewares', () => {
  it('wrap the function, the first one outermost', async () => {
    const seen: string[] = []
    const wrap =
      (name: string): RunMiddleware =>
      async (context, next) => {
        seen.push(`${name} before ${context.task}`)
        await next()
        seen.push(`${name} after`)
      }
    const run = start(() => seen.push('run') && 'done', { middlewares: [wrap('a'), wrap('b')] })
    expect(await run.outcomeOf()).toEqual({ kind: 'returned', result: '"done"' })
    expect(seen).toEqual(['a before work', 'b before work', 'run', 'b after', 'a after'])
  })

  const twice: RunMiddleware = async (_context, next) => {
    await next()
    await next()
  }

  it.each<[string, RunMiddleware, object]>([
    ['that throws ends the run as the function would', () => Promise.reject(new RangeError('no')), { kind: 'threw' }],
    ['that does not call the function leaves no result', async () => {}, { kind: 'returned', result: '' }],
    ['that calls the function twice is refused', twice, { kind: 'threw', error: { message: /second/ } }],
  ])('one %s', async (_name, middleware, outcome) => {
    const error =
      'error' in outcome ? { error: expect.objectContaining({ message: expect.stringMatching(/second/) }) } : {}
    expect(await start(() => 1, { middlewares: [middleware] }).outcomeOf()).toMatchObject({ ...outcome, ...error })
  })

  it('see what the function throws, and ctx.retry() passes through', async () => {
    const seen: unknown[] = []
    const watch: RunMiddleware = (_context, next) =>
      next().catch((error) => {
        seen.push(error)
        throw error
      })
    const run = start((_input, context) => context.retry({ delay: 5 }), { middlewares: [watch] })
    expect(await run.outcomeOf()).toEqual({ kind: 'asked-retry', options: { delay: 5 } })
    expect(seen).toHaveLength(1)
  })
})

describe('ctx.retry() and ctx.snooze() that the code catches', () => {
  const swallow =
    (ask: (context: TaskContext) => never, then: () => unknown): Run =>
    (_input, context) => {
      try {
        ask(context)
      } catch {
        return then()
      }
    }
  const fails = () => {
    throw new Error('afterwards')
  }

  it.each<[string, Run, object, string]>([
    [
      'a retry, then a result',
      swallow(
        (context) => context.retry({ delay: 5 }),
        () => 1,
      ),
      { kind: 'asked-retry' },
      'retry',
    ],
    [
      'a snooze, then a result',
      swallow(
        (context) => context.snooze(5),
        () => 1,
      ),
      { kind: 'snoozed', delayMs: 5_000 },
      'snooze',
    ],
    ['a retry, then an error', swallow((context) => context.retry(), fails), { kind: 'asked-retry' }, 'retry'],
  ])('hold, with a warning: %s', async (_name, run, outcome, method) => {
    const attempt = start(run)
    expect(await attempt.outcomeOf()).toMatchObject(outcome)
    expect(attempt.warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(`ctx.${method}()`))
  })
})

describe('a blocked event loop', () => {
  const limited = { facts: { timeLimitMs: 5_000 } }

  it('ends the run that blocked it as one over its limit', async () => {
    let block = () => {}
    const attempt = start(() => block(), limited)
    // The clock moves on while the code has the event loop: no timer fires.
    block = () => void attempt.clock.stall(12_000)
    expect(await attempt.outcomeOf()).toMatchObject({ kind: 'threw', error: { name: 'TimeLimitExceededError' } })
  })

  it('gives its neighbour the time that it could not use', async () => {
    let answer: (value: string) => void = () => {}
    const attempt = start(() => new Promise((resolve) => (answer = resolve)), limited)
    await attempt.clock.advance(1_000)
    attempt.clock.stall(12_000)
    await attempt.clock.advance(1)
    answer('late')
    expect(await attempt.outcomeOf()).toEqual({ kind: 'returned', result: '"late"' })
  })

  it('does not give it for ever', async () => {
    const attempt = start(deaf, limited)
    await attempt.clock.advance(1_000)
    attempt.clock.stall(12_000)
    expect(await attempt.outcomeOf()).toMatchObject({ kind: 'threw', error: { name: 'TimeLimitExceededError' } })
    expect(attempt.clock.now() - startAt).toBe(21_000)
  })

  it('hands its neighbour back when the invocation has no time left', async () => {
    const attempt = start(deaf, { facts: { timeLimitMs: 5_000, latestEndAt: startAt + 10_000 } })
    await attempt.clock.advance(1_000)
    attempt.clock.stall(12_000)
    expect(await attempt.outcomeOf()).toEqual({ kind: 'handed-back' })
  })
})
