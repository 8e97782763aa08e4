import { type SeededRandom, seededRandom } from '../../shared/memory/seeded-random.ts'
import type { Coverage } from './coverage.ts'
import { drawFocus } from './focus.ts'
import { emptyJournal, type Journal } from './journal.ts'
import { drawWeather, type Misfortune, Misfortunes, type Weather } from './misfortunes.ts'
import { type SimulatedParts, simulatedParts } from './parts.ts'
import { check, type Predicate, type Violation } from './predicates/index.ts'
import { SimulatedWorld } from './simulated-world.ts'
import { drawSteps, features, type Mix, type Step } from './steps.ts'

/** All that a history is made of: the same plan is the same history, every time. */
export interface Plan {
  /** Of ids, jitter, tokens, and of whatever is not listed below. */
  readonly seed: string
  readonly concurrency: number
  /** Containers that work beside the functions. @default none */
  readonly containers?: number
  readonly steps: readonly Step[]
  /** Absent: drawn from the seed, by the weather. */
  readonly misfortunes?: readonly Misfortune[]
  readonly weather: Weather
}

/** What came of it. */
export interface History {
  readonly plan: Plan
  readonly journal: Journal
  /** What went wrong, as it was drawn or listed. */
  readonly misfortunes: readonly Misfortune[]
  readonly violations: readonly Violation[]
}

/** Draws the steps of a history: a workload. */
export type Workload = (random: SeededRandom, mix: Mix) => readonly Step[]

export interface SimulateOptions {
  readonly coverage?: Coverage
  /** Beside those of every history, by name. */
  readonly predicates?: Readonly<Record<string, Predicate>>
  /** More timers than this and something goes round in circles: a few hundred per task are usual. @default 200_000 */
  readonly timerLimit?: number
  /** @default the product's own */
  readonly parts?: SimulatedParts
}

/** So many plans of a hundred are about a few rare transitions. */
const focused = 30

/**
 * A plan has so many features of a hundred. One that has everything finds less in the same time: what one thing does hides what another one does.
 * (Groce et al., "Swarm Testing", ISSTA 2012.)
 */
const featured = 40

/** So many plans of a hundred have containers: their polls take time. */
const contained = 12

/** Draws the plan of a seed. @param workload what clients and operators do. @default a mix of everything, or one of the focuses */
export function planOf(seed: string, workload?: Workload): Plan {
  const focus = seededRandom(`${seed}/focus`)
  const containers = drawContainers(seededRandom(`${seed}/containers`))
  if (workload === undefined && focus.below(100) < focused) {
    const weather = {
      ...drawWeather(focus),
      faults: 0.05 + focus.fraction() * 0.3,
      crashes: 0.02 + focus.fraction() * 0.08,
    }
    const concurrency = 1 + focus.below(2)
    const { name, steps } = drawFocus(focus)
    // Only containers renew leases; who is to renew one needs to live for a while.
    if (name === 'leases')
      return {
        seed,
        concurrency,
        containers: 2 + focus.below(2),
        weather: { ...weather, crashes: weather.crashes / 10, cutOffs: focus.fraction() * 0.01 },
        steps,
      }
    return { seed, concurrency, ...containers, weather, steps }
  }
  const random = seededRandom(seed)
  // A message that waits for days is looked at every quarter of an hour: few of them say as much as many.
  const long = random.fraction() < 0.08
  const mix: Mix = {
    tasks: long ? 5 + random.below(8) : 20 + random.below(64),
    troubles: long ? 60 : random.below(40),
    spreadMs: [1_000, 60_000, 600_000, 3_600_000][random.below(4)] ?? 60_000,
    features: new Set(features.filter(() => random.below(100) < featured)),
    long,
  }
  const drawn = drawWeather(random.fork('weather'))
  // A copy whose answer is lost, whose original is not deleted, or whose sender dies, is two: hundreds of such in a row must not fill the queue.
  const { faults, deliveries, undeleted, crashes, cutOffs } = drawn
  const rarely = {
    faults: faults / 100,
    deliveries: deliveries / 100,
    undeleted: undeleted / 100,
    crashes: crashes / 100,
    cutOffs: cutOffs / 100,
  }
  const weather = long ? { ...drawn, ...rarely } : drawn
  const steps = (workload ?? drawSteps)(random.fork('steps'), mix)
  return { seed, concurrency: 1 + random.below(3), ...(!long && containers), weather, steps }
}

function drawContainers(random: SeededRandom): Pick<Plan, 'containers'> {
  return random.below(100) < contained ? { containers: 1 + random.below(2) } : {}
}

/** Plays a plan and looks through what happened. */
export async function simulate(
  plan: Plan,
  { coverage, predicates, timerLimit = 200_000, parts = simulatedParts }: SimulateOptions = {},
): Promise<History> {
  const misfortunes = new Misfortunes(plan.weather, seededRandom(`${plan.seed}/misfortunes`), plan.misfortunes)
  const world = new SimulatedWorld({
    seed: plan.seed,
    concurrency: plan.concurrency,
    containers: plan.containers ?? 0,
    misfortunes,
    timerLimit,
    parts,
    ...(coverage && { coverage }),
  })
  let journal: Journal
  let violations: readonly Violation[]
  try {
    journal = await world.play(plan.steps)
    violations = check(journal, predicates)
  } catch (error) {
    journal = world.journal ?? emptyJournal()
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    violations = [{ predicate: 'the world comes to an end', message }]
  }
  return { plan, journal, misfortunes: misfortunes.happened, violations }
}
