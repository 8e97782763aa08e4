/** How many items later a producer that lost its network enqueues an item again. */
const later = 25

/** Yields every hundredth item a second time, as a producer does that never saw the first answer. */
export async function* withGlitches<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item> {
  const again: { readonly item: Item; readonly after: number }[] = []
  let count = 0
  for await (const item of items) {
    yield item
    if (++count % 100 === 0) again.push({ item, after: count + later })
    while (again[0] !== undefined && again[0].after <= count) yield (again.shift() as { item: Item }).item
  }
  for (const { item } of again) yield item
}

/** How many of these are doubled. */
export function glitchesIn(count: number): number {
  return Math.floor(count / 100)
}
