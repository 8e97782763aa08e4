import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Coverage } from './coverage.ts'
import { shrink } from './shrink.ts'
import { type History, type Plan, planOf, simulate } from './simulate.ts'
import { tell } from './tell.ts'

const usage = `Usage: npm run simulate -- [--seeds N] [--from S] [--seconds T] [--plan FILE] [--save FILE] [--keep-going] [--no-shrink] [--coverage]

  --seeds N      so many seeds, from S on (default 1000)
  --from S       the first seed (default 1)
  --seconds T    for so long instead of so many
  --plan FILE    play a plan that was saved
  --save FILE    save the plan of the (shrunk) failing history
  --keep-going   do not stop at the first failing seed
  --no-shrink    tell a failing history as it is
  --coverage     print which fault hit which transition`

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    seconds: { type: 'string' },
    plan: { type: 'string' },
    save: { type: 'string' },
    'keep-going': { type: 'boolean', default: false },
    'no-shrink': { type: 'boolean', default: false },
    coverage: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

async function main(): Promise<number> {
  if (values.help) {
    console.log(usage)
    return 0
  }
  if (values.plan !== undefined) return playPlan(values.plan)
  const coverage = new Coverage()
  const from = Number(values.from)
  const most =
    values.seeds === undefined && values.seconds !== undefined
      ? Number.POSITIVE_INFINITY
      : Number(values.seeds ?? 1_000)
  const endAt = values.seconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + Number(values.seconds) * 1_000
  if (!Number.isInteger(from) || !(most > 0)) throw new RangeError(`Expected whole numbers.\n${usage}`)
  const began = Date.now()
  let toldAt = began
  let done = 0
  let tasks = 0
  let failed = 0
  for (; done < most && Date.now() < endAt; done++) {
    const history = await simulate(planOf(String(from + done)), { coverage })
    tasks += history.journal.calls.length
    if (history.violations.length > 0) {
      failed++
      await report(history)
      if (!values['keep-going']) return 1
    }
    if (Date.now() - toldAt > 5_000) {
      toldAt = Date.now()
      console.log(progress(done + 1, tasks, began, failed))
    }
  }
  console.log(progress(done, tasks, began, failed))
  if (values.coverage) console.log(`\n${coverage.table()}\n\n${coverage.summary()}`)
  else console.log(`${coverage.missing().length} cells of fault × transition not hit (--coverage shows them)`)
  return failed === 0 ? 0 : 1
}

function progress(seeds: number, tasks: number, began: number, failed: number): string {
  const seconds = (Date.now() - began) / 1_000
  return `${seeds} seeds, ${tasks} tasks, ${failed} failed, ${(seeds / seconds).toFixed(0)} seeds/s, ${(tasks / seconds).toFixed(0)} tasks/s`
}

async function report(history: History): Promise<void> {
  const told = values['no-shrink'] ? history : await shrink(history)
  console.error(`\n${tell(told)}\n`)
  if (values.save !== undefined) writeFileSync(values.save, JSON.stringify(told.plan))
  console.error(`Replay: npm run simulate -- --seeds 1 --from ${history.plan.seed}\n`)
}

async function playPlan(file: string): Promise<number> {
  const history = await simulate(JSON.parse(readFileSync(file, 'utf8')) as Plan)
  console.log(tell(history))
  return history.violations.length === 0 ? 0 : 1
}

// Stacks cost as much as the tasks that throw. A plan that is replayed has them.
if (values.plan === undefined) Error.stackTraceLimit = 0
process.exitCode = await main()
