import { describe, expect, it } from 'vitest'
import { TaskExpiredError, TaskFailedError, TaskRevokedError } from '../../shared/core/errors.ts'
import { createWorld, type WorkInput, type WorldOptions } from './world.ts'

/** Enqueues one task, lets everything happen, and tells what it came to. */
async function runOne(input: WorkInput, options: WorldOptions = {}) {
  const world = createWorld(options)
  const handle = await world.until(world.work.delay(input))
  await world.run()
  const record = world.record(handle.id)
  const waits = world.runs
    .slice(1)
    .map((run, index) => Math.round((run.at - (world.runs[index]?.endedAt ?? 0)) / 1_000))
  return { world, handle, record, runs: world.runs.length, waits, left: world.bodies().length, dead: world.dead() }
}

const noJitter = { jitter: false } as const

describe('what a run may come to', () => {
  it('returns: SUCCESS with its result', async () => {
    const { world, handle, record, runs, left, dead } = await runOne({ value: { a: [1, new Date(5)] } })
    expect(record).toMatchObject({ state: 'SUCCESS', attempt: 1, v: 3 })
    expect(await world.until(handle.get())).toEqual({ a: [1, new Date(5)] })
    expect({ runs, left, dead }).toEqual({ runs: 1, left: 0, dead: [] })
    expect(world.telemetry.storyOf(handle.id)).toEqual(['queued', 'started', 'succeeded'])
  })

  it('throws until no retries are left: FAILURE and a dead letter, after doubling pauses', async () => {
    const { world, handle, record, runs, waits, left, dead } = await runOne({ mode: 'throw' }, { retry: noJitter })
    expect(record).toMatchObject({ state: 'FAILURE', attempt: 4, reason: 'failure' })
    expect({ runs, waits, left }).toEqual({ runs: 4, waits: [10, 20, 40], left: 0 })
    expect(dead).toMatchObject([
      {
        id: handle.id,
        generation: 1,
        input: { mode: 'throw' },
        dead: { reason: 'failure', attempt: 4, error: { name: 'TypeError' } },
      },
    ])
    expect(world.deadAttributes()).toEqual(['failure'])
    await expect(world.until(handle.get())).rejects.toThrow(TaskFailedError)
    expect(JSON.parse(record.attempts ?? '[]')).toMatchObject([
      { attempt: 1, outcome: 'retry' },
      { attempt: 2, outcome: 'retry' },
      { attempt: 3, outcome: 'retry' },
      { attempt: 4, outcome: 'failure' },
    ])
  })

  it('throws, then returns: SUCCESS, and its last error is gone', async () => {
    const { record, runs } = await runOne({ mode: 'throw-first', times: 2, value: 'ok' })
    expect(record).toMatchObject({ state: 'SUCCESS', attempt: 3, result: '"ok"' })
    expect(record.error).toBeUndefined()
    expect(runs).toBe(3)
  })

  it('throws with retry: false: FAILURE at once', async () => {
    const { record, runs, dead } = await runOne({ mode: 'throw' }, { retry: false })
    expect(record).toMatchObject({ state: 'FAILURE', attempt: 1 })
    expect({ runs, dead: dead.length }).toEqual({ runs: 1, dead: 1 })
  })

  it('throws what it declared with `throws`: FAILURE without a dead letter', async () => {
    const { record, runs, dead } = await runOne({ mode: 'throw' }, { retry: false, task: { throws: TypeError } })
    expect(record).toMatchObject({ state: 'FAILURE', attempt: 1 })
    expect({ runs, dead }).toEqual({ runs: 1, dead: [] })
  })

  it('asks to be retried: RETRY after the delay it names, at last MaxRetriesExceededError', async () => {
    const { world, handle, record, waits } = await runOne({ mode: 'retry', ms: 7_000 })
    expect(waits).toEqual([7, 7, 7])
    expect(record).toMatchObject({ state: 'FAILURE', attempt: 4 })
    expect(world.errorOf(handle.id).name).toBe('MaxRetriesExceededError')
  })

  it('rejects: FAILURE and a dead letter at once', async () => {
    const { record, runs, dead } = await runOne({ mode: 'reject' })
    expect(record).toMatchObject({ state: 'FAILURE', attempt: 1, reason: 'rejected' })
    expect(runs).toBe(1)
    expect(dead).toMatchObject([{ dead: { reason: 'rejected' } }])
  })

  it('rejects with requeue: back to QUEUED, uncounted', async () => {
    const { record, world } = await runOne({ mode: 'requeue', times: 5, value: 'second pass' })
    expect(record).toMatchObject({ state: 'SUCCESS', attempt: 1 })
    expect(world.runs.map((run) => run.attempt)).toEqual([1, 1, 1, 1, 1, 1])
  })

  it('ignores: IGNORED, and get() gives undefined', async () => {
    const { world, handle, record, dead } = await runOne({ mode: 'ignore' })
    expect(record).toMatchObject({ state: 'IGNORED', attempt: 1 })
    expect(await world.until(handle.get())).toBeUndefined()
    expect(dead).toEqual([])
  })

  it('snoozes: QUEUED until then, uncounted; also for longer than a message can be delayed', async () => {
    const { world, record, waits } = await runOne({ mode: 'snooze', times: 6, ms: 40 * 60_000, value: 1 })
    expect(record).toMatchObject({ state: 'SUCCESS', attempt: 1 })
    for (const wait of waits) expect(wait).toBeGreaterThanOrEqual(2_400)
    for (const wait of waits) expect(wait).toBeLessThan(2_403)
    expect(world.runs.map((run) => run.attempt)).toEqual([1, 1, 1, 1, 1, 1, 1])
  })

  it('returns a function: FAILURE with a dead letter, not retried', async () => {
    const { world, handle, record, runs, dead } = await runOne({ mode: 'function' })
    expect(record).toMatchObject({ state: 'FAILURE', attempt: 1, reason: 'result-refused' })
    expect(world.errorOf(handle.id)).toMatchObject({ name: 'EncodeError' })
    expect({ runs, dead: dead.length }).toEqual({ runs: 1, dead: 1 })
  })

  it('leaks a rejection: the attempt fails with it', async () => {
    const { world, handle, record, runs } = await runOne({ mode: 'leak', ms: 10_000 }, { retry: { maxRetries: 1 } })
    expect(record).toMatchObject({ state: 'FAILURE', attempt: 2 })
    expect(world.errorOf(handle.id)).toMatchObject({ name: 'RangeError', message: 'nobody handles this' })
    expect(runs).toBe(2)
  })

  it('runs into its soft limit: the signal says so, and the error is a SoftTimeLimitExceededError', async () => {
    const { world, handle } = await runOne(
      { mode: 'sleep', ms: 30_000 },
      { retry: false, task: { timeLimit: '20s', softTimeLimit: '5s' } },
    )
    expect(world.errorOf(handle.id).name).toBe('SoftTimeLimitExceededError')
    expect(world.runs[0]?.endedAt).toBe((world.runs[0]?.at ?? 0) + 5_000)
  })

  it('runs into its hard limit although it ignores its signal: the attempt ends, and never settles again', async () => {
    const { world, handle, record } = await runOne(
      { mode: 'deaf', ms: 30_000, value: 'late' },
      { retry: false, task: { timeLimit: '5s' } },
    )
    expect(world.errorOf(handle.id).name).toBe('TimeLimitExceededError')
    expect(record.state).toBe('FAILURE')
    expect((record.finishedAt ?? 0) - (record.startedAt ?? 0)).toBeLessThan(5_200)
    expect(world.invocations.map(({ end }) => end)).toEqual(['answered'])
  })

  it('reports progress: the record carries it, its version does not move', async () => {
    const world = createWorld()
    const handle = await world.until(world.work.delay({ mode: 'progress', ms: 1_500, value: 'ok' }))
    await world.clock.advance(1_000)
    expect((await world.until(handle.info())).progress).toEqual({ done: 1 })
    expect(world.record(handle.id).v).toBe(2)
    await world.run()
    expect(world.record(handle.id)).toMatchObject({ state: 'SUCCESS', v: 3 })
    expect((await world.until(handle.info())).progress).toEqual({ done: 2 })
  })

  it('keeps the progress that was reported last, however short before the end', async () => {
    const { world, handle } = await runOne({ mode: 'progress', ms: 10, value: 'ok' })
    expect((await world.until(handle.info())).progress).toEqual({ done: 2 })
  })

  it('does not start after `expires`: EXPIRED, told as a kind of TaskRevokedError', async () => {
    const world = createWorld({ stopped: true })
    const handle = await world.until(world.work.applyAsync({}, { expires: 5 }))
    await world.clock.advance(6_000)
    world.start()
    await world.run()
    expect(world.record(handle.id)).toMatchObject({ state: 'EXPIRED', attempt: 0 })
    expect(world.runs).toEqual([])
    await expect(world.until(handle.get())).rejects.toThrow(TaskExpiredError)
    await expect(world.until(handle.get())).rejects.toThrow(TaskRevokedError)
    expect(world.bodies()).toEqual([])
  })

  it('expires between two attempts', async () => {
    const world = createWorld({ retry: { delay: '10s', jitter: false } })
    const handle = await world.until(world.work.applyAsync({ mode: 'throw' }, { expires: 15 }))
    await world.run()
    expect(world.record(handle.id)).toMatchObject({ state: 'EXPIRED', attempt: 2 })
    expect(world.runs).toHaveLength(2)
  })

  it('is not run before its countdown has passed', async () => {
    const world = createWorld()
    const before = world.clock.now()
    const handle = await world.until(world.work.applyAsync({ value: 1 }, { countdown: 90 }))
    await world.run()
    expect(world.record(handle.id).state).toBe('SUCCESS')
    const waited = (world.runs[0]?.at ?? 0) - before
    expect(waited).toBeGreaterThanOrEqual(89_500)
    expect(waited).toBeLessThan(92_000)
  })
})

describe('a revocation', () => {
  it('of a queued task: it never runs', async () => {
    const world = createWorld({ stopped: true })
    const handle = await world.until(world.work.delay({}))
    expect(await world.until(handle.revoke())).toBe('REVOKED')
    world.start()
    await world.run()
    expect(world.runs).toEqual([])
    expect(world.record(handle.id)).toMatchObject({ state: 'REVOKED', reason: 'revoked' })
    expect({ left: world.bodies(), dead: world.dead() }).toEqual({ left: [], dead: [] })
  })

  it('of a running task: its signal is aborted within seconds, and it ends in REVOKED', async () => {
    const world = createWorld()
    const handle = await world.until(world.work.delay({ mode: 'sleep', ms: 50_000 }))
    await world.clock.advance(10_000)
    expect(await world.until(handle.revoke())).toBe('STARTED')
    const asked = world.clock.now()
    await world.run()
    expect(world.record(handle.id).state).toBe('REVOKED')
    expect((world.runs[0]?.endedAt ?? 0) - asked).toBeLessThanOrEqual(3_500)
    expect(world.runs).toHaveLength(1)
  })

  it('of a task that waits for its retry: it does not run again', async () => {
    const world = createWorld({ retry: { delay: '1h', maxDelay: '1h', jitter: false } })
    const handle = await world.until(world.work.delay({ mode: 'throw' }))
    await world.clock.advance(5_000)
    expect(await world.until(handle.state())).toBe('RETRY')
    expect(await world.until(handle.revoke())).toBe('REVOKED')
    await world.run()
    expect(world.runs).toHaveLength(1)
    expect(world.bodies()).toEqual([])
  })

  it('asked for while an attempt is being settled as RETRY: there is no next one', async () => {
    const world = createWorld({ retry: { delay: '10s', jitter: false } })
    world.faultsOfWorkers((call) =>
      call.method === 'update' && call.entry.set.state === 'RETRY' ? { type: 'delayed', delayMs: 500 } : undefined,
    )
    const handle = await world.until(world.work.delay({ mode: 'throw' }))
    await world.clock.advance(100)
    expect(await world.until(handle.revoke())).toBe('STARTED')
    await world.run()
    expect(world.record(handle.id).state).toBe('REVOKED')
    expect(world.runs).toHaveLength(1)
  })
})
