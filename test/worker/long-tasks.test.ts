import { expect, it } from 'vitest'
import { seededRandom } from '../../shared/memory/seeded-random.ts'
import { createBatchWorker } from '../../shared/worker/index.ts'
import { createWorld } from './world.ts'

const minuteMs = 60_000

it('a container runs a task for longer than Lambda could, once, and its message stays hidden meanwhile', async () => {
  const world = createWorld({ stopped: true, queue: { timeout: '3h', batchSize: 1 }, retry: false })
  const { clock, telemetry, table, queues } = world
  const worker = createBatchWorker({
    app: world.app.definition,
    ports: { clock, random: seededRandom(2), ...table, queues, telemetry },
  })
  world.app.task('encode', { queue: 'main' }, async () => {
    await new Promise<void>((resolve) => clock.timer(120 * minuteMs, resolve))
    return 'encoded'
  })
  const { id } = await world.until(world.app.send('encode', null))
  const receive = () => queues.receive('main', { max: 10, waitSeconds: 0, hideSeconds: 60 })
  const worked = worker.work('main', await receive(), {})
  for (let minute = 0; minute < 119; minute += 1) {
    await clock.advance(minuteMs)
    expect(await receive()).toEqual([])
  }
  expect(await world.until(worked)).toEqual({ failed: [] })
  expect(world.record(id)).toMatchObject({ state: 'SUCCESS', attempt: 1 })
})
