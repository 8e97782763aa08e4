import { expect, test } from 'vitest'
import { handleTick } from '../../shared/schedule/tick-handler.ts'
import { nine, scheduleWorld } from './world.ts'

test('the event of the rule runs one tick over its shards', async () => {
  const { app, clock, park, workUntil, runs } = scheduleWorld({ startAt: nine })
  await park('a', nine + 30_000)
  const handle = (event: unknown) => clock.runUntilSettled(handleTick(app, event, clock.now() + 120_000))
  expect(await handle({ celeriac: 'tick', shards: [0, 16] })).toMatchObject({ worked: true, tasks: 1 })
  await workUntil(nine + 60_000)
  expect(runs).toMatchObject([{ id: 'a', at: nine + 30_000 }])
  expect(await handle({ celeriac: 'tick' })).toMatchObject({ worked: true, tasks: 0 })
})

test('other events are none of its own; wrong shards are refused', async () => {
  const { app } = scheduleWorld()
  for (const event of [{ Records: [] }, undefined, 'tick', { celeriac: 'ping' }])
    expect(await handleTick(app, event, 0)).toBeUndefined()
  for (const shards of [
    [0, 17],
    [4, 4],
    [-1, 3],
    [0.5, 2],
  ])
    await expect(handleTick(app, { celeriac: 'tick', shards }, 0)).rejects.toThrow('tick: shards: expected [from, to]')
})
