import { describe, expect, it } from 'vitest'
import type { TaskMessage } from '../../shared/core/message.ts'
import { createWorld, type WorldOptions } from './world.ts'

const hourMs = 3_600_000

/** A world whose task is fired and forgotten. */
const off = (options: WorldOptions = {}) => createWorld({ ...options, task: { ledger: 'off', ...options.task } })

describe('a task without a ledger', () => {
  it('runs, and leaves nothing', async () => {
    const world = off()
    await world.until(world.work.delay({ value: 1 }))
    await world.run()
    expect(world.runs).toHaveLength(1)
    expect(world.table.records.all()).toEqual([])
    expect(world.bodies()).toEqual([])
  })

  it('of a foreign producer, who says no more than its name: the queue knows since when it waits', async () => {
    const world = off({ stopped: true })
    const sentAt = world.clock.now()
    world.sendRaw('{"celeriac":1,"id":"foreign","task":"work","input":{}}')
    await world.clock.advance(5_000)
    world.start()
    await world.run()
    expect(world.runs).toMatchObject([{ id: 'foreign', context: { enqueuedAt: new Date(sentAt) } }])
  })

  it('is not started after `expires`', async () => {
    const world = off({ stopped: true })
    const handle = await world.until(world.work.applyAsync({}, { expires: 5 }))
    await world.clock.advance(6_000)
    world.start()
    await world.run()
    expect(world.runs).toEqual([])
    expect(world.telemetry.ofType('expired')).toMatchObject([{ id: handle.id }])
    expect({ left: world.bodies(), dead: world.dead() }).toEqual({ left: [], dead: [] })
  })

  it('is tried again as often as its policy says, counted by receives; then a dead letter', async () => {
    const world = off({ retry: { maxRetries: 2, delay: '5s', jitter: false } })
    await world.until(world.work.delay({ mode: 'throw' }))
    await world.run()
    expect(world.runs.map((run) => run.attempt)).toEqual([1, 2, 3])
    expect(world.dead()).toMatchObject([{ dead: { reason: 'failure', attempt: 3, error: { name: 'TypeError' } } }])
  })

  it.each([['1h'], ['5h']] as const)('waits %s for its retry: copies on the way are no attempts', async (delay) => {
    const world = off({ retry: { maxRetries: 2, delay, maxDelay: '5h', backoff: 'none', jitter: false } })
    await world.until(world.work.delay({ mode: 'throw' }))
    await world.run()
    expect(world.runs.map((run) => run.attempt)).toEqual([1, 2, 3])
    expect(world.dead()).toMatchObject([{ dead: { reason: 'failure' } }])
  })

  it('snoozes for hours, uncounted: it is not taken for one whose worker died', async () => {
    const world = off()
    await world.until(world.work.delay({ mode: 'snooze', ms: 2 * hourMs, times: 5 }))
    await world.run()
    expect(world.runs.map((run) => run.attempt)).toEqual([1, 1, 1, 1, 1, 1])
    const first = world.runs[0]?.at ?? 0
    expect(world.runs.map((run) => Math.round((run.at - first) / hourMs))).toEqual([0, 2, 4, 6, 8, 10])
    expect(world.dead()).toEqual([])
  })

  it('whose worker dies each time ends in the dead-letter queue', async () => {
    const world = off({ retry: { maxRetries: 1 } })
    await world.until(world.work.delay({ mode: 'exit', times: 99 }))
    await world.run()
    expect(world.runs.map((run) => run.attempt)).toEqual([1, 2])
    expect(world.dead()).toMatchObject([{ dead: { reason: 'worker-lost', error: { name: 'WorkerLostError' } } }])
    expect(world.bodies()).toEqual([])
  })

  it('twice in one batch runs once; the copy comes again', async () => {
    const world = off({ stopped: true })
    await world.until(world.work.delay({ value: 1 }))
    for (const body of world.bodies()) world.sendRaw(body)
    world.start()
    await world.clock.advance(500)
    expect(world.runs).toHaveLength(1)
    await world.run()
    // At least once: nobody remembers the first.
    expect(world.runs).toHaveLength(2)
    expect(world.bodies()).toEqual([])
  })

  it('that nobody knows waits a quarter of an hour for a deploy, then is a dead letter', async () => {
    const world = off()
    world.sendRaw('{"celeriac":1,"id":"gone-1","task":"gone","ledger":"off"}')
    await world.clock.advance(14 * 60_000)
    expect(world.dead()).toEqual([])
    await world.run()
    expect(world.dead()).toMatchObject([{ id: 'gone-1', dead: { reason: 'unknown-task' } }])
    expect(world.table.records.all()).toEqual([])
  })

  it('known by the message alone keeps its mode when it is sent afresh', async () => {
    const world = off({ retry: { delay: '5m', jitter: false } })
    world.sendRaw('{"celeriac":1,"id":"foreign","task":"work","input":{"mode":"throw"}}')
    await world.clock.advance(10_000)
    const [copy] = world.bodies().map((body) => JSON.parse(body) as TaskMessage)
    expect(copy).toMatchObject({ id: 'foreign', ledger: 'off', attempt: 1 })
  })
})
