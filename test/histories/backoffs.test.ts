import { describe, expect, it } from 'vitest'
import { timesOf } from '../../shared/core/app.ts'
import { queueName } from '../../shared/core/names.ts'
import { backoffMs, resolveRetry } from '../../shared/core/retry.ts'
import { planWait } from '../../shared/core/transport.ts'
import { createWorld } from '../worker/world.ts'

/** SQS: messages in flight per standard queue. */
const limit = 120_000

describe('backoffs of 150,000 tasks at once', () => {
  it.each([
    ['ten minutes each', resolveRetry({ delay: '10m', jitter: false }, 'test')],
    ['two hours each', resolveRetry({ delay: '2h', maxDelay: '2h', jitter: false }, 'test')],
  ])('%s: all wait as delayed copies, none in flight', (_name, policy) => {
    const times = timesOf(createWorld().app.definition, 'main')
    let hidden = 0
    for (let task = 0; task < 150_000; task++) {
      const waitMs = backoffMs(policy, 0, task / 150_000)
      if (planWait({ waitMs, ageMs: 1_000, receiveCount: 1, times }).kind === 'hide') hidden++
    }
    expect(hidden).toBe(0)
  })

  it('by default, the last pause of tasks that all failed together: fewer hidden than a queue may have in flight', () => {
    const times = timesOf(createWorld().app.definition, 'main')
    const policy = resolveRetry({ maxRetries: 8 }, 'test')
    const hiddenAt = (retries: number) => {
      let hidden = 0
      for (let task = 0; task < 150_000; task++) {
        const waitMs = backoffMs(policy, retries, task / 150_000)
        if (planWait({ waitMs, ageMs: 1_000, receiveCount: 1, times }).kind === 'hide') hidden++
      }
      return hidden
    }
    // From the fourth retry on (80 s) jitter puts ever fewer of them below a minute.
    expect(
      [3, 4, 5, 6]
        .map(hiddenAt)
        .every((hidden, index, all) => hidden < limit && (index === 0 || hidden < (all[index - 1] ?? 0))),
    ).toBe(true)
  })

  it('on the model of SQS, a fiftieth of it: in flight is what the workers hold', async () => {
    const world = createWorld({ retry: { delay: '10m', jitter: false, maxRetries: 1 }, concurrency: 5, stopped: true })
    const tasks = 3_000
    const inputs = Array.from({ length: tasks }, (_, value) => ({ mode: 'throw-first' as const, value }))
    await world.until(Promise.resolve(world.work.delayMany(inputs)))
    let most = 0
    world.plan = ({ process }) => {
      if (process.name.startsWith('worker'))
        most = Math.max(most, world.model.inspect.counts(queueName('fixture', 'main')).inFlight)
      return undefined
    }
    world.start()
    await world.run()
    expect(world.runs).toHaveLength(2 * tasks)
    expect(world.table.records.all().every(({ state, attempt }) => state === 'SUCCESS' && attempt === 2)).toBe(true)
    expect(world.bodies()).toEqual([])
    // Five invocations of ten messages.
    expect(most).toBeLessThanOrEqual(50)
  })
})
