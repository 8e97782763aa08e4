import { describe, expect, it } from 'vitest'
import { createMemoryLedger } from '../../shared/memory/ledger.ts'
import { VirtualClock } from '../../shared/memory/virtual-clock.ts'
import { claim, newRecord } from '../contract/ledger.ts'

const start = Date.UTC(2026, 0, 1)
const dayMs = 86_400_000

describe('the ledger in memory, beyond the port', () => {
  it('keeps what has expired until it is swept, as a TTL does', async () => {
    const clock = new VirtualClock(start)
    const ledger = createMemoryLedger({ clock })
    const open = newRecord(start)
    const ended = newRecord(start, { state: 'SUCCESS', expiresAt: start / 1_000 + 60 })
    const input = { id: ended.id, ref: 'r', body: '1', expiresAt: start / 1_000 + 60 }
    await ledger.insert([{ record: open }, { record: ended, inputItem: input }])
    await ledger.count([{ queue: 'q', at: start, counts: { succeeded: 1 } }])
    await clock.advance(60_000)
    expect(await ledger.read([open.id, ended.id], { consistent: true })).toEqual([open, undefined])
    expect(ledger.records()).toEqual([open, ended])
    expect(await ledger.readInputs([input])).toEqual(['1'])
    ledger.sweep()
    expect(ledger.records()).toEqual([open])
    expect(await ledger.readInputs([input])).toEqual([undefined])
    expect(await ledger.statistics('q', start, start + 1)).toEqual({ succeeded: 1 })
    await clock.advance(15 * dayMs)
    ledger.sweep()
    expect(await ledger.statistics('q', start, start + 1)).toEqual({})
  })

  it('gives records that nobody can change, and that do not change', async () => {
    const ledger = createMemoryLedger({ clock: new VirtualClock(start) })
    const record = newRecord(start)
    const mutable = { ...record }
    await ledger.insert([{ record: mutable }])
    mutable.state = 'FAILURE'
    const [before] = await ledger.read([record.id], { consistent: true })
    expect(before).toEqual(record)
    expect(Object.isFrozen(before)).toBe(true)
    await ledger.update([claim(record)])
    expect(before).toEqual(record)
  })
})
