import { allShards, dueShards, type ShardRange } from '../core/due.ts'

/** The event with which the rule invokes the function each minute. `shards`: the first, and the one after the last. */
export interface TickEvent {
  readonly celeriac: 'tick'
  readonly shards?: readonly [from: number, to: number]
}

/** The shards of a tick event. Undefined: not a tick event. */
export function tickRangeOf(event: unknown): ShardRange | undefined {
  if (typeof event !== 'object' || event === null || !('celeriac' in event) || event.celeriac !== 'tick')
    return undefined
  const [from, to] = (event as TickEvent).shards ?? [allShards.from, allShards.to]
  const isRange = Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from < to && to <= dueShards
  if (!isRange) {
    throw new TypeError(`tick: shards: expected [from, to] within 0 to ${dueShards}, received [${from}, ${to}].`)
  }
  return { from, to }
}
