import { shrink } from './shrink.ts'
import { planOf, type SimulateOptions, simulate, type Workload } from './simulate.ts'
import { tell } from './tell.ts'

export interface HoldOptions extends Pick<SimulateOptions, 'predicates'> {
  /** @default a mix of everything */
  readonly workload?: Workload
  /** How many seeds at least, from 1 on. @default 20 */
  readonly seeds?: number
  /** More of them, for so long. @default 0 */
  readonly seconds?: number
}

/** Plays histories and looks through them. @throws {Error} with the first that violates a predicate, shrunk */
export async function expectToHold({ workload, seeds = 20, seconds = 0, ...options }: HoldOptions): Promise<void> {
  const until = Date.now() + seconds * 1_000
  // Stacks cost as much as the tasks that throw.
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    for (let seed = 1; seed <= seeds || Date.now() < until; seed++) {
      const history = await simulate(planOf(String(seed), workload), options)
      if (history.violations.length === 0) continue
      const replay = workload === undefined ? `\nReplay: npm run simulate -- --seeds 1 --from ${seed}` : ''
      throw new Error(`Seed ${seed}: ${tell(await shrink(history, options))}${replay}`)
    }
  } finally {
    Error.stackTraceLimit = limit
  }
}
