import { describe, expect, it } from 'vitest'
import { createWorld } from '../worker/world.ts'

/** Celery's cases in which processes die or messages come twice, each with its number in docs/celery-cases.md. */
describe('calls', () => {
  it('A21: before a worker has it, a revoked task is discarded when received', async () => {
    const world = createWorld({ stopped: true })
    const handle = await world.until(world.work.delay({ mode: 'sleep', ms: 4_000 }))
    await world.until(handle.revoke())
    world.start()
    await world.run()
    expect(world.runs).toEqual([])
    expect(world.record(handle.id).state).toBe('REVOKED')
  })

  it('A21: while it runs, it stops and never ends its sleep', async () => {
    const world = createWorld()
    const handle = await world.until(world.work.delay({ mode: 'sleep', ms: 40_000, value: 'Done waiting' }))
    await world.clock.advance(5_000)
    await world.until(handle.revoke())
    await world.run()
    expect(world.record(handle.id)).toMatchObject({ state: 'REVOKED' })
    expect(world.record(handle.id).result).toBeUndefined()
  })

  it('A28: stored as SUCCESS, then redelivered: its code is not run again', async () => {
    const world = createWorld({ stopped: true })
    const handle = await world.until(world.work.delay({ value: 'first-pass' }))
    const [body] = world.bodies()
    world.start()
    await world.run()
    world.sendRaw(body ?? '')
    await world.run()
    expect(world.runs).toHaveLength(1)
    expect(await world.until(handle.get())).toBe('first-pass')
  })

  it('A40: the worker is killed during a task of five seconds: it still ends in its result', async () => {
    const world = createWorld()
    const handle = await world.until(world.work.delay({ mode: 'sleep', ms: 5_000, value: true }))
    await world.clock.advance(2_000)
    for (const process of world.environments) process.kill()
    await world.run()
    expect(await world.until(handle.get())).toBe(true)
    expect(world.runs).toHaveLength(2)
  })
})
