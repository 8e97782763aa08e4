import { IdempotencyConflictError, SupersededError, TaskFailedError } from 'celeriac'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { fixture, start } from './world.ts'

const dayMs = 86_400_000

describe('G3: same key, same task', () => {
  it('is one id, one run and one result', async () => {
    const { keyed, work, runs, settled, telemetry } = fixture()
    const first = await keyed.delay({ x: 1 })
    const second = await keyed.delay({ x: 1 })
    expect([first.deduplicated, second.deduplicated]).toEqual([false, true])
    expect(second.id).toBe(first.id)
    await work()
    expect(runs).toHaveLength(1)
    expect(await settled(second.get())).toEqual({ doubled: 2 })
    const third = await keyed.delay({ x: 1 })
    await work()
    expect(third).toMatchObject({ id: first.id, deduplicated: true })
    expect(await settled(third.get())).toEqual({ doubled: 2 })
    expect(runs).toHaveLength(1)
    expect(telemetry.ofType('queued').map(({ deduplicated }) => deduplicated ?? false)).toEqual([false, true, true])
  })

  it('does not show the key in the id, and depends on app, task and key', async () => {
    const { app, keyed, messages } = fixture()
    const other = app.task('other', { queue: 'emails', idempotencyKey: () => 'order:1' }, async (_x: number) => {})
    const ids = [(await keyed.delay({ x: 1 })).id, (await keyed.delay({ x: 2 })).id, (await other.delay(1)).id]
    expect(new Set(ids).size).toBe(3)
    for (const id of ids) expect(id).toMatch(/^k_[A-Za-z0-9_-]{30}$/)
    expect(JSON.stringify(messages())).not.toContain('order:')
  })

  it('sends nothing again once a worker has had it', async () => {
    const { keyed, world, messages } = fixture()
    const { id } = await keyed.delay({ x: 1 })
    // A worker has claimed it and is not done.
    await world.ports.records.update([
      {
        id,
        v: 1,
        transition: true,
        queue: 'emails',
        set: { state: 'STARTED', token: 'w', startedAt: start, leaseUntil: start + 70_000 },
      },
    ])
    expect(await keyed.delay({ x: 1 })).toMatchObject({ id, deduplicated: true })
    expect(messages()).toHaveLength(1)
  })

  it('sends again what was never claimed: the first producer may have died before sending', async () => {
    const { keyed, model, messages, work, runs, record } = fixture()
    const { id } = await keyed.applyAsync({ x: 1 }, { headers: { from: 'first' }, countdown: 60 })
    model.purgeQueue({ QueueUrl: model.getQueueUrl({ QueueName: 'shop-emails' }).QueueUrl })
    expect(messages()).toEqual([])
    await keyed.applyAsync({ x: 1 }, { headers: { from: 'second' } })
    // It is the first one's task: its time and headers hold.
    const stored = await record(id)
    expect(messages()).toMatchObject([
      { id, generation: 0, v: stored.v, headers: { from: 'first' }, availableAt: start + 60_000 },
    ])
    await work(59_000)
    expect(runs).toEqual([])
    await work(2_000)
    expect(runs).toHaveLength(1)
  })

  it('is a conflict with another input, whatever the order of keys', async () => {
    const { app, rejection, messages, settled, work } = fixture()
    type Input = { a: number; b: number }
    const task = app.task('fixed-key', { queue: 'emails', idempotencyKey: () => 'k' }, async ({ a, b }: Input) => a + b)
    const { id } = await task.delay({ a: 1, b: 2 })
    expect(await task.delay({ b: 2, a: 1 })).toMatchObject({ id, deduplicated: true })
    const error = await rejection(task.delay({ a: 1, b: 3 }))
    expect(error).toBeInstanceOf(IdempotencyConflictError)
    expect(error).toMatchObject({ id, code: 'idempotency-conflict' })
    await work()
    expect(await rejection(task.delay({ a: 1, b: 3 }))).toBeInstanceOf(IdempotencyConflictError)
    expect(await settled(app.result<number>(id).get())).toBe(3)
    expect(messages()).toEqual([])
  })

  it.each(['FAILURE', 'REVOKED', 'EXPIRED'] as const)('%s gives the key back, even to another input', async (state) => {
    const { keyed, work, record, settled, runs } = fixture()
    const options = state === 'EXPIRED' ? { expires: new Date(start - 1) } : {}
    const first = await keyed.applyAsync({ x: 1, mode: state === 'FAILURE' ? 'fail' : 'return', note: 'one' }, options)
    if (state === 'REVOKED') await first.revoke()
    await work()
    expect((await record(first.id)).state).toBe(state)
    const runsBefore = runs.length
    const second = await keyed.delay({ x: 1, note: 'two' })
    expect(second).toMatchObject({ id: first.id, deduplicated: false })
    const opened = await record(first.id)
    expect(opened).toMatchObject({ state: 'QUEUED', generation: 2, attempt: 0, input: '{"x":1,"note":"two"}' })
    await work()
    expect(runs.slice(runsBefore)).toEqual([{ id: first.id, x: 1, attempt: 1, generation: 2 }])
    expect(await settled(second.get())).toEqual({ doubled: 2 })
  })

  it('a reopened record keeps nothing of the opening before', async () => {
    const { keyed, work, record } = fixture()
    const options = { expires: '1h', headers: { a: 'b' }, countdown: 1 } as const
    const { id } = await keyed.applyAsync({ x: 1, mode: 'fail', note: 'n'.repeat(2_000) }, options)
    await work(2_000)
    expect(await record(id)).toMatchObject({
      state: 'FAILURE',
      error: expect.any(String),
      inputRef: expect.any(String),
    })
    await keyed.delay({ x: 1 })
    const opened = await record(id)
    const { token, ...rest } = opened
    expect(token).toEqual(expect.any(String))
    expect(rest).toEqual({
      id,
      v: 4,
      generation: 2,
      state: 'QUEUED',
      task: 'keyed',
      queue: 'emails',
      input: '{"x":1}',
      inputHash: expect.any(String),
      attempt: 0,
      enqueuedAt: expect.any(Number),
      keyUntil: opened.enqueuedAt + dayMs,
    })
  })

  it('a redrive of the opening that failed is stale after the key was reopened', async () => {
    const { keyed, work, ports, runs, record, settled } = fixture()
    const first = await keyed.delay({ x: 1, mode: 'fail' })
    await work()
    const second = await keyed.delay({ x: 1 })
    const [letter] = await ports.queues.receive('emails', { max: 1, waitSeconds: 0, dead: true })
    await ports.queues.send('emails', [{ body: letter?.body ?? '' }])
    await work()
    expect(runs.filter(({ id }) => id === first.id).map(({ generation }) => generation)).toEqual([0, 2])
    expect(await record(first.id)).toMatchObject({ state: 'SUCCESS', generation: 2 })
    expect(await settled(second.get())).toEqual({ doubled: 2 })
  })

  it('a success holds its key for its time to live, and then gives it back', async () => {
    const { keyed, work, clock, runs, record } = fixture()
    const first = await keyed.delay({ x: 1 })
    await work()
    await clock.advanceTo(start + dayMs - 1)
    expect(await keyed.delay({ x: 1 })).toMatchObject({ id: first.id, deduplicated: true })
    await clock.advanceTo(start + dayMs)
    expect(await keyed.delay({ x: 1 })).toMatchObject({ id: first.id, deduplicated: false })
    expect((await record(first.id)).generation).toBe(2)
    await work()
    expect(runs).toHaveLength(2)
  })

  it('an open task holds its key however long it is open', async () => {
    const { keyed, clock } = fixture()
    const first = await keyed.delay({ x: 1 })
    await clock.advanceTo(start + 3 * dayMs)
    expect(await keyed.delay({ x: 1 })).toMatchObject({ id: first.id, deduplicated: true })
  })

  it('an ignored task holds its key as a success does', async () => {
    const { keyed, work, clock } = fixture()
    const first = await keyed.delay({ x: 1, mode: 'ignore' })
    await work()
    expect(await keyed.delay({ x: 1, mode: 'ignore' })).toMatchObject({ id: first.id, deduplicated: true })
    await clock.advanceTo(start + dayMs)
    expect((await keyed.delay({ x: 1, mode: 'ignore' })).deduplicated).toBe(false)
  })

  it('a forgotten success still holds its key', async () => {
    const { keyed, work, runs } = fixture()
    const first = await keyed.delay({ x: 1 })
    await work()
    await first.forget()
    expect(await keyed.delay({ x: 1 })).toMatchObject({ id: first.id, deduplicated: true })
    await work()
    expect(runs).toHaveLength(1)
  })

  it('a reopened key goes to the queue that is asked for now', async () => {
    const { keyed, work, messages, record } = fixture()
    const first = await keyed.delay({ x: 1, mode: 'fail' })
    await work()
    await keyed.applyAsync({ x: 1 }, { queue: 'slow' })
    expect(messages('slow')).toMatchObject([{ id: first.id, generation: 2 }])
    expect(messages('emails')).toEqual([])
    expect((await record(first.id)).queue).toBe('slow')
  })

  it('a reopened key whose input is large has it in place before the message is out', async () => {
    const { keyed, work, settled, record, ports } = fixture()
    const first = await keyed.delay({ x: 1, mode: 'fail' })
    await work()
    const note = 'n'.repeat(5_000)
    const second = await keyed.delay({ x: 1, note })
    const { inputRef } = await record(first.id)
    const [body] = await ports.inputs.read([{ id: first.id, ref: inputRef ?? '' }])
    expect(JSON.parse(body ?? '')).toEqual({ x: 1, note })
    await work()
    expect(await settled(second.get())).toEqual({ doubled: 2 })
  })

  it('a handle keeps to its own opening: another use of the key is never its result', async () => {
    const { app, keyed, work, settled, rejection, record } = fixture()
    const first = await keyed.delay({ x: 1, mode: 'fail' })
    await work()
    expect(await rejection(first.get())).toMatchObject({ code: 'task-failed' })
    const second = await keyed.delay({ x: 1 })
    // Without a moment between them: the clock of this world stands still.
    for (const ask of [
      () => first.get(),
      () => first.get({ timeout: 0 }),
      () => first.state(),
      () => first.ready(),
      () => first.info(),
      () => first.revoke(),
      () => first.forget(),
    ])
      expect(await rejection(ask())).toBeInstanceOf(SupersededError)
    expect((await record(second.id)).state).toBe('QUEUED')
    await work()
    expect(await settled(second.get())).toEqual({ doubled: 2 })
    expect(await settled(app.result(first.id).get())).toEqual({ doubled: 2 })
    expect(await rejection(first.get())).toBeInstanceOf(SupersededError)
  })

  it('what validates to the same is the same input, what does not is another', async () => {
    const { app, rejection } = fixture()
    const schema = z.object({
      email: z.string().transform((text) => text.trim().toLowerCase()),
      copies: z.number().default(1),
      madeAt: z.date().default(() => new Date(Math.random() * 1e12)),
    })
    const task = app.task('same', { queue: 'emails', input: schema, idempotencyKey: () => 'key' }, () => {})
    const first = await task.delay({ email: 'ada@example.com', madeAt: new Date(0) })
    for (const input of [
      { email: ' Ada@Example.com ', madeAt: new Date(0) },
      { email: 'ada@example.com', copies: 1, madeAt: new Date(0) },
    ])
      expect(await task.delay(input)).toMatchObject({ id: first.id, deduplicated: true })
    expect(await rejection(task.delay({ email: 'bob@example.com', madeAt: new Date(0) }))).toBeInstanceOf(
      IdempotencyConflictError,
    )
    // Sent alike, although the schema makes something new of it each time.
    const dated = app.task('dated', { queue: 'emails', input: schema, idempotencyKey: () => 'key' }, () => {})
    const once = await dated.delay({ email: 'ada@example.com' })
    expect(await dated.delay({ email: 'ada@example.com' })).toMatchObject({ id: once.id, deduplicated: true })
  })

  it('a validated value is no input that was sent', async () => {
    const { app, rejection } = fixture()
    const more = z.number().transform((n) => n + 1)
    const task = app.task('more', { queue: 'emails', input: more, idempotencyKey: () => 'key' }, () => {})
    await task.delay(1)
    expect(await rejection(task.delay(2))).toBeInstanceOf(IdempotencyConflictError)
  })

  it('twenty at once are one task', async () => {
    const { keyed, work, runs } = fixture()
    const handles = await Promise.all(Array.from({ length: 20 }, () => keyed.delay({ x: 1 })))
    expect(new Set(handles.map(({ id }) => id)).size).toBe(1)
    expect(handles.filter(({ deduplicated }) => deduplicated === false)).toHaveLength(1)
    await work()
    expect(runs).toHaveLength(1)
  })

  it('twenty at once that reopen a key are one opening', async () => {
    const { keyed, work, runs, record } = fixture()
    const { id } = await keyed.delay({ x: 1, mode: 'fail' })
    await work()
    const handles = await Promise.all(Array.from({ length: 20 }, () => keyed.delay({ x: 1 })))
    expect(handles.filter(({ deduplicated }) => deduplicated === false)).toHaveLength(1)
    await work()
    expect(runs).toHaveLength(2)
    expect((await record(id)).generation).toBe(2)
  })

  it('a call’s own key and a task’s own id work alike', async () => {
    const { plain, keyed, work, runs, rejection } = fixture()
    const a = await plain.applyAsync({ x: 1 }, { idempotencyKey: 'mine' })
    const b = await plain.applyAsync({ x: 1 }, { idempotencyKey: 'mine' })
    expect(b).toMatchObject({ id: a.id, deduplicated: true })
    const c = await plain.applyAsync({ x: 2 }, { taskId: 'own-id' })
    const d = await plain.applyAsync({ x: 2 }, { taskId: 'own-id' })
    expect([c.id, d.id, d.deduplicated]).toEqual(['own-id', 'own-id', true])
    expect(await rejection(plain.applyAsync({ x: 3 }, { taskId: 'own-id' }))).toBeInstanceOf(IdempotencyConflictError)
    // Another task's, with the very same input.
    expect(await rejection(keyed.applyAsync({ x: 2 }, { taskId: 'own-id' }))).toBeInstanceOf(IdempotencyConflictError)
    await work()
    expect(runs).toHaveLength(2)
  })

  it('a handle of the opening before waits for nothing of an older one', async () => {
    const { keyed, work, settled, rejection } = fixture()
    const first = await keyed.delay({ x: 1, mode: 'fail' })
    await work()
    expect(await rejection(first.get())).toBeInstanceOf(TaskFailedError)
    const second = await keyed.delay({ x: 1 })
    const got = second.get()
    await work()
    expect(await settled(got)).toEqual({ doubled: 2 })
  })
})
