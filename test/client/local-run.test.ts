import { DefinitionError, InputError, RejectError, type TaskContext, TaskFailedError } from 'celeriac'
import { describe, expect, it } from 'vitest'
import { currentTask } from '../../shared/protocol/current-task.ts'
import { ExpectedException, fixture } from './world.ts'

describe('task(input)', () => {
  it('gives what the function gives, as it is', async () => {
    const { app, messages } = fixture()
    const made = { notJson: () => 1 }
    const task = app.task('raw', { queue: 'emails' }, async () => made)
    expect(await task()).toBe(made)
    expect(messages()).toEqual([])
  })

  it('throws what the function throws, as it is, without retries', async () => {
    const { plain, runs, rejection } = fixture()
    expect(await rejection(plain({ x: 1, mode: 'fail' }))).toBeInstanceOf(ExpectedException)
    expect(await rejection(plain({ x: 1, mode: 'always-retry' }))).toMatchObject({ message: 'again' })
    expect(runs).toHaveLength(2)
  })

  it('hands the schema’s output to the function, and a context', async () => {
    const { app } = fixture()
    const { z } = await import('zod')
    const task = app.task('ctx', { queue: 'emails', input: z.object({ n: z.coerce.number() }) }, ({ n }, ctx) => ({
      n,
      local: ctx.local,
      attempt: ctx.attempt,
      root: ctx.root === ctx.id,
      aborted: ctx.signal.aborted,
    }))
    expect(await task({ n: '7' })).toEqual({ n: 7, local: true, attempt: 1, root: true, aborted: false })
  })

  it('loads a lazy function', async () => {
    const { app } = fixture()
    const task = app.task('lazy', { queue: 'emails' }, async () => ({ default: async (n: number) => n + 1 }))
    expect(await task(1)).toBe(2)
    expect(await (await task.apply(1)).get()).toBe(2)
  })
})

describe('task.apply', () => {
  it('A36: has no parent, and is its own root', async () => {
    const { app, settled } = fixture()
    const ids = app.task('ids', { queue: 'emails' }, async (i: number, ctx: TaskContext) => [ctx.root, ctx.parent, i])
    const result = await settled(ids.apply(3))
    expect(await result.get()).toEqual([result.id, undefined, 3])
  })

  it('inside a task it is that one’s child', async () => {
    const { app, settled } = fixture()
    const ids = app.task('ids', { queue: 'emails' }, async (_none: undefined, ctx: TaskContext) => [
      ctx.root,
      ctx.parent,
    ])
    const running = { id: 'outer', root: 'first', traceparent: undefined, fail: () => {} }
    const result = await settled(currentTask.run(running, () => ids.apply(undefined)))
    expect(await result.get()).toEqual(['first', 'outer'])
  })

  it('R1, R8: retries as a worker would: max_retries 3 are 4 runs, then the error', async () => {
    const { plain, settled, runs, rejection, clock } = fixture()
    const before = clock.now()
    const result = await settled(plain.apply({ x: 1, mode: 'fail' }))
    expect(runs.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4])
    expect(result).toMatchObject({ state: 'FAILURE', attempts: 4 })
    expect([result.ready(), result.successful(), result.failed()]).toEqual([true, false, true])
    const error = (await rejection(result.get())) as TaskFailedError
    expect(error).toBeInstanceOf(TaskFailedError)
    expect(error.cause).toMatchObject({ name: 'ExpectedException', message: 'Task expected to fail' })
    expect(await result.get({ propagate: false })).toBeInstanceOf(TaskFailedError)
    // Without waiting between them.
    expect(clock.now() - before).toBeLessThan(100)
  })

  it('R3: a task that asks for one retry ends with its result', async () => {
    const { plain, settled } = fixture()
    const result = await settled(plain.apply({ x: 2, mode: 'retry-once' }))
    expect(result).toMatchObject({ state: 'SUCCESS', attempts: 2 })
    expect(await result.get()).toEqual({ doubled: 4 })
  })

  it('R16: maxRetries given to ctx.retry() ends it, whatever the task’s own', async () => {
    const { app, settled } = fixture()
    let runs = 0
    const task = app.task(
      'override',
      { queue: 'emails', retry: { maxRetries: 10 } },
      async (_x: number, ctx: TaskContext) => {
        runs++
        if (runs === 3) ctx.retry({ error: new ExpectedException('third'), maxRetries: 0 })
        throw new Error('first and second')
      },
    )
    const result = await settled(task.apply(1))
    expect(runs).toBe(3)
    expect(await result.get({ propagate: false })).toMatchObject({
      cause: { name: 'ExpectedException', message: 'third' },
    })
  })

  it('gives results as they would come back from a worker', async () => {
    const { app, settled } = fixture()
    const task = app.task('dates', { queue: 'emails' }, async () => ({ at: new Date(5), none: undefined }))
    expect(await (await settled(task.apply())).get()).toEqual({ at: new Date(5) })
    const bad = app.task('bad', { queue: 'emails' }, async () => () => 1)
    expect(await settled(bad.apply())).toMatchObject({ state: 'FAILURE' })
  })

  it('ignores, snoozes and requeues without an end in between', async () => {
    const { app, plain, settled } = fixture()
    expect(await settled(plain.apply({ x: 1, mode: 'ignore' }))).toMatchObject({ state: 'IGNORED', attempts: 1 })
    let left = 3
    const wait = app.task('wait', { queue: 'emails' }, async (_x: number, ctx: TaskContext) => {
      if (--left === 2) ctx.snooze(60)
      if (left === 1) throw new RejectError('not now', { requeue: true })
      return ctx.attempt
    })
    const result = await settled(wait.apply(1))
    expect([result.state, result.attempts, await result.get()]).toEqual(['SUCCESS', 1, 1])
  })

  it('calls hooks of the app and of the task', async () => {
    const told: string[] = []
    const { app, settled } = fixture({ app: { hooks: { onSettled: (_ctx, state) => void told.push(`app ${state}`) } } })
    const task = app.task(
      'hooked',
      {
        queue: 'emails',
        retry: { maxRetries: 1 },
        onStart: (ctx) => void told.push(`start ${ctx.attempt}`),
        onRetry: (_ctx, error) => void told.push(`retry ${error.message}`),
        onSuccess: (_ctx, output) => void told.push(`success ${output}`),
      },
      async (_x: number, ctx: TaskContext) => {
        if (ctx.attempt === 1) throw new Error('once')
        return 5
      },
    )
    await settled(task.apply(1))
    expect(told).toEqual(['start 1', 'retry once', 'app RETRY', 'start 2', 'success 5', 'app SUCCESS'])
  })

  it('ends at its time limit', async () => {
    const { app, settled } = fixture()
    const task = app.task('slow', { queue: 'emails', timeLimit: 1, retry: false }, () => new Promise<void>(() => {}))
    const result = await settled(task.apply())
    expect(await result.get({ propagate: false })).toMatchObject({ cause: { name: 'TimeLimitExceededError' } })
  })

  it('says nothing of sensitive fields in errors', async () => {
    const { app, settled } = fixture()
    const task = app.task(
      'leaky',
      { queue: 'emails', retry: false, sensitive: ['card'] },
      async ({ card }: { card: string }) => {
        throw new Error(`declined: ${card}`)
      },
    )
    const result = await settled(task.apply({ card: '4111-1111' }))
    expect(String(await result.get({ propagate: false }))).toContain('declined: [redacted]')
  })

  it('refuses wrong arguments, and contracts', async () => {
    const { app, plain, rejection } = fixture()
    expect(await rejection(plain.apply({} as never))).toBeInstanceOf(InputError)
    const { z } = await import('zod')
    const contract = app.task('contract', { queue: 'emails', input: z.number() })
    const { applyLocally } = await import('../../shared/client/local-run.ts')
    const call = {
      definition: contract.definition,
      around: { hooks: {}, middlewares: [] },
      ports: app.ports(),
      input: 1,
    }
    expect(await rejection(applyLocally(call))).toBeInstanceOf(DefinitionError)
  })
})
