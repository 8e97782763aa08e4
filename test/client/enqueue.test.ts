import {
  type CallOptions,
  createApp,
  DefinitionError,
  EncodeError,
  EnqueueError,
  InputError,
  InputTooLargeError,
  UnknownQueueError,
} from 'celeriac'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { currentTask } from '../../shared/protocol/current-task.ts'
import { fixture, start } from './world.ts'

const uuid7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe('delay', () => {
  it('writes a record, sends a message that claims it, and the worker runs it', async () => {
    const { plain, messages, record, work, runs, settled, telemetry } = fixture()
    const handle = await plain.delay({ x: 21 })
    expect(handle.id).toMatch(uuid7)
    expect(handle.deduplicated).toBe(false)
    const [message] = messages()
    expect(message).toEqual({
      celeriac: 1,
      id: handle.id,
      generation: 0,
      v: 1,
      task: 'plain',
      input: { x: 21 },
      sentAt: start,
    })
    expect(await record(handle.id)).toMatchObject({ state: 'QUEUED', v: 1, queue: 'emails', input: '{"x":21}' })
    await work()
    expect(runs).toEqual([{ id: handle.id, x: 21, attempt: 1, generation: 0 }])
    expect(await settled(handle.get())).toEqual({ doubled: 42 })
    expect(telemetry.storyOf(handle.id)).toEqual(['queued', 'started', 'succeeded'])
  })

  it('A1: a direct call runs here and sends nothing', async () => {
    const { plain, messages, runs } = fixture()
    expect(await plain({ x: 1 })).toEqual({ doubled: 2 })
    expect(runs).toHaveLength(1)
    expect(messages()).toEqual([])
  })

  it('A23: wrong arguments are refused at the call, and nothing is sent', async () => {
    const { plain, keyed, messages, rejection } = fixture()
    for (const call of [
      () => plain({} as never),
      () => plain({ x: '5' } as never),
      () => plain.delay({} as never),
      () => plain.delay({ x: 5, mode: 'wrong' } as never),
      () => keyed.delay(undefined as never),
      () => plain.apply({} as never),
    ]) {
      expect(await rejection(call())).toBeInstanceOf(InputError)
    }
    expect(messages()).toEqual([])
    const error = (await rejection(plain.delay({ x: 'five' } as never))) as InputError
    expect(error).toMatchObject({ code: 'input', task: 'plain', issues: [{ path: 'x' }] })
    expect(error.message).toContain("'plain'")
  })

  it('A41: text of any script comes through', async () => {
    const { app, world, settled, work } = fixture()
    const echo = app.task('echo', { queue: 'emails' }, async (text: string) => text)
    for (const text of ['håå®ƒ valmuefrø', '\u0000\u0001', '\uD800 lone', '\uFFFE\uFFFF', '👩‍👩‍👧', '__proto__']) {
      const handle = await echo.delay(text)
      await work()
      expect(await settled(handle.get())).toBe(text)
    }
    expect(world.telemetry.ofType('failed')).toEqual([])
  })

  it('sends the caller’s value as it was at the call, not the schema’s output', async () => {
    const { app, messages } = fixture()
    const seen: unknown[] = []
    const slowSchema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: async (value: unknown) => {
          await Promise.resolve()
          return { value: { ...(value as object), parsed: true } }
        },
        types: undefined as unknown as { input: { list: number[] }; output: { list: number[]; parsed: boolean } },
      },
    } as const
    const task = app.task('slow-schema', { queue: 'emails', input: slowSchema }, (input) => void seen.push(input))
    const input = { list: [1] }
    const sending = task.delay(input)
    input.list.push(2)
    await sending
    expect(messages().map((message) => message.input)).toEqual([{ list: [1] }])
  })

  it('says nothing of what a validator quotes of a sensitive field', async () => {
    const { app, rejection } = fixture()
    const quoting = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value: unknown) => ({
          issues: [
            { message: `received ${JSON.stringify(value)}`, path: ['card', 'number'] },
            { message: 'too old', path: ['age'] },
          ],
        }),
      },
    } as const
    const task = app.task('quoting', { queue: 'emails', input: quoting, sensitive: ['card'] as never }, () => {})
    const error = (await rejection(task.delay({ card: { number: '4111' }, age: 7 }))) as InputError
    expect(error.message).not.toContain('4111')
    expect(error.message).toContain('age: too old')
  })

  it('keeps a large input in an item of its own, and gives it to the worker', async () => {
    const { plain, record, ports, work, settled } = fixture()
    const note = 'n'.repeat(2_000)
    const handle = await plain.delay({ x: 1, note })
    const stored = await record(handle.id)
    expect(stored.input).toBeUndefined()
    const [body] = await ports.inputs.read([{ id: handle.id, ref: stored.inputRef ?? '' }])
    expect(JSON.parse(body ?? '')).toEqual({ x: 1, note })
    await work()
    expect(await settled(handle.get())).toEqual({ doubled: 2 })
  })

  it('takes inputs up to 256 KB of encoded bytes, and says both sizes of a larger one', async () => {
    const { app, rejection, messages } = fixture()
    const take = app.task('take', { queue: 'emails' }, async (text: string) => text.length)
    // Two quotes, and å is two bytes.
    await take.delay('å'.repeat((256 * 1_024 - 2) / 2))
    const error = await rejection(take.delay(`${'å'.repeat((256 * 1_024 - 2) / 2)}a`))
    expect(error).toBeInstanceOf(InputTooLargeError)
    expect(error).toMatchObject({ bytes: 262_145, limit: 262_144, message: expect.stringMatching(/262145.*262144/) })
    expect(messages()).toHaveLength(1)
  })

  it('refuses what has no encoding, saying where', async () => {
    const { app, rejection, messages } = fixture()
    const any = app.task('any', { queue: 'emails' }, async (_value: unknown) => {})
    expect(await rejection(any.delay({ list: [{ callback: () => {} }] }))).toMatchObject({
      name: 'EncodeError',
      path: 'list[0].callback',
    })
    expect(await rejection(any.delay(Symbol('a')))).toBeInstanceOf(EncodeError)
    expect(messages()).toEqual([])
  })
})

describe('applyAsync', () => {
  it.each<[string, CallOptions]>([
    ['an eta 5 s ago', { eta: new Date(start - 5_000) }],
    ['a countdown of 0', { countdown: 0 }],
    ['a countdown of -5 s', { countdown: -5 }],
  ])('A11: %s runs at once', async (_what, options) => {
    const { plain, messages, work, settled } = fixture()
    const handle = await plain.applyAsync({ x: 1 }, options as never)
    expect(messages()[0]?.availableAt).toBeUndefined()
    expect(await handle.state()).toBe('QUEUED')
    await work()
    expect(await settled(handle.get())).toEqual({ doubled: 2 })
  })

  it.each<[string, CallOptions]>([
    ['an eta in 25 h', { eta: new Date(start + 25 * 3_600_000) }],
    ['a countdown of 15 min and a second', { countdown: 901 }],
  ])('A13: %s is a clear error while there are no schedules', async (_what, options) => {
    const { plain, messages, rejection } = fixture()
    const error = await rejection(plain.applyAsync({ x: 1 }, options as never))
    expect(error).toBeInstanceOf(DefinitionError)
    expect((error as Error).message).toMatch(/expected at most 15m ahead, received (1d 1h|15m 1s)/)
    expect(messages()).toEqual([])
  })

  it('A10: an eta is kept to the second and shown as SCHEDULED', async () => {
    const { plain, clock, work, settled, runs, messages } = fixture()
    const handle = await plain.applyAsync({ x: 2 }, { eta: new Date(start + 3_000) })
    expect(await handle.state()).toBe('SCHEDULED')
    expect((await handle.info()).availableAt).toEqual(new Date(start + 3_000))
    expect(messages()[0]?.availableAt).toBe(start + 3_000)
    await work(2_900)
    expect(runs).toEqual([])
    await work(1_100)
    expect(await settled(handle.get())).toEqual({ doubled: 4 })
    expect(clock.now() - start).toBeLessThan(4_500)
  })

  it('A15: delays of 2, 4 and 6 s complete in that order', async () => {
    const { plain, work, runs } = fixture()
    for (const countdown of [6, 2, 4]) await plain.applyAsync({ x: countdown }, { countdown })
    await work(7_000)
    expect(runs.map(({ x }) => x)).toEqual([2, 4, 6])
  })

  it('A33: a soft limit above the hard one is an error at the call, in Celery’s words', async () => {
    const { plain, rejection } = fixture()
    for (const options of [{ softTimeLimit: 2, timeLimit: 1 }, { softTimeLimit: '10m' }] as const) {
      const error = await rejection(plain.applyAsync({ x: 1 }, options))
      expect(error).toBeInstanceOf(DefinitionError)
      expect((error as Error).message).toContain('softTimeLimit must be less than or equal to timeLimit')
    }
  })

  it('carries its overrides in message and record', async () => {
    const { plain, messages, record } = fixture()
    const handle = await plain.applyAsync(
      { x: 1 },
      {
        retry: { maxRetries: 10, delay: '1s', maxDelay: '2s' },
        timeLimit: 3,
        softTimeLimit: '2s',
        ignoreResult: true,
        headers: { tenant: 'a' },
        expires: '1m',
        queue: 'slow',
        countdown: 5,
        traceparent: '00-a-b-01',
      },
    )
    expect(messages('slow')).toMatchObject([
      {
        headers: { tenant: 'a' },
        expires: start + 60_000,
        availableAt: start + 5_000,
        traceparent: '00-a-b-01',
        options: {
          maxRetries: 10,
          retryDelayMs: 1_000,
          retryMaxDelayMs: 2_000,
          timeLimitMs: 3_000,
          softTimeLimitMs: 2_000,
          ignoreResult: true,
        },
      },
    ])
    expect(await record(handle.id)).toMatchObject({ queue: 'slow', expires: start + 60_000 })
  })

  it('R8: retries of the call win over the task’s: 10 of them are 11 runs, none are one', async () => {
    const { plain, work, runs } = fixture()
    const many = await plain.applyAsync({ x: 1, mode: 'fail' }, { retry: { maxRetries: 10, delay: 0 } })
    const none = await plain.applyAsync({ x: 2, mode: 'fail' }, { retry: false })
    await work(60_000)
    expect(runs.filter(({ id }) => id === many.id)).toHaveLength(11)
    expect(runs.filter(({ id }) => id === none.id)).toHaveLength(1)
  })

  it('retries without end travel as a number that JSON has', async () => {
    const { plain, messages } = fixture()
    await plain.applyAsync({ x: 1 }, { retry: { maxRetries: null } })
    expect(messages()[0]?.options).toEqual({ maxRetries: Number.MAX_SAFE_INTEGER })
  })

  it.each<[string, object, RegExp]>([
    ['an unknown option', { priority: 7 }, /priority: no such option. Known: countdown,/],
    ['an unknown queue', { queue: 'music' }, /queue: expected one of 'emails', 'slow', received 'music'/],
    ['an empty id', { taskId: '' }, /taskId: expected a text/],
    ['an id with a lone surrogate', { taskId: '\uD800' }, /taskId/],
    ['an id that is too long', { taskId: 'x'.repeat(1_025) }, /taskId/],
    ['an id and a key', { taskId: 'a', idempotencyKey: 'b' }, /expected taskId or idempotencyKey, received both/],
    ['a countdown and an eta', { countdown: 1, eta: new Date(start) }, /expected countdown or eta/],
    ['an eta that is no date', { eta: 'tomorrow' }, /eta: expected a valid Date, received tomorrow/],
    ['headers that are no texts', { headers: { a: 1 } }, /headers.a: expected a text, received number/],
    ['a time limit that no batch leaves', { timeLimit: '2m' }, /timeLimit: expected at most 58000 ms/],
    ['a time limit of nothing', { timeLimit: 0 }, /timeLimit: expected more than 0/],
  ])('refuses %s', async (_what, options, message) => {
    const { plain, rejection, messages } = fixture()
    const error = await rejection(plain.applyAsync({ x: 1 }, options))
    expect(error).toBeInstanceOf(DefinitionError)
    expect((error as Error).message).toMatch(message)
    expect(messages()).toEqual([])
  })

  it('refuses a key where there is no ledger to keep it', async () => {
    const { off, rejection } = fixture()
    expect(await rejection(off.applyAsync({ x: 1 }, { idempotencyKey: 'a' }))).toMatchObject({
      message: expect.stringContaining("needs ledger 'full'"),
    })
  })

  it('refuses a key that is no text', async () => {
    const { app, rejection } = fixture()
    const bad = app.task('bad-key', { queue: 'emails', idempotencyKey: () => '' }, async (_x: number) => {})
    expect(await rejection(bad.delay(1))).toMatchObject({ message: expect.stringContaining('idempotencyKey') })
  })
})

describe('inside a task', () => {
  it('an enqueue gets its root, parent and trace from the running task', async () => {
    const { plain, messages, record } = fixture()
    const running = { id: 'parent', root: 'first', traceparent: '00-t', fail: () => {} }
    const handle = await currentTask.run(running, () => plain.delay({ x: 1 }))
    expect(messages()).toMatchObject([{ root: 'first', parent: 'parent', traceparent: '00-t' }])
    expect(await record(handle.id)).toMatchObject({ root: 'first', parent: 'parent' })
    const own = await currentTask.run(running, () => plain.applyAsync({ x: 1 }, { headers: { traceparent: '00-own' } }))
    expect(messages()[1]).toMatchObject({ id: own.id, traceparent: '00-own' })
  })
})

describe('ledger off', () => {
  it('sends without a record, and handles say so', async () => {
    const { off, messages, world, rejection, work, runs } = fixture()
    const handle = await off.delay({ x: 1 })
    expect(messages()).toEqual([
      { celeriac: 1, id: handle.id, generation: 0, task: 'off', input: { x: 1 }, sentAt: start, ledger: 'off' },
    ])
    expect(await world.ports.records.read([handle.id], { consistent: true })).toEqual([undefined])
    for (const ask of ['get', 'state', 'info', 'revoke', 'forget'] as const) {
      expect(await rejection(handle[ask]())).toMatchObject({ code: 'ledger-off' })
    }
    await work()
    expect(runs).toHaveLength(1)
  })
})

describe('send by name', () => {
  it('sends a known task as the task itself would', async () => {
    const { app, rejection, work, settled } = fixture()
    const handle = await app.send('plain', { x: 4 })
    await work()
    expect(await settled(handle.get())).toEqual({ doubled: 8 })
    expect(await rejection(app.send('plain', {}))).toBeInstanceOf(InputError)
  })

  it('sends an unknown one to the queue it is told, and asks for one otherwise', async () => {
    const { app, messages, rejection } = fixture()
    const handle = await app.send('reports.build', { month: 1 }, { queue: 'slow', taskId: 'report-1' })
    expect(handle.id).toBe('report-1')
    expect(messages('slow')).toMatchObject([{ task: 'reports.build', input: { month: 1 } }])
    const error = await rejection(app.send('reports.build', {}))
    expect((error as Error).message).toMatch(/expected one of 'plain', .*received 'reports.build'.*queue: 'emails'/)
  })
})

describe('contracts', () => {
  it('enqueue without a function, and run nothing here', async () => {
    const { app, messages, rejection } = fixture()
    const contract = app.task('contract', { queue: 'emails', input: z.object({ a: z.number() }) })
    await contract.delay({ a: 1 })
    expect(messages()).toHaveLength(1)
    const task = contract.implement(({ a }) => a + 1)
    expect(await task({ a: 1 })).toBe(2)
    expect(() => contract.implement(() => 1)).toThrow(/already has its function/)
    expect(await rejection(contract.delay({} as never))).toBeInstanceOf(InputError)
  })

  it('are refused where something else is defined under their name', () => {
    const { app } = fixture()
    expect(() => app.task('plain', { queue: 'emails' }, () => {})).toThrow(/already defined/)
  })
})

describe('a queue that is not there', () => {
  it('rejects for certain and withdraws the record', async () => {
    const { plain, model, rejection } = fixture()
    model.deleteQueue({ QueueUrl: model.getQueueUrl({ QueueName: 'shop-emails' }).QueueUrl })
    const error = (await rejection(plain.delay({ x: 1 }))) as EnqueueError
    expect(error).toBeInstanceOf(EnqueueError)
    expect(error).toMatchObject({ maybeSent: false, mayRun: false })
    expect(error.cause).toBeInstanceOf(UnknownQueueError)
  })
})

describe('an app', () => {
  it('takes options as objects and functions as functions', () => {
    const app = createApp({ name: 'shop', queues: { a: {} } })
    expect(() => app.task('a', undefined as never)).toThrow(DefinitionError)
    expect(() => app.task('a', {}, 'no' as never)).toThrow(/expected a function, received string/)
  })
})
