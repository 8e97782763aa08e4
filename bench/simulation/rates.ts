import { seededRandom } from '../../shared/memory/seeded-random.ts'
import { drawWeather } from '../../test/simulation/misfortunes.ts'
import { type Plan, planOf, simulate } from '../../test/simulation/simulate.ts'
import { act, enqueue } from '../../test/simulation/steps.ts'

/** One kind of history, as played in one turn. */
export interface Turn {
  readonly name: string
  readonly histories: number
  readonly tasks: number
  readonly runs: number
  readonly ms: number
}

const calm = {
  faults: 0,
  crashes: 0,
  deliveries: 0,
  kills: 0,
  undeleted: 0,
  lingering: 0,
  skewMs: 0,
  staleReads: 0,
  cutOffs: 0,
}

const fifty = Array.from({ length: 50 }, (_, call) =>
  enqueue({ call, at: call * 1_000, task: 'plain' }, [act(0, 'return')]),
)

const kinds: Readonly<Record<string, (seed: string) => Plan>> = {
  'fifty quick tasks, nothing goes wrong': (seed) => ({ seed, concurrency: 2, steps: fifty, weather: calm }),
  'fifty quick tasks, any request may fail, any process die': (seed) => ({
    seed,
    concurrency: 2,
    steps: fifty,
    weather: drawWeather(seededRandom(seed)),
  }),
  'what npm run simulate plays': (seed) => planOf(seed),
}

/** The program: so many turns of so many seconds for each kind, one after the other; tells each turn as a line of JSON. */
const [turns = 1, seconds = 1] = process.argv.slice(2).map(Number)
// Stacks cost as much as the tasks that throw.
Error.stackTraceLimit = 0
for (let turn = 0; turn <= turns; turn++) {
  for (const [name, plan] of Object.entries(kinds)) {
    const began = performance.now()
    let [histories, tasks, runs, ms] = [0, 0, 0, 0]
    for (; ms < seconds * 1_000; ms = performance.now() - began) {
      const { journal, violations } = await simulate(plan(`${turn}-${histories++}`))
      if (violations.length > 0) throw new Error(`A guarantee does not hold: ${JSON.stringify(violations[0])}`)
      tasks += journal.calls.length
      runs += journal.runs.length
    }
    // In the first turn V8 has yet to learn what is hot.
    if (turn > 0) console.log(JSON.stringify({ name, histories, tasks, runs, ms } satisfies Turn))
  }
}
