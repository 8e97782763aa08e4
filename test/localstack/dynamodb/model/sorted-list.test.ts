import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SortedList } from '../../../../localstack/dynamodb/model/sorted-list.ts'

interface Entry {
  readonly key: string
  readonly id: number
}

const byId = (a: Entry, b: Entry): number => a.id - b.id
const key = fc.integer({ min: 0, max: 400 }).map((n) => String(n).padStart(3, '0'))

/** The same by a plain array. */
function plain(entries: readonly Entry[], forward: boolean, from?: string, to?: string): Entry[] {
  const inOrder = [...entries].sort((a, b) => (a.key === b.key ? byId(a, b) : a.key < b.key ? -1 : 1))
  const [low, high] = forward ? [from, to] : [to, from]
  const inside = inOrder.filter(
    (each) => (low === undefined || each.key >= low) && (high === undefined || each.key <= high),
  )
  return forward ? inside : inside.reverse()
}

it('walks as a sorted array would, after any insertions and removals', () => {
  fc.assert(
    fc.property(
      fc.array(key, { minLength: 1, maxLength: 1_500 }),
      fc.infiniteStream(fc.boolean()),
      fc.option(key, { nil: undefined }),
      fc.option(key, { nil: undefined }),
      fc.boolean(),
      (keys, coins, from, to, forward) => {
        const list = new SortedList<string, Entry>(byId)
        let kept: Entry[] = []
        for (const [id, each] of keys.entries()) {
          const entry = { key: each, id }
          list.insert(each, entry)
          kept.push(entry)
        }
        kept = kept.filter((entry) => {
          if (coins.next().value) return true
          expect(list.remove(entry.key, entry)).toBe(true)
          expect(list.remove(entry.key, entry)).toBe(false)
          return false
        })
        expect(list.length).toBe(kept.length)
        const start = from === undefined ? undefined : ({ key: from, place: forward ? 'before' : 'after' } as const)
        const end = to === undefined ? undefined : { key: to, including: true }
        expect([...list.walk(forward, start, end)]).toEqual(plain(kept, forward, from, to))
        const middle = kept[kept.length >> 1]
        if (middle === undefined) return
        const at = plain(kept, true).indexOf(middle)
        expect([...list.walk(true, { key: middle.key, place: middle })]).toEqual(plain(kept, true).slice(at))
        expect(list.find(middle.key)).toEqual(plain(kept, true).find((each) => each.key === middle.key))
      },
    ),
    { numRuns: 60 },
  )
})
