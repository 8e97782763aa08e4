import { describe, expect, it } from 'vitest'
import { dayMs, hourMs } from '../../shared/core/table.ts'
import type { TimePage, TimeQuery } from '../../shared/ports/index.ts'
import { claim, type SharedPlace, unique } from './table-place.ts'

/** What callers of the lists of the Records port may rely on. */
export function recordListsContract(place: SharedPlace): void {
  const { fresh, inserted } = place

  describe('lists', () => {
    /** All pages. A page may be empty and go on. */
    const walk = async (list: (query: TimeQuery) => Promise<TimePage>, query: TimeQuery): Promise<string[]> => {
      const ids: string[] = []
      let cursor: string | undefined
      for (let pages = 0; pages < 300; pages++) {
        const page: TimePage = await list({ ...query, ...(cursor !== undefined && { cursor }) })
        expect(page.ids.length).toBeLessThanOrEqual(query.limit)
        ids.push(...page.ids)
        cursor = page.cursor
        if (cursor === undefined) return ids
      }
      throw new Error('The list has no end.')
    }

    it.each([1, 7, 1_000])('records by the time of their enqueue, in both orders, in pages of %i', async (limit) => {
      const queue = unique('q')
      const start = (Math.floor(place.now() / dayMs) - 6) * dayMs
      // Around the borders of days, several at one instant, a day without any.
      const offsets = [0, 1, 1, 1, 500, dayMs - 1, dayMs, 3 * dayMs + 5, 3 * dayMs + 6, 4 * dayMs]
      const records = offsets.flatMap((offset) => [
        fresh({ queue, enqueuedAt: start + offset }),
        fresh({ queue, enqueuedAt: start + offset }),
      ])
      await place.ports.records.insert([...records].reverse().map((record) => ({ record })))
      await inserted({ queue: `${queue}-other`, enqueuedAt: start })
      const list = (query: TimeQuery) => place.ports.records.listByTime(query)

      const all = await walk(list, { queue, from: start, to: start + 5 * dayMs, limit, order: 'oldest' })
      expect([...all].sort()).toEqual(records.map(({ id }) => id).sort())
      const at = new Map(records.map(({ id, enqueuedAt }) => [id, enqueuedAt]))
      expect(all.map((id) => at.get(id))).toEqual(records.map(({ enqueuedAt }) => enqueuedAt))
      const newest = await walk(list, { queue, from: start, to: start + 5 * dayMs, limit })
      expect(newest).toEqual([...all].reverse())

      const some = await walk(list, { queue, from: start + 1, to: start + dayMs, limit })
      expect([...some].sort()).toEqual(
        records
          .filter(({ enqueuedAt }) => enqueuedAt > start && enqueuedAt < start + dayMs)
          .map(({ id }) => id)
          .sort(),
      )
      expect(await walk(list, { queue, from: start + 600, to: start + 700, limit })).toEqual([])
      expect(await walk(list, { queue, from: start + 700, to: start + 600, limit })).toEqual([])
    })

    it('a record enqueued anew at its new time only', async () => {
      const queue = unique('q')
      const start = place.now() - 3 * hourMs
      const record = await inserted({ queue, enqueuedAt: start, state: 'REVOKED' })
      await place.ports.records.update([
        {
          ...claim(record),
          set: { state: 'QUEUED', token: unique('t'), generation: 2, enqueuedAt: start + 2 * hourMs },
        },
      ])
      const query = { queue, limit: 10 }
      const list = (each: TimeQuery) => place.ports.records.listByTime(each)
      expect(await walk(list, { ...query, from: start, to: start + hourMs })).toEqual([])
      expect(await walk(list, { ...query, from: start + hourMs, to: start + 3 * hourMs })).toEqual([record.id])
    })

    it.each([1, 3, 1_000])('failures, newest first, in pages of %i', async (limit) => {
      const queue = unique('q')
      const first = place.now() - 60 * hourMs
      const records = Array.from({ length: 12 }, () => fresh({ queue, enqueuedAt: first }))
      await place.ports.records.insert(records.map((record) => ({ record })))
      const failed = records.slice(0, 10)
      await place.ports.records.update(
        failed.map((record, index) => claim(record, { state: 'FAILURE', finishedAt: first + index * 5 * hourMs })),
      )
      await place.ports.records.update(
        records.slice(10).map((record) => claim(record, { state: 'SUCCESS', finishedAt: first })),
      )
      const list = (query: TimeQuery) => place.ports.records.listFailures(query)
      const newestFirst = failed.map(({ id }) => id).reverse()
      const query = { queue, from: first, to: place.now(), limit }
      expect(await walk(list, query)).toEqual(newestFirst)
      expect(await walk(list, { ...query, order: 'oldest' })).toEqual([...newestFirst].reverse())
      expect(await walk(list, { ...query, to: first + 20 * hourMs })).toEqual(newestFirst.slice(6))
      expect(await walk(list, { ...query, from: first + 20 * hourMs })).toEqual(newestFirst.slice(0, 6))
    })

    it('failures until they are opened anew', async () => {
      const queue = unique('q')
      const record = await inserted({ queue })
      const query = { queue, from: place.now() - hourMs, to: place.now() + hourMs, limit: 10 }
      const list = (each: TimeQuery) => place.ports.records.listFailures(each)
      await place.ports.records.update([claim(record, { state: 'FAILURE', finishedAt: place.now() })])
      // What is no transition leaves it there.
      await place.ports.records.update([{ ...claim({ ...record, v: 2 }), transition: false, set: { forgotten: true } }])
      expect(await walk(list, query)).toEqual([record.id])
      await place.ports.records.update([claim({ ...record, v: 2 }, { state: 'QUEUED', generation: 1 })])
      expect(await walk(list, query)).toEqual([])
      await place.ports.records.update([claim({ ...record, v: 3 }, { state: 'FAILURE', finishedAt: place.now() })])
      expect(await walk(list, query)).toEqual([record.id])
    })

    it('a record that is a failure from the start', async () => {
      const queue = unique('q')
      const record = await inserted({ queue, state: 'FAILURE', finishedAt: place.now() })
      const query = { queue, from: place.now() - hourMs, to: place.now() + hourMs, limit: 10 }
      expect(await walk((each) => place.ports.records.listFailures(each), query)).toEqual([record.id])
    })
  })
}
