import { Coverage } from './coverage.ts'
import { planOf, simulate } from './simulate.ts'

/** So many seeds, every `step`th, the first of them `from`. */
export interface Seeds {
  readonly from: number
  readonly step: number
  /** Most of them; Infinity: only the time ends them. */
  readonly count: number
  /** Epoch ms; Infinity: only their number ends them. */
  readonly until: number
}

/** What came of a seed. */
export interface Played {
  readonly seed: number
  readonly tasks: number
  readonly failed: boolean
}

/** Plays seeds one after the other. @param tell hears of each at once, and says whether to go on */
export async function playSeeds(
  { from, step, count, until }: Seeds,
  tell: (played: Played) => boolean,
): Promise<Coverage> {
  const coverage = new Coverage()
  // Stacks cost as much as the tasks that throw.
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    for (let nth = 0; nth < count && Date.now() < until; nth++) {
      const seed = from + nth * step
      const { journal, violations } = await simulate(planOf(String(seed)), { coverage })
      if (!tell({ seed, tasks: journal.calls.length, failed: violations.length > 0 })) break
    }
  } finally {
    Error.stackTraceLimit = limit
  }
  return coverage
}
