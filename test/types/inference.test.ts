import { type AsyncResult, type Contract, createApp, type Task, type TaskContext, type TaskError } from 'celeriac'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'

const app = createApp({ name: 'types', queues: { emails: {}, video: { batchSize: 1 } }, defaults: { queue: 'emails' } })

/** With a transform and a default: what callers give and what the function gets differ. */
const schema = z.object({
  to: z.email(),
  at: z.iso.datetime().transform((text) => new Date(text)),
  copies: z.number().default(1),
})
type Raw = { to: string; at: string; copies?: number | undefined }
type Parsed = { to: string; at: Date; copies: number }

describe('a task with a schema', () => {
  const task = app.task(
    'schema',
    { queue: 'video', input: schema, idempotencyKey: (input) => expectParsed(input), sensitive: ['to'] },
    async (input, ctx) => {
      expectTypeOf(input).toEqualTypeOf<Parsed>()
      expectTypeOf(ctx).toEqualTypeOf<TaskContext>()
      return { messageId: `${input.to}-${input.at.getTime()}` }
    },
  )

  it('takes the schema’s input and gives what the function returns', () => {
    expectTypeOf(task).toEqualTypeOf<Task<Raw, { messageId: string }, 'emails' | 'video'>>()
    expectTypeOf(task.delay).parameters.toEqualTypeOf<[input: Raw]>()
    expectTypeOf(task.delay).returns.resolves.toEqualTypeOf<AsyncResult<{ messageId: string }>>()
    expectTypeOf(task).returns.resolves.toEqualTypeOf<{ messageId: string }>()
    expectTypeOf(task.name).toEqualTypeOf<string>()
    expect(task.name).toBe('schema')
  })

  it('types the handle', () => {
    type Handle = AsyncResult<{ messageId: string }>
    const get = (handle: Handle) => handle.get({ timeout: '10s' })
    expectTypeOf(get).returns.resolves.toEqualTypeOf<{ messageId: string }>()
    const settle = (handle: Handle) => handle.get({ propagate: false })
    expectTypeOf(settle).returns.resolves.toEqualTypeOf<{ messageId: string } | TaskError>()
  })

  it('types the entries of a list', () => {
    const list = task.delayMany([])
    expectTypeOf(task.delayMany).parameter(0).toEqualTypeOf<Iterable<Raw> | AsyncIterable<Raw>>()
    const first = async () => {
      for await (const entry of list) return entry
      return undefined
    }
    type Entry = NonNullable<Awaited<ReturnType<typeof first>>>
    expectTypeOf<Extract<Entry, { error: Error }>['input']>().toEqualTypeOf<Raw>()
    expectTypeOf<Exclude<Entry, { error: Error }>['handle']>().toEqualTypeOf<AsyncResult<{ messageId: string }>>()
  })

  it('refuses what cannot be', () => {
    const refused = () => {
      // @ts-expect-error the schema has no such type
      void task.delay({ to: 1, at: '' })
      // @ts-expect-error an input is needed
      void task.delay()
      // @ts-expect-error no such queue
      void task.applyAsync({ to: '', at: '' }, { queue: 'music' })
      // @ts-expect-error no such option of a call
      void task.applyAsync({ to: '', at: '' }, { priority: 7 })
      // @ts-expect-error a list has no one id
      void task.delayMany([], { taskId: 'a' })
      // @ts-expect-error a text is no duration
      void task.applyAsync({ to: '', at: '' }, { countdown: 'soon' })
      void task.applyMany([
        { input: { to: '', at: '' }, idempotencyKey: 'a', countdown: '30 s', eta: '2026-01-31T09:00:00Z' },
      ])
      // @ts-expect-error each call has an input
      void task.applyMany([{ idempotencyKey: 'a' }])
      // @ts-expect-error of this type
      void task.applyMany([{ input: { to: 1 } }])
    }
    expectTypeOf(refused).returns.toBeVoid()
    const undefinable = () => {
      // @ts-expect-error no such queue
      app.task('a', { queue: 'music', input: schema }, async () => {})
      // @ts-expect-error no such option
      app.task('b', { input: schema, prefetch: 4 }, async () => {})
      // @ts-expect-error `sensitive` names fields of the input
      app.task('c', { input: schema, sensitive: ['from'] }, async () => {})
      app.task(
        'c2',
        {
          input: z.object({ number: z.string() }).transform(({ number }) => ({ card: number })),
          sensitive: ['number', 'card'],
        },
        async () => {},
      )
      // @ts-expect-error a key is a text
      app.task('d', { input: schema, idempotencyKey: (input) => input.copies }, async () => {})
      // @ts-expect-error no such option of a queue
      createApp({ name: 'x', queues: { emails: { prefetch: 4 } } })
      // @ts-expect-error the default queue is one of the app's
      createApp({ name: 'x', queues: { emails: {} }, defaults: { queue: 'video' } })
      // @ts-expect-error no such queue
      void app.pause('music')
      // @ts-expect-error no such queue
      void app.send('anything', {}, { queue: 'music' })
    }
    expectTypeOf(undefinable).returns.toBeVoid()
  })
})

function expectParsed(input: Parsed): string {
  return input.to
}

describe('a task without a schema', () => {
  it('takes what its function says', () => {
    const task = app.task('plain', {}, (input: { x: number }) => input.x + 1)
    expectTypeOf(task).toEqualTypeOf<Task<{ x: number }, number, 'emails' | 'video'>>()
  })

  it('is called without input when its function takes none', () => {
    const task = app.task('no-input', { retry: false }, async () => 'done')
    expectTypeOf(task.delay).parameters.toEqualTypeOf<[input?: undefined]>()
    expectTypeOf(task).returns.resolves.toEqualTypeOf<string>()
  })

  it('has its options alone, when its function takes none', () => {
    const task = app.task('options-alone', {}, async () => 'done')
    const context = app.task('context-alone', {}, async (_input: undefined, ctx) => ctx.id)
    const given = () => {
      void task.applyAsync({ countdown: 60 })
      void task.applyAsync(undefined, { countdown: 60 })
      void task.apply({ headers: { a: 'b' } })
      void context.applyAsync(undefined, { countdown: 60 })
      // @ts-expect-error there is no input
      void task.delay(5)
      // @ts-expect-error there is no input
      void task.applyAsync({ x: 1 })
      // @ts-expect-error there is no input
      void task.applyAsync(5, { countdown: 60 })
      // @ts-expect-error there is no input
      void task(5)
      // @ts-expect-error options are no input
      void context.applyAsync({ countdown: 60 })
    }
    expectTypeOf(given).returns.toBeVoid()
  })

  it('takes what comes out of a queue as it went in', () => {
    class Money {
      cents = 1
      toJSON() {
        return { cents: this.cents }
      }
    }
    type Tree = { readonly value: number; readonly children: readonly Tree[] }
    const given = () => {
      app.task('s1', {}, async (_input: { at: Date; tags: Set<string>; map: Map<string, bigint>; bytes: Buffer }) => {})
      app.task('s2', {}, async (_input: Tree) => {})
      app.task('s3', {}, async (_input: unknown) => {})
      app.task('s4', {}, async (_input: Record<string, unknown>, ctx) => ctx.id)
      app.task('s5', { input: z.instanceof(Buffer) }, async () => {})
      // @ts-expect-error a URL comes back as a text
      app.task('u1', {}, async (_input: URL) => {})
      // @ts-expect-error also further down
      app.task('u2', {}, async (_input: { links: URL[] }) => {})
      // @ts-expect-error a class with toJSON()
      app.task('u3', {}, async (_input: { price: Money }) => {})
      // @ts-expect-error a function
      app.task('u4', {}, async (_input: { call: () => void }) => {})
      // @ts-expect-error with a schema, too
      app.task('u5', { input: z.object({ link: z.instanceof(URL) }) }, async () => {})
      // @ts-expect-error and for a contract
      app.task('u6', { input: z.instanceof(URL) })
    }
    expectTypeOf(given).returns.toBeVoid()
  })

  it('types keys and sensitive fields by its function', () => {
    const task = app.task(
      'plain-options',
      { idempotencyKey: (input) => input.to, sensitive: ['to'] },
      async (input: { to: string }) => input.to,
    )
    expectTypeOf(task.delay).parameters.toEqualTypeOf<[input: { to: string }]>()
    const refused = () => {
      // @ts-expect-error `sensitive` names fields of the input
      app.task('e', { sensitive: ['from'] }, async (input: { to: string }) => input.to)
    }
    expectTypeOf(refused).returns.toBeVoid()
  })
})

describe('a lazy task', () => {
  const load = async () => ({ default: async (input: Parsed, _ctx: TaskContext) => ({ sent: input.copies }) })

  it('gives what its module’s default export returns', () => {
    const task = app.task('lazy', { input: schema }, load)
    expectTypeOf(task).toEqualTypeOf<Task<Raw, { sent: number }, 'emails' | 'video'>>()
  })

  it('takes what its module’s default export takes, without a schema', () => {
    const task = app.task('lazy-plain', {}, load)
    expectTypeOf(task.delay).parameters.toEqualTypeOf<[input: Parsed]>()
  })

  it('must take the schema’s output', () => {
    const refused = () => {
      // @ts-expect-error the default export wants a field that the schema does not give
      app.task('lazy-wrong', { input: schema }, async () => ({ default: (input: { from: string }) => input.from }))
    }
    expectTypeOf(refused).returns.toBeVoid()
  })
})

describe('a contract', () => {
  const contract = app.task('contract', { input: schema, output: z.object({ messageId: z.string() }) })

  it('can be enqueued, typed by its schemas', () => {
    expectTypeOf(contract).toEqualTypeOf<Contract<Raw, Parsed, { messageId: string }, 'emails' | 'video'>>()
    expectTypeOf(contract.delay).returns.resolves.toEqualTypeOf<AsyncResult<{ messageId: string }>>()
    // @ts-expect-error there is no function to call
    expectTypeOf(contract.apply).toBeUndefined()
  })

  it('is implemented by a function that fits', () => {
    const refused = () => {
      // @ts-expect-error it gives something else
      contract.implement(async () => ({ id: 1 }))
    }
    expectTypeOf(refused).returns.toBeVoid()
    const task = contract.implement(async (input) => {
      expectTypeOf(input).toEqualTypeOf<Parsed>()
      return { messageId: input.to }
    })
    expectTypeOf(task).toEqualTypeOf<Task<Raw, { messageId: string }, 'emails' | 'video'>>()
    expect(task.definition.run).toBeTypeOf('function')
  })
})

describe('an app', () => {
  it('makes handles of any type by id, and unknown ones by name', () => {
    const get = () => app.result<number>('a').get()
    expectTypeOf(get).returns.resolves.toEqualTypeOf<number>()
    expectTypeOf(app.result('a')).toEqualTypeOf<AsyncResult<unknown>>()
    expectTypeOf(app.send).returns.resolves.toEqualTypeOf<AsyncResult<unknown>>()
  })

  it('knows its queues by name', () => {
    expectTypeOf(app.pause).parameter(0).toEqualTypeOf<'emails' | 'video'>()
  })
})
