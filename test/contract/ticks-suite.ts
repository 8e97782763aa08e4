import { describe, expect, it } from 'vitest'
import type { ShardRange } from '../../shared/core/due.ts'
import type { TickWrite } from '../../shared/ports/index.ts'
import type { SharedPlace } from './table-place.ts'

let ranges = 100

/** What callers of the Ticks port may rely on. */
export function ticksContract(place: SharedPlace): void {
  const freshRange = (): ShardRange => ({ from: ranges++, to: ranges })
  const stateOf = async (range: ShardRange) =>
    (await place.ports.ticks.read()).find((state) => state.range.from === range.from && state.range.to === range.to)
  const write = async (write: TickWrite): Promise<string | undefined> => {
    for (;;) {
      const [answer] = await place.ports.ticks.write([write])
      if (answer?.status === 'done' || answer?.status === 'refused') return answer.status
    }
  }

  describe('ticks', () => {
    it('a range that one tick holds is refused to others until its lease is over', async () => {
      const range = freshRange()
      expect(await write({ range, token: 'a', now: 1_000, leaseUntil: 5_000 })).toBe('done')
      expect(await write({ range, token: 'b', now: 4_999, leaseUntil: 9_000 })).toBe('refused')
      expect(await write({ range, token: 'a', now: 4_000, leaseUntil: 6_000, doneUntil: 7 })).toBe('done')
      expect(await write({ range, token: 'b', now: 5_500, leaseUntil: 9_000 })).toBe('refused')
      expect(await write({ range, token: 'b', now: 6_000, leaseUntil: 9_000 })).toBe('done')
      expect(await write({ range, token: 'a', now: 6_001, doneUntil: 8 })).toBe('refused')
      expect(await stateOf(range)).toEqual({ range, doneUntil: 7, at: 6_000 })
    })

    it('is given back, and keeps what was not written anew', async () => {
      const range = freshRange()
      await write({ range, token: 'a', now: 1_000, leaseUntil: 5_000, codeHash: 'code' })
      await write({ range, token: 'a', now: 2_000, doneUntil: 3 })
      expect(await write({ range, token: 'b', now: 2_001, leaseUntil: 9_000 })).toBe('done')
      expect(await stateOf(range)).toEqual({ range, doneUntil: 3, codeHash: 'code', at: 2_001 })
    })

    it('ranges do not touch each other', async () => {
      const [one, other] = [freshRange(), freshRange()]
      await write({ range: one, token: 'a', now: 1_000, leaseUntil: 5_000, doneUntil: 1 })
      expect(await write({ range: other, token: 'b', now: 1_000, leaseUntil: 5_000, doneUntil: 2 })).toBe('done')
      expect((await stateOf(one))?.doneUntil).toBe(1)
      expect((await stateOf(other))?.doneUntil).toBe(2)
    })
  })
}
