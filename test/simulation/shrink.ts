import { type History, type Plan, type SimulateOptions, simulate } from './simulate.ts'

/**
 * The smallest history found that still violates the same predicate: steps and misfortunes are taken away in ever smaller portions for as long as
 * it does (delta debugging), then one by one.
 *
 * @param budget most histories to play
 */
export async function shrink(
  history: History,
  { budget = 2_000, ...options }: SimulateOptions & { readonly budget?: number } = {},
): Promise<History> {
  const predicate = history.violations[0]?.predicate
  if (predicate === undefined) return history
  let left = budget
  const fails = async (plan: Plan): Promise<History | undefined> => {
    if (left-- <= 0) return undefined
    const tried = await simulate(plan, options)
    return tried.violations.some((violation) => violation.predicate === predicate) ? tried : undefined
  }
  // First without random: what happened is listed, and has to happen again.
  let best = await fails({ ...history.plan, misfortunes: history.misfortunes })
  if (best === undefined) return history
  for (let before = -1; before !== sizeOf(best) && left > 0; ) {
    before = sizeOf(best)
    best = await without(
      best,
      fails,
      (plan) => plan.misfortunes ?? [],
      (plan, misfortunes) => ({ ...plan, misfortunes }),
    )
    best = await without(
      best,
      fails,
      (plan) => plan.steps,
      (plan, steps) => ({ ...plan, steps }),
    )
    if (best.plan.concurrency > 1) best = (await fails({ ...best.plan, concurrency: 1 })) ?? best
  }
  return best
}

function sizeOf({ plan }: History): number {
  return plan.steps.length + (plan.misfortunes?.length ?? 0)
}

async function without<Item>(
  start: History,
  fails: (plan: Plan) => Promise<History | undefined>,
  get: (plan: Plan) => readonly Item[],
  set: (plan: Plan, items: readonly Item[]) => Plan,
): Promise<History> {
  let best = start
  for (let portion = Math.max(1, Math.ceil(get(best.plan).length / 2)); ; portion = Math.ceil(portion / 2)) {
    for (let from = 0; from < get(best.plan).length; ) {
      const items = get(best.plan)
      const tried = await fails(set(best.plan, [...items.slice(0, from), ...items.slice(from + portion)]))
      if (tried === undefined) from += portion
      else best = tried
    }
    if (portion === 1) return best
  }
}
