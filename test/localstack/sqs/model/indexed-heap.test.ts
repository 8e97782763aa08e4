import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { IndexedHeap, type Slotted } from '../../../../localstack/sqs/model/indexed-heap.ts'

interface Item extends Slotted {
  key: number
}

const operation = fc.oneof(
  fc.record({ do: fc.constant('push' as const), key: fc.integer({ min: 0, max: 50 }), at: fc.nat() }),
  fc.record({ do: fc.constantFrom('pop' as const, 'remove' as const), key: fc.constant(0), at: fc.nat() }),
  fc.record({ do: fc.constant('update' as const), key: fc.integer({ min: 0, max: 50 }), at: fc.nat() }),
)

test('a heap gives the smallest, whatever is pushed, removed and re-keyed in between', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
      const heap = new IndexedHeap<Item>((a, b) => a.key < b.key)
      const inside: Item[] = []
      for (const { do: what, key, at } of operations) {
        const chosen = inside[at % Math.max(1, inside.length)]
        if (what === 'push') {
          const item = { key, slot: -1 }
          heap.push(item)
          inside.push(item)
        } else if (what === 'pop') {
          const top = heap.pop()
          expect(top?.key).toBe(inside.length === 0 ? undefined : Math.min(...inside.map((item) => item.key)))
          if (top !== undefined) inside.splice(inside.indexOf(top), 1)
        } else if (chosen !== undefined && what === 'remove') {
          heap.remove(chosen)
          expect(chosen.slot).toBe(-1)
          inside.splice(inside.indexOf(chosen), 1)
        } else if (chosen !== undefined) {
          chosen.key = key
          heap.update(chosen)
        }
        expect(heap.size).toBe(inside.length)
        if (inside.length > 0) expect(heap.peek()?.key).toBe(Math.min(...inside.map((item) => item.key)))
      }
    }),
  )
})
