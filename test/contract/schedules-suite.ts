import { describe, expect, it } from 'vitest'
import type { ScheduleRecord } from '../../shared/core/schedule-record.ts'
import type { ScheduleWrite } from '../../shared/ports/index.ts'
import { type SharedPlace, unique } from './table-place.ts'

/** What callers of the Schedules port may rely on. */
export function schedulesContract(place: SharedPlace): void {
  const schedule = (fields: Partial<ScheduleRecord> = {}): ScheduleRecord => ({
    name: unique('schedule'),
    v: 1,
    generation: 1,
    spec: '{"when":{"kind":"every"}}',
    hash: 'hash',
    source: 'api',
    nextAt: 1_800_000_000_000,
    fired: 0,
    missed: 0,
    ...fields,
  })
  const read = async (name: string) => (await place.ports.schedules.read([name]))[0]
  /** A write that a broken wire made twice is refused the second time: reading tells. */
  const write = async (write: ScheduleWrite): Promise<string | undefined> => {
    for (;;) {
      const [answer] = await place.ports.schedules.write([write])
      if (answer?.status === 'done') return 'done'
      const found = await read(write.record.name)
      if (found?.hash === write.record.hash && found.v === write.record.v) return 'done'
      if (answer?.status === 'refused') return 'refused'
    }
  }

  describe('schedules', () => {
    it('writes what is new, once', async () => {
      const record = schedule({ hash: unique('h') })
      expect(await read(record.name)).toBeUndefined()
      expect(await write({ record, expected: 0 })).toBe('done')
      expect(await read(record.name)).toEqual(record)
      expect(await write({ record: { ...record, hash: unique('h') }, expected: 0 })).toBe('refused')
      expect(await read(record.name)).toEqual(record)
    })

    it('replaces a schedule whole, if its version is the expected one', async () => {
      const record = schedule({ pausedAt: 5, error: 'x' })
      await write({ record, expected: 0 })
      const { pausedAt: _pausedAt, error: _error, nextAt: _nextAt, ...kept } = record
      const next: ScheduleRecord = { ...kept, v: 2, hash: unique('h'), fired: 3, missed: 1, lastAt: 9, lastId: 's_x.9' }
      expect(await write({ record: { ...next, hash: unique('h') }, expected: 2 })).toBe('refused')
      expect(await write({ record: next, expected: 1 })).toBe('done')
      expect(await read(record.name)).toEqual(next)
      expect(await write({ record: { ...next, hash: unique('h') }, expected: 1 })).toBe('refused')
    })

    it('of two writers one wins', async () => {
      const record = schedule()
      await write({ record, expected: 0 })
      const tries = ['a', 'b', 'c'].map((hash) => write({ record: { ...record, v: 2, hash }, expected: 1 }))
      const answers = await Promise.all(tries)
      expect(answers.filter((each) => each === 'done')).toHaveLength(1)
      const found = await read(record.name)
      expect(found?.hash).toBe(['a', 'b', 'c'][answers.indexOf('done')])
    })

    it('a tombstone that has expired makes room', async () => {
      const record = schedule({ removedAt: place.now(), expiresAt: Math.ceil(place.now() / 1_000) + 60 })
      await write({ record, expected: 0 })
      expect(await read(record.name)).toEqual(record)
      place.pass(120_000)
      expect(await read(record.name)).toBeUndefined()
      const next = schedule({ name: record.name, hash: unique('h') })
      expect(await write({ record: next, expected: 0 })).toBe('done')
      expect(await read(record.name)).toEqual(next)
    })

    it('lists all of them, and those with a prefix', async () => {
      const prefix = unique('digest')
      const records = Array.from({ length: 40 }, (_, index) => schedule({ name: `${prefix}.${index}` }))
      for (const record of records) await write({ record, expected: 0 })
      const list = async (more: { readonly prefix?: string }): Promise<string[]> => {
        const names: string[] = []
        let cursor: string | undefined
        do {
          const page = await place.ports.schedules.list({ limit: 3, ...more, ...(cursor !== undefined && { cursor }) })
          expect(page.records.length).toBeLessThanOrEqual(3)
          names.push(...page.records.map(({ name }) => name))
          cursor = page.cursor
        } while (cursor !== undefined)
        return names
      }
      const expected = records.map(({ name }) => name).sort()
      expect((await list({ prefix })).sort()).toEqual(expected)
      const all = await list({})
      expect(all.filter((name) => name.startsWith(prefix)).sort()).toEqual(expected)
    })
  })
}
