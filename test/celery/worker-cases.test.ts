import { createApp, RejectError, type RetryOptions, type TaskContext } from 'celeriac'
import { createTestApp } from 'celeriac/testing'
import { describe, expect, it } from 'vitest'
import { backoffMs, resolveRetry } from '../../shared/core/retry.ts'

/** Celery's behaviours on the worker's side, each with the number it has in docs/celery-cases.md. */
class ExpectedError extends Error {
  override readonly name = 'ExpectedError'
}

function one(retry: RetryOptions | false, run: (context: TaskContext) => unknown) {
  const app = createApp({ name: 'celery', queues: { default: {} } })
  let runs = 0
  const task = app.task('case', { retry }, (_: unknown, context) => {
    runs += 1
    return run(context)
  })
  return { test: createTestApp(app), task, runs: () => runs }
}

const quick = { delay: '1s', jitter: false } as const

describe('calls', () => {
  it('A25: rejected with requeue at the first delivery, it succeeds at the second', async () => {
    const { task, runs } = one({}, (context) => {
      if (context.receiveCount === 1) throw new RejectError('first pass', { requeue: true })
      return 'second-pass'
    })
    expect(await (await task.delay({})).get()).toBe('second-pass')
    expect(runs()).toBe(2)
  })

  it('A30: an error that cannot be serialised leaves its name and message', async () => {
    const { task } = one(false, () => {
      const error = new ExpectedError('foo')
      Object.assign(error, { self: error, socket: () => {} })
      throw error
    })
    const handle = await task.delay({})
    await expect(handle.get()).rejects.toMatchObject({ cause: { name: 'ExpectedError', message: 'foo' } })
    expect(await handle.state()).toBe('FAILURE')
  })

  it('A31: what the caller puts into the headers is there when the task runs', async () => {
    const { task } = one({}, (context) => context.headers.app_id)
    expect(await (await task.applyAsync({}, { headers: { app_id: '1234' } })).get()).toBe('1234')
  })

  it('A35: a task that minds its soft time limit fails with it', async () => {
    const app = createApp({ name: 'celery', queues: { default: {} } })
    const sleeping = app.task(
      'sleeping',
      { retry: false, softTimeLimit: '1s', timeLimit: '5s' },
      (_: unknown, { signal }) => {
        return new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      },
    )
    createTestApp(app, { patience: 0.05 })
    await expect((await sleeping.delay({})).get()).rejects.toMatchObject({
      cause: { name: 'SoftTimeLimitExceededError' },
    })
  })
})

describe('retries', () => {
  it('R1: RETRY is seen in between, FAILURE with the task’s own error at the end', async () => {
    const { test, task } = one({ ...quick, maxRetries: 3 }, (context) =>
      context.retry({ error: new ExpectedError('no') }),
    )
    const handle = await task.delay({})
    await test.run()
    expect(await handle.state()).toBe('RETRY')
    await expect(handle.get()).rejects.toMatchObject({ cause: { name: 'ExpectedError' } })
    expect(await handle.state()).toBe('FAILURE')
  })

  it('R3: retried once, it returns the number of retries', async () => {
    const { task } = one(quick, (context) => (context.retries === 0 ? context.retry() : context.retries))
    expect(await (await task.applyAsync({}, { expires: 60 })).get()).toBe(1)
  })

  it.each([
    ['R8: max_retries 3 is 4 runs', { maxRetries: 3 }, undefined, 4],
    ['R8: a call’s own max_retries 10 is 11 runs', { maxRetries: 3 }, 10, 11],
    ['R11: 5 is 6 runs', { maxRetries: 5 }, undefined, 6],
    ['R6: 1 is 2 runs', { maxRetries: 1 }, undefined, 2],
  ])('%s', async (_name, policy, ofTheCall, expected) => {
    const { task, runs } = one({ ...quick, maxDelay: '1s', ...policy }, () => {
      throw new ExpectedError('again')
    })
    const handle = await task.applyAsync({}, ofTheCall === undefined ? {} : { retry: { maxRetries: ofTheCall } })
    await expect(handle.get()).rejects.toThrow('again')
    expect(runs()).toBe(expected)
  })

  it('R9: asked for without an error, the last one is MaxRetriesExceededError, after 3 runs', async () => {
    const { task, runs } = one({ ...quick, maxRetries: 2 }, (context) => context.retry())
    await expect((await task.delay({})).get()).rejects.toMatchObject({ cause: { name: 'MaxRetriesExceededError' } })
    expect(runs()).toBe(3)
  })

  it('R13: without jitter a factor of 2 gives 1, 2, 4, 8; no backoff gives the delay each time', () => {
    const delays = (options: RetryOptions) =>
      [0, 1, 2, 3].map((retries) => backoffMs(resolveRetry(options, 'case'), retries, 0.5) / 1_000)
    expect(delays({ delay: 1, factor: 2, jitter: false })).toEqual([1, 2, 4, 8])
    expect(delays({ delay: 2, factor: 2, jitter: false })).toEqual([2, 4, 8, 16])
    expect(delays({ delay: 180, backoff: 'none', maxDelay: '10m', jitter: false })).toEqual([180, 180, 180, 180])
  })

  it('R14: jitter is uniform in [0, d], capped, never negative', () => {
    const policy = resolveRetry({ delay: 40, factor: 2, maxDelay: 100 }, 'case')
    expect([0, 0.5, 0.999].map((random) => backoffMs(policy, 3, random))).toEqual([0, 50_000, 99_900])
    expect(backoffMs(resolveRetry({ delay: 40, factor: -40, jitter: false }, 'case'), 3, 0.5)).toBe(0)
  })

  it('R16: retry(error, maxRetries 0) inside the third run ends it with that error', async () => {
    const { task, runs } = one({ ...quick, maxRetries: 10 }, (context) => {
      if (context.attempt < 3) throw new Error('automatic')
      return context.retry({ error: new ExpectedError('mine'), maxRetries: 0 })
    })
    await expect((await task.delay({})).get()).rejects.toMatchObject({
      cause: { name: 'ExpectedError', message: 'mine' },
    })
    expect(runs()).toBe(3)
  })
})
