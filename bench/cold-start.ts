import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import Table from 'cli-table3'
import { Command } from 'commander'
import { build } from 'esbuild'
import { credentialsUnusedOnLambda } from '../infra/lambda-credentials.ts'
import { localKeys, localRegion, queueArn } from '../localstack/account.ts'
import { sqsEvent } from '../localstack/event-source/sqs-record.ts'
import { createClients } from '../shared/aws/clients.ts'
import { factsOf, planOf } from '../shared/local/plan.ts'
import { type Services, startServices } from '../shared/local/services.ts'
import { app, nothing } from './cold-start/celeriac.ts'

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'

const { rounds, node } = new Command('npm run bench -- cold-start')
  .description(
    "From the start of a process to the answer to its first event, with one task: Celeriac's worker, and a bare handler that makes the same requests with the same two SDK clients.",
  )
  .option('--rounds <n>', 'processes of each, taking turns', Number, 20)
  .option('--node <file>', 'the Node to start them with (Lambda runs Node 24)', process.execPath)
  .parse()
  .opts<{ rounds: number; node: string }>()

/** Milliseconds: Node itself, the bundle's modules, the first event. */
interface Start {
  readonly boot: number
  readonly load: number
  readonly answer: number
}

interface Contestant {
  readonly name: string
  /** One bundle for all rounds, made as the CDK makes it. */
  readonly bundle: string
  readonly kb: number
  readonly starts: Start[]
  /** Enqueues a task and gives the body of its message. */
  enqueue(round: number): Promise<string>
}

const run = promisify(execFile)
const child = fileURLToPath(new URL('cold-start/first-event.mjs', import.meta.url))
const folder = await mkdtemp(join(tmpdir(), 'celeriac-cold-start-'))
const services = await startServices({ onProblem: console.error })
try {
  const { stdout: version } = await run(node, ['--version'])
  const contestants = await prepare(services)
  for (let round = 0; round <= rounds; round++) {
    for (const contestant of round % 2 === 0 ? contestants : contestants.toReversed()) {
      const start = await firstEvent(contestant, await contestant.enqueue(round))
      // The first round fills the machine's file caches.
      if (round > 0) contestant.starts.push(start)
    }
  }
  print(contestants, version.trim())
} finally {
  await services.stop()
  await rm(folder, { recursive: true })
}

async function prepare({
  endpoints,
  prepare,
  variables,
  wire,
  queueBaseUrl,
}: Services): Promise<readonly Contestant[]> {
  const plan = planOf(factsOf(app.definition))
  await prepare(plan)
  Object.assign(process.env, variables(plan), { COLD_TABLE: plan.table })
  const clients = createClients({ endpoint: endpoints, region: localRegion, credentials: localKeys })
  const queueUrl = `${queueBaseUrl}/${app.prefix}-tasks`
  const text = 'x'.repeat(100)
  return [
    {
      name: 'Celeriac',
      ...(await bundle('celeriac')),
      starts: [],
      async enqueue() {
        await nothing.delay({ text })
        const [message] = await wire.receive(queueUrl, { max: 1, waitSeconds: 5, signal: AbortSignal.timeout(9_000) })
        return message?.Body ?? ''
      },
    },
    {
      name: 'bare handler, the same requests',
      ...(await bundle('bare')),
      starts: [],
      async enqueue(round) {
        const id = `bare-${round}`
        const item = { pk: { S: id }, sk: { S: 'bare' }, state: { S: 'QUEUED' } }
        await clients.dynamodb().send(new PutItemCommand({ TableName: plan.table, Item: item }))
        return JSON.stringify({ id, input: { text } })
      },
    },
  ]
}

/** As infra/bundling.ts has the CDK do it, without the parts of the SDK that Lambda never needs. */
async function bundle(name: string): Promise<{ readonly bundle: string; readonly kb: number }> {
  const outfile = join(folder, `${name}.mjs`)
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL(`cold-start/${name}.ts`, import.meta.url))],
    outfile,
    bundle: true,
    minify: true,
    keepNames: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    external: [...credentialsUnusedOnLambda],
    alias: {
      'celeriac/worker': fileURLToPath(new URL('../shared/worker.ts', import.meta.url)),
      celeriac: fileURLToPath(new URL('../shared/index.ts', import.meta.url)),
    },
    banner: {
      js: "import{createRequire as __celeriacRequire}from'node:module';const require=__celeriacRequire(import.meta.url);",
    },
    metafile: true,
    logLevel: 'error',
  })
  const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0)
  return { bundle: outfile, kb: bytes / 1_024 }
}

async function firstEvent({ bundle }: Contestant, body: string): Promise<Start> {
  const now = String(Date.now())
  const message = {
    MessageId: 'first',
    ReceiptHandle: 'first',
    MD5OfBody: '',
    Body: body,
    Attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: now,
      ApproximateFirstReceiveTimestamp: now,
      SenderId: '',
    },
  }
  const event = join(folder, 'event.json')
  const source = { queueArn: queueArn(localRegion, `${app.prefix}-tasks`), region: localRegion }
  await writeFile(event, JSON.stringify(sqsEvent([message], source)))
  const { stdout } = await run(node, [child, bundle, event], { env: process.env })
  return JSON.parse(stdout) as Start
}

function print(contestants: readonly Contestant[], version: string): void {
  const table = new Table({ head: ['', 'bundle', 'Node', 'load', 'first event', 'in all', 'ratio'] })
  const bare = contestants.at(-1)
  for (const { name, kb, starts } of contestants) {
    const ratios = starts.map((start, index) => totalOf(start) / totalOf(bare?.starts[index] ?? start))
    const ms = (part: (start: Start) => number) => `${median(starts.map(part)).toFixed(0)} ms`
    table.push([
      name,
      `${kb.toFixed(0)} KB`,
      ms(({ boot }) => boot),
      ms(({ load }) => load),
      ms(({ answer }) => answer),
      ms(totalOf),
      median(ratios).toFixed(2),
    ])
  }
  console.log(`${rounds} processes of each on Node ${version}, medians; the aim is a ratio of at most 1.25.`)
  console.log(table.toString())
}

function totalOf({ boot, load, answer }: Start): number {
  return boot + load + answer
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}
