import { describe, expect, it } from 'vitest'
import { table } from '../../shared/core/table.ts'
import type { RecordChange } from '../../shared/ports/index.ts'
import type { ProcessCall } from '../../shared/testing/simulated-process.ts'
import { createWorld } from './world.ts'

const projected: ReadonlySet<string> = new Set([
  ...table.timeIndex.projected,
  table.timeIndex.partitionKey,
  table.timeIndex.sortKey,
])

describe('what people filter by', () => {
  it('is in the record from the enqueue on, and in every message', async () => {
    const world = createWorld({ task: { tags: ['always'], tenant: () => 'own' }, retry: { maxRetries: 1, delay: 1 } })
    const handle = await world.until(
      world.work.applyAsync({ mode: 'throw' }, { tags: ['vip', 'always'], countdown: 30 }),
    )
    expect(world.record(handle.id)).toMatchObject({ tenant: 'own', tags: '|always|vip|' })
    const other = await world.until(world.work.applyAsync({ mode: 'throw' }, { tenant: 'acme' }))
    await world.run()
    expect(world.record(handle.id)).toMatchObject({ state: 'FAILURE', tenant: 'own', tags: '|always|vip|' })
    expect(world.record(other.id)).toMatchObject({ tenant: 'acme', tags: '|always|' })
    const dead = world.dead().find(({ id }) => id === handle.id)
    expect(dead).toMatchObject({ tenant: 'own' })
    expect([...(dead?.tags ?? [])].sort()).toEqual(['always', 'vip'])
  })

  it('never changes within an opening: an index entry would be written again', async () => {
    const world = createWorld({ retry: { maxRetries: 2, delay: 1 } })
    const changes: RecordChange[] = []
    world.plan = ({ port, method, entries }: ProcessCall) => {
      if (port === 'records' && method === 'update') changes.push(...(entries as readonly RecordChange[]))
      return undefined
    }
    const modes = ['throw', 'throw-first', 'snooze', 'exit', 'return'] as const
    for (const mode of modes) await world.until(world.work.applyAsync({ mode, ms: 5_000, times: 1 }, { tags: ['a'] }))
    await world.run()
    await world.redrive()
    await world.run()
    expect(changes.length).toBeGreaterThan(10)
    for (const { set, remove = [] } of changes) {
      // Opened anew, its keys change in any case.
      if (set.generation !== undefined) continue
      const touched = [...Object.keys(set), ...remove].filter((name) => projected.has(name) || name === 'enqueuedAt')
      expect(touched).toEqual([])
    }
  })

  it('a failure is listed with its group, its error, its worker and its attempts', async () => {
    const world = createWorld({ retry: { maxRetries: 1, delay: 1 } })
    const handle = await world.until(world.work.delay({ mode: 'throw' }))
    await world.run()
    const record = world.record(handle.id)
    expect(record).toMatchObject({ state: 'FAILURE', attempt: 2, reason: 'failure' })
    expect(record.fingerprint).toMatch(/^a[0-9a-f]{12}$/)
    expect(record.errorName).toBe(world.errorOf(handle.id).name)
    expect(record.errorText).toBe(world.errorOf(handle.id).message.slice(0, 160))
    expect(record.by).toMatch(/^[0-9a-f]{8}$/)
    const { attempts } = await world.until(handle.info())
    expect(attempts.map(({ by }) => by)).toEqual([record.by, record.by])
    await world.until(handle.forget())
    expect(world.record(handle.id).errorText).toBeUndefined()
  })
})
