import { describe, expect, it } from 'vitest'
import { noCounts } from '../../shared/core/statistics.ts'
import { createMemoryTable, sweepTable } from '../../shared/memory/table.ts'
import { VirtualClock } from '../../shared/memory/virtual-clock.ts'
import { countsFor } from '../contract/statistics-suite.ts'
import { claim, newRecord } from '../contract/table-place.ts'

const start = Date.UTC(2026, 0, 1)
const dayMs = 86_400_000

describe('the ledger in memory, beyond the port', () => {
  it('keeps what has expired until it is swept, as a TTL does', async () => {
    const clock = new VirtualClock(start)
    const table = createMemoryTable({ clock })
    const open = newRecord(start)
    const ended = newRecord(start, { state: 'SUCCESS', expiresAt: start / 1_000 + 60 })
    const input = { id: ended.id, ref: 'r', body: '1', expiresAt: start / 1_000 + 60 }
    await table.records.insert([{ record: open }, { record: ended, inputItem: input }])
    await table.statistics.add([
      { queue: 'q', at: start, names: ['t'], shards: 1, counts: countsFor('t', { succeeded: 1 }) },
    ])
    await clock.advance(60_000)
    expect(await table.records.read([open.id, ended.id], { consistent: true })).toEqual([open, undefined])
    expect(table.records.all()).toEqual([open, ended])
    expect(await table.inputs.read([input])).toEqual(['1'])
    sweepTable(table)
    expect(table.records.all()).toEqual([open])
    expect(await table.inputs.read([input])).toEqual([undefined])
    expect(await table.statistics.sum({ queue: 'q', from: start, to: start + 1 })).toEqual(
      countsFor('t', { succeeded: 1 }),
    )
    await clock.advance(15 * dayMs)
    sweepTable(table)
    expect(await table.statistics.sum({ queue: 'q', from: start, to: start + 1 })).toEqual(noCounts)
  })

  it('gives records that nobody can change, and that do not change', async () => {
    const table = createMemoryTable({ clock: new VirtualClock(start) })
    const record = newRecord(start)
    const mutable = { ...record }
    await table.records.insert([{ record: mutable }])
    mutable.state = 'FAILURE'
    const [before] = await table.records.read([record.id], { consistent: true })
    expect(before).toEqual(record)
    expect(Object.isFrozen(before)).toBe(true)
    await table.records.update([claim(record)])
    expect(before).toEqual(record)
  })
})
