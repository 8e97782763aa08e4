import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { playOnCores } from './cores.ts'
import type { Played, Seeds } from './seeds.ts'
import { shrink } from './shrink.ts'
import { type Plan, planOf, simulate } from './simulate.ts'
import { tell } from './tell.ts'

const usage = `Usage: npm run simulate -- [--seeds N] [--from S] [--seconds T] [--cores C] [--plan FILE] [--save FILE] [--keep-going] [--no-shrink] [--coverage]

  --seeds N      so many seeds, from S on (default 1000)
  --from S       the first seed (default 1)
  --seconds T    for so long instead of so many
  --cores C      on so many cores (default: all, ${availableParallelism()} on this machine)
  --plan FILE    play a plan that was saved
  --save FILE    save the plan of the (shrunk) failing history
  --keep-going   do not stop at the first failing seed
  --no-shrink    tell a failing history as it is
  --coverage     print which fault hit which transition`

class UsageError extends Error {}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        seeds: { type: 'string' },
        from: { type: 'string' },
        seconds: { type: 'string' },
        cores: { type: 'string' },
        plan: { type: 'string' },
        save: { type: 'string' },
        'keep-going': { type: 'boolean' },
        'no-shrink': { type: 'boolean' },
        coverage: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    })
    return values
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

type Arguments = ReturnType<typeof readArguments>

function wholeNumber(
  values: Arguments,
  name: 'seeds' | 'from' | 'seconds' | 'cores',
  least: number,
): number | undefined {
  const text = values[name]
  if (text === undefined) return undefined
  const number = Number(text)
  if (text.trim() === '' || !Number.isSafeInteger(number) || number < least)
    throw new UsageError(`--${name}: expected a whole number of ${least} or more, received '${text}'.`)
  return number
}

async function main(): Promise<number> {
  const values = readArguments()
  if (values.help) {
    console.log(usage)
    return 0
  }
  return values.plan === undefined ? playSeeds(values) : playPlan(values.plan)
}

async function playSeeds(values: Arguments): Promise<number> {
  const seconds = wholeNumber(values, 'seconds', 1)
  const seeds: Seeds = {
    from: wholeNumber(values, 'from', 0) ?? 1,
    step: 1,
    count: wholeNumber(values, 'seeds', 1) ?? (seconds === undefined ? 1_000 : Number.POSITIVE_INFINITY),
    until: seconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + seconds * 1_000,
  }
  const cores = Math.min(wholeNumber(values, 'cores', 1) ?? availableParallelism(), seeds.count)
  let interrupted = false
  // A second Ctrl-C ends it at once.
  process.once('SIGINT', () => {
    interrupted = true
  })

  const failed: number[] = []
  const progress = new Progress(cores)
  const coverage = await playOnCores(cores, seeds, (played) => {
    if (played.failed) {
      failed.push(played.seed)
      console.error(`Seed ${played.seed} failed. Replay: npm run simulate -- --seeds 1 --from ${played.seed}`)
    }
    progress.add(played)
    return !interrupted && (failed.length === 0 || values['keep-going'] === true)
  })
  console.log(progress.line())
  if (values.coverage) console.log(`\n${coverage.table()}\n\n${coverage.summary()}`)
  else console.log(`${coverage.missing().length} cells of fault × transition not hit (--coverage shows them)`)
  for (const seed of failed) await report(seed, values)
  if (failed.length > 0) return 1
  return interrupted ? 130 : 0
}

class Progress {
  readonly #began = Date.now()
  readonly #cores: number
  #toldAt = Date.now()
  #seeds = 0
  #tasks = 0
  #failed = 0

  constructor(cores: number) {
    this.#cores = cores
  }

  add({ tasks, failed }: Played): void {
    this.#seeds++
    this.#tasks += tasks
    if (failed) this.#failed++
    if (Date.now() - this.#toldAt < 5_000) return
    this.#toldAt = Date.now()
    console.log(this.line())
  }

  line(): string {
    const seconds = (Date.now() - this.#began) / 1_000
    const on = this.#cores === 1 ? 'one core' : `${this.#cores} cores`
    return `${this.#seeds} seeds, ${this.#tasks} tasks, ${this.#failed} failed, ${(this.#seeds / seconds).toFixed(0)} seeds/s, ${(this.#tasks / seconds).toFixed(0)} tasks/s on ${on}`
  }
}

async function report(seed: number, values: Arguments): Promise<void> {
  const history = await simulate(planOf(String(seed)))
  if (!values['no-shrink']) console.error(`Looking for a shorter history than that of seed ${seed} …`)
  const told = values['no-shrink'] ? history : await shrink(history)
  console.error(`\n${tell(told)}\n`)
  if (values.save !== undefined) {
    writeFileSync(values.save, JSON.stringify(told.plan))
    console.error(`Its plan is in ${values.save}: npm run simulate -- --plan ${values.save}`)
  }
}

async function playPlan(file: string): Promise<number> {
  const history = await simulate(readPlan(file))
  console.log(tell(history))
  return history.violations.length === 0 ? 0 : 1
}

function readPlan(file: string): Plan {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Plan
  } catch (error) {
    throw new UsageError(`--plan: expected a file that --save has written. ${(error as Error).message}`)
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`${error.message}\n\n${usage}`)
  process.exitCode = 2
}
