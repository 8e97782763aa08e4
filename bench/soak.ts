import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Table from 'cli-table3'
import { Command } from 'commander'
import { localAccount, localKeys, localRegion } from '../localstack/account.ts'
import { startDynamoDb } from '../localstack/dynamodb/dynoxide.ts'
import { SqsWire } from '../localstack/event-source/index.ts'
import { startGuarded } from '../localstack/process/guarded-process.ts'
import { startProcessGuard } from '../localstack/process/process-guard.ts'
import { bundleWorker } from '../shared/local/bundle.ts'
import { Closing } from '../shared/local/closing.ts'
import { environmentOf, factsOf, planOf } from '../shared/local/plan.ts'
import { prepareQueue, prepareTable, variablesOf } from '../shared/local/services.ts'
import { Workers } from '../shared/local/workers.ts'
import { add, app } from './soak/app.ts'
import { type Held, heldBy, heldByThisProcess, slope } from './soak/watched-process.ts'

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'

const { tasks, backlog, samples } = new Command('npm run bench -- soak')
  .description(
    'Many small tasks through the embedded servers, each in a process of its own: memory (resident; of the client what is left after a collection), open files and tasks a second over time. Linux.',
  )
  .option('--tasks <n>', 'how many', Number, 1_000_000)
  .option('--backlog <n>', 'enqueued ahead of what is done', Number, 2_000)
  .option('--samples <n>', 'rows of the table', Number, 20)
  .parse()
  .opts<{ tasks: number; backlog: number; samples: number }>()

const roles = ['client', 'workers', 'sqs', 'dynamodb'] as const
type Role = (typeof roles)[number]
const head = ['done', 'tasks/s', ...roles.flatMap((role) => [`${role} MB`, 'files'])]

interface Sample extends Readonly<Record<Role, Held>> {
  readonly done: number
  readonly perSecond: number
}

const closing = new Closing()
process.once('SIGINT', () => void closing.close().finally(() => process.exit(130)))
try {
  const folder = mkdtempSync(join(tmpdir(), 'celeriac-soak-'))
  closing.add(() => rmSync(folder, { recursive: true, force: true }))
  const { pidsOf, workers } = await start(folder)
  const taken = await soak(
    (): Omit<Sample, 'done' | 'perSecond'> => ({
      client: heldByThisProcess(),
      workers: heldBy(workers.pids),
      sqs: heldBy([pidsOf.sqs]),
      dynamodb: heldBy([pidsOf.dynamodb]),
    }),
  )
  conclude(taken)
} finally {
  await closing.close()
}

/** What `celeriac dev` starts, with the SQS server in a process of its own so that it can be told from the client. */
async function start(folder: string) {
  const cli = fileURLToPath(new URL('../cli/main.ts', import.meta.url))
  const flags = ['sqs', '--port', '0', '--data-dir', join(folder, 'sqs'), '--json']
  const [server, dynamodb] = await Promise.all([
    startGuarded(process.execPath, ['--import', 'tsx', cli, ...flags]),
    startDynamoDb({ dataDir: folder }),
  ])
  closing.add(() => Promise.all([server.stop(), dynamodb.stop()]))
  const told = await new Promise<string>((resolve) => server.stdout.once('data', (chunk) => resolve(String(chunk))))
  const endpoints = { sqs: (JSON.parse(told) as { endpoint: string }).endpoint, dynamodb: dynamodb.endpoint }
  const plan = planOf(factsOf(app.definition))
  const queueBaseUrl = `${endpoints.sqs}/${localAccount}`
  const wire = new SqsWire(endpoints.sqs)
  closing.add(() => wire.close())
  await prepareTable(endpoints.dynamodb, localRegion, plan.table)
  for (const queue of plan.queues) await prepareQueue(wire, localRegion, queue)
  const environment = environmentOf(plan, queueBaseUrl)
  app.connect({ endpoint: endpoints, region: localRegion, credentials: localKeys, environment })
  closing.add(() => app.close())
  const guard = startProcessGuard()
  closing.add(() => guard.close())
  const entry = fileURLToPath(new URL('./soak/worker.ts', import.meta.url))
  const code = await bundleWorker({ entry, folder: join(folder, 'bundle') })
  const workers = new Workers(
    plan,
    { code },
    {
      region: localRegion,
      queueBaseUrl,
      wire,
      guard,
      variables: variablesOf(plan, { endpoints, region: localRegion, queueBaseUrl }),
      concurrency: 2,
      onLog: ({ text }) => console.log(text),
      onProblem: (problem) => console.log(problem),
    },
  )
  closing.add(() => workers.stop())
  await workers.prove()
  workers.start()
  return { pidsOf: { sqs: server.pid, dynamodb: dynamodb.pid }, workers }
}

/** Enqueues no faster than is worked, and looks at everything each time a share of the tasks is done. */
async function soak(look: () => Omit<Sample, 'done' | 'perSecond'>): Promise<readonly Sample[]> {
  const { queues } = app.ports()
  const taken: Sample[] = []
  let enqueued = 0
  let failed = 0
  const done = async (): Promise<number> => {
    const { waiting, inFlight, delayed } = await queues.depth('work')
    return enqueued - failed - waiting - inFlight - delayed
  }
  const inputs = async function* () {
    for (let n = 0; n < tasks; n++) {
      if (n % 500 === 0) while (enqueued - (await done()) > backlog) await pause(50)
      yield { a: n, b: n }
    }
  }
  let broken: unknown
  const enqueuing = (async () => {
    for await (const { error } of add.delayMany(inputs())) {
      enqueued++
      if (error !== undefined) failed++
    }
  })()
  enqueuing.catch((error: unknown) => {
    broken = error
  })
  console.log(head.map((text) => text.padStart(12)).join(''))
  let before = { at: performance.now(), done: 0 }
  while (taken.length < samples) {
    // A failed enqueue ends the bench here, not at its end.
    if (broken !== undefined) throw broken
    await pause(200)
    const now = { at: performance.now(), done: await done() }
    if (now.done < Math.min(tasks - failed, (tasks / samples) * (taken.length + 1))) continue
    const sample: Sample = {
      ...look(),
      done: now.done,
      perSecond: ((now.done - before.done) * 1_000) / (now.at - before.at),
    }
    before = now
    taken.push(sample)
    console.log(
      cellsOf(sample)
        .map((text) => text.padStart(12))
        .join(''),
    )
  }
  await enqueuing
  if (failed > 0) console.log(`${failed} could not be enqueued.`)
  return taken
}

/** The first quarter warms up: heaps grow to their usual size. */
function conclude(taken: readonly Sample[]): void {
  const steady = taken.slice(Math.floor(taken.length / 4))
  const table = new Table({
    head: [
      'after the first quarter',
      'MB at its start',
      'MB at the end',
      'MB per 100,000 tasks',
      'files at its start',
      'at the end',
    ],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  })
  for (const role of roles) {
    const growth = slope(steady.map((sample) => [sample.done / 100_000, sample[role].megabytes]))
    const [first, last] = [steady[0]?.[role], steady.at(-1)?.[role]]
    table.push([
      role,
      (first?.megabytes ?? 0).toFixed(0),
      (last?.megabytes ?? 0).toFixed(0),
      growth.toFixed(1),
      first?.descriptors ?? 0,
      last?.descriptors ?? 0,
    ])
  }
  console.log(table.toString())
  const rates = steady.map(({ perSecond }) => perSecond)
  const half = Math.floor(rates.length / 2)
  console.log(
    `tasks/s: ${mean(rates.slice(0, half)).toFixed(0)} in the first half of that, ${mean(rates.slice(half)).toFixed(0)} in the second`,
  )
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function cellsOf({ done, perSecond, ...held }: Sample): readonly string[] {
  return [
    String(done),
    perSecond.toFixed(0),
    ...roles.flatMap((role) => [held[role].megabytes.toFixed(0), String(held[role].descriptors)]),
  ]
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
