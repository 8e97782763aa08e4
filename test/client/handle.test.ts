import { CeleriacError } from 'celeriac'
import { describe, expect, it } from 'vitest'
import { anyOf, fixture, hit, start } from './world.ts'

describe('revoke', () => {
  it('A16: a delayed task never runs', async () => {
    const { plain, work, runs } = fixture()
    const handle = await plain.applyAsync({ x: 1 }, { countdown: 10 })
    expect(await handle.revoke()).toBe('REVOKED')
    await work(12_000)
    expect(await handle.state()).toBe('REVOKED')
    expect(runs).toEqual([])
  })

  it('a task between two attempts never runs again', async () => {
    const { plain, work, runs, record } = fixture()
    const handle = await plain.delay({ x: 1, mode: 'always-retry' })
    await work()
    expect((await record(handle.id)).state).toBe('RETRY')
    expect(await handle.revoke()).toBe('REVOKED')
    await work(3_600_000)
    expect(runs).toHaveLength(1)
    expect(await handle.info()).toMatchObject({ state: 'REVOKED', reason: 'revoked', attempt: 1 })
  })

  it('a running task is asked to stop, without a transition, once', async () => {
    const { plain, world, clock, record } = fixture()
    const handle = await plain.delay({ x: 1 })
    const running = { state: 'STARTED', token: 'w', startedAt: start, leaseUntil: start + 70_000 } as const
    await world.ports.records.update([{ id: handle.id, v: 1, transition: true, queue: 'emails', set: running }])
    await clock.advance(500)
    expect(await handle.revoke()).toBe('STARTED')
    expect(await record(handle.id)).toMatchObject({
      state: 'STARTED',
      v: 2,
      token: 'w',
      revokeRequestedAt: start + 500,
    })
    await clock.advance(500)
    expect(await handle.revoke()).toBe('STARTED')
    expect((await record(handle.id)).revokeRequestedAt).toBe(start + 500)
  })

  it('one that has ended stays as it is', async () => {
    const { plain, work, record } = fixture()
    const handle = await plain.delay({ x: 1 })
    await work()
    const before = await record(handle.id)
    expect(await handle.revoke()).toBe('SUCCESS')
    expect(await record(handle.id)).toEqual(before)
  })

  it.each(['answer-lost', 'request-lost', 'throttled'] as const)('%s: it is revoked all the same', async (type) => {
    const { plain, settled, record } = fixture({ faults: hit('update', { type }, [0]) })
    const handle = await plain.delay({ x: 1 })
    expect(await settled(handle.revoke())).toBe('REVOKED')
    expect((await record(handle.id)).state).toBe('REVOKED')
  })

  it('one that changes while it is being revoked is looked at again', async () => {
    const { plain, settled, record, clock, work, runs } = fixture({
      faults: hit('update', { type: 'delayed', delayMs: 1_000 }, [0]),
    })
    const handle = await plain.delay({ x: 1 })
    const revoked = handle.revoke()
    await clock.settle()
    await work()
    expect(runs).toHaveLength(1)
    expect(await settled(revoked)).toBe('SUCCESS')
    expect((await record(handle.id)).state).toBe('SUCCESS')
  })

  it('tells when the table does not answer', async () => {
    const faults = anyOf(hit('update', { type: 'throttled' }))
    const { plain, rejection } = fixture({ faults })
    const handle = await plain.delay({ x: 1 })
    expect(await rejection(handle.revoke())).toMatchObject({ code: 'ledger-unavailable' })
  })
})

describe('forget', () => {
  it('removes what the task was given and what it left; the tombstone stays', async () => {
    const { plain, work, record, ports } = fixture()
    const note = 'n'.repeat(2_000)
    const handle = await plain.applyAsync({ x: 1, note, secret: 'hush' }, { headers: { who: 'ada' } })
    await work()
    const { inputRef } = await record(handle.id)
    expect(inputRef).toEqual(expect.any(String))
    await handle.forget()
    const left = await record(handle.id)
    expect(left).toMatchObject({ state: 'SUCCESS', forgotten: true, v: 3 })
    expect(JSON.stringify(left)).not.toMatch(/hush|ada|nnn|doubled/)
    expect(await ports.inputs.read([{ id: handle.id, ref: inputRef ?? '' }])).toEqual([undefined])
    expect(await handle.info()).toMatchObject({
      state: 'SUCCESS',
      hidden: true,
      input: undefined,
      result: undefined,
      headers: {},
    })
    await handle.forget()
    expect(await record(handle.id)).toEqual(left)
  })

  it('an open task is an error, in whatever open state', async () => {
    const { plain, work, rejection, record } = fixture()
    const queued = await plain.delay({ x: 1, mode: 'always-retry' })
    const scheduled = await plain.applyAsync({ x: 1 }, { countdown: 60 })
    expect(await rejection(queued.forget())).toMatchObject({
      code: 'task-open',
      message: expect.stringContaining('QUEUED'),
    })
    expect(await rejection(scheduled.forget())).toMatchObject({ message: expect.stringContaining('SCHEDULED') })
    await work()
    const error = await rejection(queued.forget())
    expect(error).toBeInstanceOf(CeleriacError)
    expect(error).toMatchObject({ message: expect.stringContaining('RETRY') })
    expect((await record(queued.id)).input).toBeDefined()
  })

  it('a late duplicate of a forgotten task is acknowledged unrun', async () => {
    const { plain, work, runs, model, messages } = fixture()
    const handle = await plain.delay({ x: 1 })
    const [message] = messages()
    await work()
    await handle.forget()
    const { QueueUrl } = model.getQueueUrl({ QueueName: 'shop-emails' })
    model.sendMessage({ QueueUrl, MessageBody: JSON.stringify(message) })
    await work()
    expect(runs).toHaveLength(1)
    expect(messages()).toEqual([])
  })
})

describe('info', () => {
  it('tells all of a queued task, its sensitive fields blanked', async () => {
    const { plain } = fixture()
    const handle = await plain.applyAsync(
      { x: 1, secret: 'hush' },
      {
        countdown: 30,
        expires: '1h',
        headers: { tenant: 'a' },
        idempotencyKey: 'k',
        tenant: 'acme',
        tags: ['vip', 'eu'],
      },
    )
    expect(await handle.info()).toEqual({
      id: handle.id,
      task: 'plain',
      queue: 'emails',
      state: 'SCHEDULED',
      reason: undefined,
      generation: 0,
      attempt: 0,
      attempts: [],
      input: { x: 1, secret: '[redacted]' },
      result: undefined,
      error: undefined,
      progress: undefined,
      hidden: false,
      enqueuedAt: new Date(start),
      availableAt: new Date(start + 30_000),
      startedAt: undefined,
      finishedAt: undefined,
      expires: new Date(start + 3_600_000),
      leaseUntil: undefined,
      revokeRequestedAt: undefined,
      resultUntil: undefined,
      keyUntil: new Date(start + 86_400_000),
      root: handle.id,
      parent: undefined,
      tenant: 'acme',
      tags: ['eu', 'vip'],
      by: undefined,
      build: undefined,
      fingerprint: undefined,
      headers: { tenant: 'a' },
    })
  })

  it('tells a success with its result and its one attempt', async () => {
    const { plain, work, clock } = fixture()
    const handle = await plain.delay({ x: 1, note: 'n'.repeat(2_000) })
    await clock.advance(1_000)
    await work()
    const info = await handle.info()
    expect(info).toMatchObject({
      state: 'SUCCESS',
      result: { doubled: 2 },
      attempt: 1,
      input: { x: 1, note: 'n'.repeat(2_000) },
      attempts: [{ attempt: 1, outcome: 'success', startedAt: new Date(start + 1_000) }],
    })
    expect(info.finishedAt).toBeInstanceOf(Date)
    expect(info.resultUntil?.getTime()).toBe((info.finishedAt?.getTime() ?? 0) + 86_400_000)
  })

  it('tells a failure with its error and every attempt', async () => {
    const { plain, work } = fixture()
    const handle = await plain.delay({ x: 1, mode: 'fail' })
    await work(120_000)
    const info = await handle.info()
    expect(info).toMatchObject({
      state: 'FAILURE',
      reason: 'failure',
      attempt: 4,
      error: { name: 'ExpectedException', message: 'Task expected to fail', cause: { name: 'TypeError' } },
    })
    expect(info.attempts.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, 'retry'],
      [2, 'retry'],
      [3, 'retry'],
      [4, 'failure'],
    ])
  })

  it('shows nothing of the input of a task that this process does not know', async () => {
    const { app } = fixture()
    const handle = await app.send('elsewhere', { secret: 'hush' }, { queue: 'emails' })
    expect((await handle.info()).input).toBe('[redacted]')
  })
})

describe('a handle made elsewhere', () => {
  it('asks the same record', async () => {
    const { plain, app, work, settled } = fixture()
    const { id } = await plain.delay({ x: 1 })
    const handle = app.result<{ doubled: number }>(id)
    expect(handle.deduplicated).toBeUndefined()
    expect(await handle.state()).toBe('QUEUED')
    await work()
    expect(await settled(handle.get())).toEqual({ doubled: 2 })
  })
})
