import { describe, expect, it } from 'vitest'
import { type SharedPlace, unique } from './table-place.ts'

/** What callers of the Controls port may rely on. */
export function controlsContract(place: SharedPlace): void {
  describe('controls', () => {
    it('keeps a pause per queue until it is taken back', async () => {
      const queue = unique('q')
      expect(await place.ports.controls.read(queue)).toEqual({})
      await place.ports.controls.write(queue, { pausedAt: 1_767_225_600_000 })
      expect(await place.ports.controls.read(queue)).toEqual({ pausedAt: 1_767_225_600_000 })
      expect(await place.ports.controls.read(`${queue}-other`)).toEqual({})
      await place.ports.controls.write(queue, {})
      expect(await place.ports.controls.read(queue)).toEqual({})
    })
  })
}
