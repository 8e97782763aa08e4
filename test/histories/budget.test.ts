import { describe, expect, it } from 'vitest'
import { createWorld, type WorldOptions } from '../worker/world.ts'

/**
 * What a task costs, counted in requests of AWS and writes of the table: DESIGN's budget for bulk enqueues by tens, full batches, no retry, no
 * key, small records. The poller's receive and delete are requests, too.
 */
async function costs(tasks: number, options: WorldOptions = {}) {
  const world = createWorld({ ...options, stopped: true })
  const requests: Record<string, number> = {}
  let recordWrites = 0
  let statisticsWrites = 0
  const add = (method: string, count: number) => {
    requests[method] = (requests[method] ?? 0) + count
  }
  world.plan = ({ port, method, entries }) => {
    // A port takes a batch of any size: SQS and PartiQL take ten and twenty-five entries a request, a read a hundred.
    const size = method === 'read' ? 100 : method === 'insert' || method === 'update' ? 25 : 10
    add(`${port}.${method}`, Math.max(1, Math.ceil(entries.length / size)))
    if (method === 'insert' || method === 'update') recordWrites += entries.length
    if (method === 'add') statisticsWrites += entries.length
    return undefined
  }
  const bulk = world.work.delayMany(Array.from({ length: tasks }, (_, value) => ({ value })))
  await world.until(Promise.resolve(bulk))
  world.start()
  await world.run()
  // The mapping receives and deletes once a batch.
  add('queues.receive', world.invocations.length)
  add('queues.acknowledge', world.invocations.length)
  const total = Object.values(requests).reduce((sum, count) => sum + count, 0)
  return {
    world,
    requests,
    perTask: total / tasks,
    recordWrites: recordWrites / tasks,
    statisticsWrites: statisticsWrites / tasks,
  }
}

describe('the budget of a task', () => {
  it('0.7 requests, 3 record writes, 0.1 statistics writes', async () => {
    const { world, requests, perTask, recordWrites, statisticsWrites } = await costs(1_000)
    expect(world.table.records.all().filter(({ state }) => state === 'SUCCESS')).toHaveLength(1_000)
    expect(world.invocations).toHaveLength(100)
    // Insert, send, receive, claim, settle, delete, statistics: a tenth each. The pause is looked at once in some seconds.
    expect(requests).toMatchObject({
      'records.insert': 100,
      'records.update': 200,
      'statistics.add': 100,
      'queues.send': 100,
      'queues.receive': 100,
      'queues.acknowledge': 100,
    })
    expect(requests['records.read']).toBeUndefined()
    expect(perTask).toBeLessThanOrEqual(0.701)
    expect(recordWrites).toBe(3)
    expect(statisticsWrites).toBeLessThanOrEqual(0.1)
  })

  it('records stay within one write unit', async () => {
    const { world } = await costs(10)
    for (const record of world.table.records.all()) expect(JSON.stringify(record).length).toBeLessThan(1_024)
  })

  it('without a ledger: 0.3 requests, nothing in the table', async () => {
    const { world, requests, perTask, recordWrites } = await costs(1_000, { task: { ledger: 'off' } })
    expect(world.runs).toHaveLength(1_000)
    expect(requests).toMatchObject({ 'queues.send': 100, 'queues.receive': 100, 'queues.acknowledge': 100 })
    expect(requests['records.update']).toBeUndefined()
    expect(requests['records.insert']).toBeUndefined()
    expect(recordWrites).toBe(0)
    expect(perTask).toBeLessThanOrEqual(0.3)
  })
})
