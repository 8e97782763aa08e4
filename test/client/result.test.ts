import {
  GetInsideTaskError,
  LedgerUnavailableError,
  RemoteError,
  ResultGoneError,
  ResultTimeoutError,
  TableAccessError,
  TaskExpiredError,
  TaskFailedError,
  TaskNotFoundError,
  TaskRevokedError,
} from 'celeriac'
import { describe, expect, it } from 'vitest'
import type { PortCall } from '../../shared/memory/faults.ts'
import { currentTask } from '../../shared/protocol/current-task.ts'
import { fixture, hit, start } from './world.ts'

describe('get', () => {
  it('waits for the result, however long', async () => {
    const { plain, work, settled, clock } = fixture()
    const handle = await plain.delay({ x: 1 })
    const got = handle.get()
    await clock.advance(60_000)
    await work()
    expect(await settled(got)).toEqual({ doubled: 2 })
  })

  it('gives undefined for a task that returns nothing', async () => {
    const { plain, work, settled } = fixture()
    const handle = await plain.delay({ x: 1, mode: 'nothing' })
    await work()
    expect(await settled(handle.get())).toBeUndefined()
  })

  it('gives tagged values as they were', async () => {
    const { app, work, settled } = fixture()
    const value = {
      date: new Date(5),
      big: 2n ** 70n,
      map: new Map([['a', new Set([1])]]),
      bytes: new Uint8Array([1, 2]),
      none: Number.NaN,
    }
    const echo = app.task('values', { queue: 'emails' }, async (input: typeof value) => input)
    const handle = await echo.delay(value)
    await work()
    expect(await settled(handle.get())).toEqual(value)
  })

  it('A5: gives up after its time-out; the task goes on', async () => {
    const { plain, work, settled, rejection, clock } = fixture()
    const handle = await plain.delay({ x: 1 })
    const error = await rejection(handle.get({ timeout: 5 }))
    expect(error).toBeInstanceOf(ResultTimeoutError)
    expect((error as Error).message).toContain('still QUEUED after 5000 ms')
    expect(clock.now() - start).toBe(5_000)
    await work()
    expect(await settled(handle.get())).toEqual({ doubled: 2 })
  })

  it('gives up after 5 minutes when nothing is said, and never when told so', async () => {
    const { plain, rejection, clock, work, settled } = fixture()
    const handle = await plain.delay({ x: 1 })
    expect(await rejection(handle.get())).toBeInstanceOf(ResultTimeoutError)
    expect(clock.now() - start).toBe(300_000)
    const got = handle.get({ timeout: null })
    await clock.advance(7_200_000)
    await work()
    expect(await settled(got)).toEqual({ doubled: 2 })
  })

  it('a time-out of nothing asks once', async () => {
    const { plain, work, settled, rejection } = fixture()
    const handle = await plain.delay({ x: 1 })
    expect(await rejection(handle.get({ timeout: 0 }))).toBeInstanceOf(ResultTimeoutError)
    await work()
    expect(await settled(handle.get({ timeout: 0 }))).toEqual({ doubled: 2 })
  })

  it('A6: a failure is its error, with what was thrown as cause, and its causes', async () => {
    const { plain, work, rejection } = fixture()
    const handle = await plain.applyAsync({ x: 1, mode: 'fail' }, { retry: false })
    await work()
    const error = (await rejection(handle.get())) as TaskFailedError
    expect(error).toBeInstanceOf(TaskFailedError)
    expect(error).toMatchObject({ id: handle.id, task: 'plain', attempts: 1, code: 'task-failed' })
    expect(error.message).toContain('ExpectedException: Task expected to fail')
    const cause = error.cause as RemoteError
    expect(cause).toBeInstanceOf(RemoteError)
    expect(cause).toMatchObject({ name: 'ExpectedException', message: 'Task expected to fail', code: 'expected' })
    expect(cause.stack).toContain('world.ts')
    expect(cause.cause).toMatchObject({ name: 'TypeError', message: 'because' })
    expect([await handle.state(), await handle.ready(), await handle.failed(), await handle.successful()]).toEqual([
      'FAILURE',
      true,
      true,
      false,
    ])
  })

  it('gives the error as a value where it is not to be thrown', async () => {
    const { plain, work, settled, rejection } = fixture()
    const failed = await plain.applyAsync({ x: 1, mode: 'fail' }, { retry: false })
    const fine = await plain.delay({ x: 1 })
    await work()
    expect(await settled(failed.get({ propagate: false }))).toBeInstanceOf(TaskFailedError)
    expect(await settled(fine.get({ propagate: false }))).toEqual({ doubled: 2 })
    const { plain: other } = fixture()
    const open = await other.delay({ x: 1 })
    void open
    expect(
      await rejection(plain.delay({ x: 1 }).then((each) => each.get({ propagate: false, timeout: 1 }))),
    ).toBeInstanceOf(ResultTimeoutError)
  })

  it('A18: a revoked task rejects with TaskRevokedError; it is ready, and neither failed nor successful', async () => {
    const { plain, work, rejection, runs } = fixture()
    const handle = await plain.delay({ x: 1 })
    expect(await handle.revoke()).toBe('REVOKED')
    await work(3_600_000)
    const error = await rejection(handle.get())
    expect(error).toBeInstanceOf(TaskRevokedError)
    expect(error).not.toBeInstanceOf(TaskExpiredError)
    expect([await handle.state(), await handle.ready(), await handle.failed(), await handle.successful()]).toEqual([
      'REVOKED',
      true,
      false,
      false,
    ])
    expect(runs).toEqual([])
  })

  it('A8: an expired task rejects with a TaskRevokedError; it is ready, and neither failed nor successful', async () => {
    const { plain, work, rejection, clock, runs } = fixture()
    const handle = await plain.applyAsync({ x: 1 }, { expires: new Date(start + 1_000) })
    await clock.advance(5_000)
    await work()
    const error = await rejection(handle.get())
    expect(error).toBeInstanceOf(TaskRevokedError)
    expect(error).toBeInstanceOf(TaskExpiredError)
    expect([await handle.state(), await handle.ready(), await handle.failed(), await handle.successful()]).toEqual([
      'EXPIRED',
      true,
      false,
      false,
    ])
    expect(runs).toEqual([])
  })

  it('an unknown id is an error, not a wait', async () => {
    const { app, rejection, clock } = fixture()
    const handle = app.result('nobody')
    for (const ask of ['get', 'state', 'ready', 'info', 'revoke', 'forget'] as const) {
      expect(await rejection(handle[ask]())).toBeInstanceOf(TaskNotFoundError)
    }
    expect(clock.now()).toBe(start)
  })

  it('an ignored task gives undefined', async () => {
    const { plain, work, settled } = fixture()
    const handle = await plain.delay({ x: 1, mode: 'ignore' })
    await work()
    expect(await settled(handle.get())).toBeUndefined()
    expect(await handle.state()).toBe('IGNORED')
  })

  it('A38: a task that stores no result gives undefined at once, and asks nobody', async () => {
    const reads: PortCall[] = []
    const { silent, clock, work, app, settled, record } = fixture({
      faults: (call) => {
        if (call.port === 'records' && call.method === 'read') reads.push(call)
        return undefined
      },
    })
    const handle = await silent.delay({ x: 1 })
    expect(handle.ignored).toBe(true)
    expect(await handle.get()).toBeUndefined()
    expect(reads).toEqual([])
    expect(clock.pending).toBe(0)
    await work()
    expect((await record(handle.id)).result).toBeUndefined()
    // A handle made elsewhere does not know, waits for the end, and gets nothing either.
    expect(await settled(app.result(handle.id).get())).toBeUndefined()
  })

  it('A38: leaves no timer and no listener behind, however it ends', async () => {
    const { plain, work, settled, rejection, clock } = fixture()
    const listeners: string[] = []
    const stop = new AbortController()
    const { signal } = stop
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...given: Parameters<typeof add>) => {
      listeners.push('added')
      add(...given)
    }
    signal.removeEventListener = (...given: Parameters<typeof remove>) => {
      listeners.push('removed')
      remove(...given)
    }
    const handle = await plain.delay({ x: 1 })
    await rejection(handle.get({ timeout: 3, signal }))
    expect(clock.pending).toBe(0)
    const got = handle.get({ signal })
    await work()
    await settled(got)
    expect(clock.pending).toBe(0)
    expect(listeners).toEqual(['added', 'removed', 'added', 'removed'])
    await handle.forget()
    expect(clock.pending).toBe(0)
  })

  it('can be aborted, before and while it waits', async () => {
    const { plain, rejection, clock } = fixture()
    const handle = await plain.delay({ x: 1 })
    const stop = new AbortController()
    const got = rejection(handle.get({ signal: stop.signal }))
    clock.timer(1_000, () => stop.abort(new Error('enough')))
    expect(await got).toMatchObject({ message: 'enough' })
    expect(await rejection(handle.get({ signal: stop.signal }))).toMatchObject({ message: 'enough' })
    expect(clock.pending).toBe(0)
    expect(clock.now() - start).toBe(1_000)
  })

  it('is refused inside a task, unless it is allowed', async () => {
    const { plain, work, settled, rejection } = fixture()
    const handle = await plain.delay({ x: 1 })
    await work()
    const running = { id: 'a', root: 'a', traceparent: undefined, fail: () => {} }
    const inside = <Value>(ask: () => Promise<Value>) => currentTask.run(running, ask)
    expect(await rejection(inside(() => handle.get()))).toBeInstanceOf(GetInsideTaskError)
    expect(await settled(inside(() => handle.get({ allowInsideTask: true })))).toEqual({ doubled: 2 })
  })

  it('is refused inside a task that a worker runs', async () => {
    const { app, work, rejection, plain } = fixture()
    const other = await plain.delay({ x: 1 })
    const outer = app.task('outer', { queue: 'slow', retry: false }, async () => other.get())
    const handle = await outer.delay()
    await work()
    const error = (await rejection(handle.get())) as TaskFailedError
    expect(error.cause).toMatchObject({ name: 'GetInsideTaskError', code: 'get-inside-task' })
  })
})

describe('what is no longer kept', () => {
  it('a result after its resultTtl', async () => {
    const { plain, work, rejection, clock } = fixture()
    const handle = await plain.delay({ x: 1 })
    await work()
    await clock.advance(86_400_000)
    const error = await rejection(handle.get())
    expect(error).toBeInstanceOf(ResultGoneError)
    expect(error).toMatchObject({ state: 'SUCCESS', message: expect.stringContaining('resultTtl') })
    expect(await handle.successful()).toBe(true)
  })

  it('an error after its resultTtl', async () => {
    const { plain, work, rejection, clock } = fixture()
    const handle = await plain.applyAsync({ x: 1, mode: 'fail' }, { retry: false })
    await work()
    await clock.advance(86_400_000)
    expect(await rejection(handle.get({ propagate: false }))).toBeInstanceOf(ResultGoneError)
    expect(await handle.info()).toMatchObject({ hidden: true, error: undefined, attempts: [], state: 'FAILURE' })
  })

  it('anything of a forgotten task', async () => {
    const { plain, work, rejection } = fixture()
    const handle = await plain.delay({ x: 1 })
    await work()
    await handle.forget()
    expect(await rejection(handle.get())).toMatchObject({
      code: 'result-gone',
      message: expect.stringContaining('forgotten'),
    })
  })
})

describe('many handles', () => {
  function readsOf() {
    const reads: number[] = []
    let open: { call: number; size: number } | undefined
    const faults = (call: PortCall): undefined => {
      if (call.port !== 'records' || call.method !== 'read') return
      if (open?.call === call.call) open.size++
      else {
        if (open) reads.push(open.size)
        open = { call: call.call, size: 1 }
      }
    }
    return {
      faults,
      sizes: () => (open ? [...reads, open.size] : reads),
    }
  }

  it('a thousand share their reads', async () => {
    const { faults, sizes } = readsOf()
    const { plain, work, settled, clock } = fixture({ faults })
    const handles = []
    for await (const { handle } of plain.delayMany(Array.from({ length: 1_000 }, (_, x) => ({ x })))) {
      if (handle) handles.push(handle)
    }
    const before = sizes().length
    const got = Promise.all(handles.map((handle) => handle.get()))
    await clock.advance(10_000)
    const whileWaiting = sizes().slice(before)
    // 50 ms growing by half to 2 s: eleven or so rounds in ten seconds, each one read for all.
    expect(whileWaiting.length).toBeLessThan(16)
    expect(whileWaiting.every((size) => size === 1_000)).toBe(true)
    await work()
    expect(await settled(got)).toEqual(handles.map((_, x) => ({ doubled: x * 2 })))
  })

  it('those that came at different times share most of their reads', async () => {
    const { faults, sizes } = readsOf()
    const { plain, clock, rejection } = fixture({ faults })
    const waits: Promise<unknown>[] = []
    for (let index = 0; index < 50; index++) {
      const handle = await plain.delay({ x: index })
      waits.push(handle.get({ timeout: 60 }).catch(() => {}))
      await clock.advance(137)
    }
    await clock.advance(10_000)
    const before = sizes().length
    await clock.advance(20_000)
    // Fifty handles that ask every 2 s by themselves would be 500 reads.
    expect(sizes().length - before).toBeLessThan(45)
    await rejection(Promise.all(waits))
  })

  it('one id awaited twice is read once', async () => {
    const { faults, sizes } = readsOf()
    const { plain, app, work, settled, clock } = fixture({ faults })
    const { id } = await plain.delay({ x: 1 })
    const got = Promise.all([app.result(id).get(), app.result(id).get()])
    await clock.advance(1_000)
    expect(sizes().every((size) => size === 1)).toBe(true)
    await work()
    expect(await settled(got)).toEqual([{ doubled: 2 }, { doubled: 2 }])
  })

  it('a result that is there is given at the first read', async () => {
    const { faults, sizes } = readsOf()
    const { plain, work, settled, clock } = fixture({ faults })
    const handle = await plain.delay({ x: 1 })
    await work()
    const [reads, at] = [sizes().length, clock.now()]
    await settled(handle.get())
    expect(sizes().length - reads).toBe(1)
    expect(clock.now()).toBe(at)
  })
})

describe('reads that lag behind', () => {
  it('an eventually consistent read of the opening before is not the end of this one', async () => {
    const { app, keyed, ports, work, rejection, settled } = fixture()
    const first = await keyed.delay({ x: 1, mode: 'fail' })
    await work()
    const [stale] = await ports.records.read([first.id], { consistent: true })
    const second = await keyed.delay({ x: 1 })
    let lagging = true
    const read: typeof ports.records.read = async (ids, how) =>
      lagging && !how.consistent ? ids.map(() => stale) : ports.records.read(ids, how)
    app.connect({ records: { ...ports.records, read } })
    expect(await rejection(second.get({ timeout: 5 }))).toBeInstanceOf(ResultTimeoutError)
    await work()
    lagging = false
    expect(await settled(second.get())).toEqual({ doubled: 2 })
  })

  it('a record that such a read does not show yet is looked for again', async () => {
    const { app, plain, ports, work, settled } = fixture()
    const read: typeof ports.records.read = async (ids, how) =>
      how.consistent ? ports.records.read(ids, how) : ids.map(() => undefined)
    app.connect({ records: { ...ports.records, read } })
    const handle = await plain.delay({ x: 1 })
    const got = handle.get()
    await work()
    expect(await settled(got)).toEqual({ doubled: 2 })
  })
})

describe('a table that does not answer', () => {
  it('for a while is waited for', async () => {
    let down = true
    const { plain, work, settled, clock } = fixture({
      faults: (call) =>
        down && call.port === 'records' && call.method === 'read' ? { type: 'request-lost' } : undefined,
    })
    const handle = await plain.delay({ x: 1 })
    await work()
    const got = handle.get()
    clock.timer(15_000, () => {
      down = false
    })
    expect(await settled(got)).toEqual({ doubled: 2 })
  })

  it('for longer than 20 s is an error of its own', async () => {
    const { plain, rejection, clock } = fixture({ faults: hit('read', { type: 'request-lost' }) })
    const handle = await plain.delay({ x: 1 })
    expect(await rejection(handle.get())).toBeInstanceOf(LedgerUnavailableError)
    expect(clock.now() - start).toBeLessThan(30_000)
    expect(clock.pending).toBe(0)
  })

  it('that refuses every request is an error at once', async () => {
    const { app, plain, ports, rejection, clock } = fixture()
    const handle = await plain.delay({ x: 1 })
    const denied = new TableAccessError('shop', 'DynamoDB in eu-west-1', 'it is not there')
    const deny = () => Promise.reject(denied)
    app.connect({ records: { ...ports.records, read: deny, insert: deny } })
    expect(await rejection(handle.get())).toBe(denied)
    expect(await rejection(plain.delay({ x: 1 }))).toMatchObject({ cause: denied, maybeSent: false, mayRun: false })
    expect(clock.now()).toBe(start)
  })
})
