import { describe, expect, it } from 'vitest'
import { dueShardOf, minuteMs } from '../../shared/core/due.ts'
import type { DueItem } from '../../shared/ports/index.ts'
import { type SharedPlace, statuses, unique } from './table-place.ts'

/** Minutes that no other test uses. */
let lastMinute = Math.floor(Math.random() * 1_000_000) + 50_000_000

/** What callers of the Due port may rely on. */
export function dueContract(place: SharedPlace): void {
  const dueTask = (minute: number, fields: Partial<DueItem> = {}): DueItem => ({
    minute,
    kind: 'task',
    id: unique('due'),
    at: minute * minuteMs,
    generation: 0,
    queue: 'emails',
    body: '{"celeriac":1}',
    ...fields,
  })
  const listAll = async (minute: number): Promise<readonly DueItem[]> => {
    const found: DueItem[] = []
    for (let shard = 0; shard < 16; shard++) {
      let cursor: string | undefined
      do {
        const page = await place.ports.due.list(minute, shard, cursor)
        for (const item of page.items) expect(dueShardOf(item.id)).toBe(shard)
        found.push(...page.items)
        cursor = page.cursor
      } while (cursor !== undefined)
    }
    return found
  }
  const byId = (items: readonly DueItem[]) => [...items].sort((a, b) => (a.id < b.id ? -1 : 1))

  describe('due', () => {
    it('gives back what was put, from its own minute alone', async () => {
      const minute = lastMinute++
      const items = [
        dueTask(minute),
        dueTask(minute, { at: minute * minuteMs + 59_999, generation: 7 }),
        { minute, kind: 'task', id: unique('bare'), at: 5, generation: 2 } as const,
        { minute, kind: 'schedule', id: 'reports/daily#1', at: minute * minuteMs, generation: 3 } as const,
      ]
      expect(statuses(await place.ports.due.put(items))).toEqual(['done', 'done', 'done', 'done'])
      expect(byId(await listAll(minute))).toEqual(byId(items))
      expect(await listAll(minute + 1_000_000)).toEqual([])
    })

    it('putting twice changes nothing; the same id at another time is another item', async () => {
      const minute = lastMinute++
      const item = dueTask(minute)
      const later = { ...item, at: item.at + 1 }
      await place.ports.due.put([item, item])
      await place.ports.due.put([item, later])
      expect(await listAll(minute)).toEqual([item, later])
    })

    it('lists a shard in the order of time, over pages', async () => {
      const minute = lastMinute++
      const ids = Array.from({ length: 400 }, () => unique('many')).filter((id) => dueShardOf(id) === 3)
      const body = 'x'.repeat(900)
      const items = ids.map((id, index) =>
        dueTask(minute, { id, body, at: minute * minuteMs + ((index * 7_919) % 60_000) }),
      )
      await place.ports.due.put(items)
      const found = await listAll(minute)
      expect(found).toHaveLength(items.length)
      expect(found.map(({ at }) => at)).toEqual(items.map(({ at }) => at).sort((a, b) => a - b))
    })

    it('removes by key; what is not there is no error', async () => {
      const minute = lastMinute++
      const items = Array.from({ length: 30 }, () => dueTask(minute))
      await place.ports.due.put(items)
      await place.ports.due.remove([...items.slice(0, 28), dueTask(minute)])
      expect(byId(await listAll(minute))).toEqual(byId(items.slice(28)))
      await place.ports.due.remove(items)
      expect(await listAll(minute)).toEqual([])
    })

    it('nothing is nothing', async () => {
      expect(await place.ports.due.put([])).toEqual([])
      await place.ports.due.remove([])
    })
  })
}
