import { describe, expect, it } from 'vitest'
import { hourMs } from '../../shared/core/table.ts'
import { type SharedPlace, unique } from './table-place.ts'

/** What callers of the Statistics port may rely on. */
export function statisticsContract(place: SharedPlace): void {
  describe('statistics', () => {
    it('adds up by queue and hour', async () => {
      const queue = unique('q')
      const hour = Math.floor(place.now() / hourMs) * hourMs
      await place.ports.statistics.add([
        { queue, at: hour - 1, counts: { succeeded: 1, failed: 1 } },
        { queue, at: hour, counts: { succeeded: 10, runMs: 1_234, ignored: 0 } },
        { queue, at: hour + 1, counts: { succeeded: 100 } },
        { queue: `${queue}-other`, at: hour, counts: { succeeded: 1_000 } },
      ])
      await place.ports.statistics.add([{ queue, at: hour + hourMs - 1, counts: { succeeded: 10_000 } }])
      expect(await place.ports.statistics.sum({ queue, from: hour, to: hour + hourMs })).toMatchObject({
        succeeded: 10_110,
        runMs: 1_234,
      })
      // Hours that are touched count as a whole.
      expect(await place.ports.statistics.sum({ queue, from: hour - 1, to: hour })).toEqual({ succeeded: 1, failed: 1 })
      expect(await place.ports.statistics.sum({ queue, from: hour - hourMs, to: hour + 1 })).toMatchObject({
        succeeded: 10_111,
        failed: 1,
      })
      expect(await place.ports.statistics.sum({ queue, from: hour - 100 * hourMs, to: hour - 99 * hourMs })).toEqual({})
    })
  })
}
