import { Command, InvalidArgumentError } from 'commander'
import { startDynamoDb } from '../localstack/dynamodb/dynoxide.ts'
import { startSqsServer } from '../localstack/sqs/server/index.ts'
import { createClients } from '../shared/aws/clients.ts'
import { createTablePorts } from '../shared/aws/ports.ts'
import { createSqsQueues } from '../shared/aws/queues.ts'
import { ensureTable } from '../shared/aws/table.ts'
import { messageOf, recordOfCall } from '../shared/core/call.ts'
import { allShards, minuteMs, minuteOf } from '../shared/core/due.ts'
import { messageText } from '../shared/core/message-codec.ts'
import { queueName } from '../shared/core/names.ts'
import { parkedTask } from '../shared/core/parked.ts'
import { Enqueuer } from '../shared/enqueue/enqueuer.ts'
import { createApp } from '../shared/index.ts'
import { Closing } from '../shared/local/closing.ts'
import { createQueues } from '../shared/memory/queue-setup.ts'
import type { DueItem, Ports } from '../shared/ports/index.ts'
import { CertainLedger } from '../shared/protocol/certain-ledger.ts'
import { runTick } from '../shared/schedule/tick.ts'
import { systemClock, systemRandom } from '../shared/system/index.ts'
import { whole } from './local/numbers.ts'
import { printTable } from './local/table.ts'

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'

const { tasks } = new Command('npm run bench -- due')
  .description(
    'The tick: tasks due in one minute, released by one tick on the embedded DynamoDB and SQS. Requests for each task, time of the release, how far the delays that SQS was given are from the instants, and what an empty tick costs.',
  )
  .option('--tasks <n>', 'due in one minute', positive, 100_000)
  .parse()
  .opts<{ tasks: number }>()

const closing = new Closing()
try {
  await measure(tasks)
} finally {
  await closing.close()
}

async function measure(count: number): Promise<void> {
  const app = createApp({ name: 'bench-due', queues: { default: {} } }).definition
  const [dynamodb, sqs] = await Promise.all([startDynamoDb(), startSqsServer()])
  closing.add(() => dynamodb.stop())
  closing.add(() => sqs.stop())
  createQueues(sqs.model, app)
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const table = createClients({ endpoint: dynamodb.endpoint, region: 'us-east-1', credentials })
  const queues = createClients({ endpoint: sqs.endpoint, region: 'us-east-1', credentials })
  closing.add(async () => table.close())
  closing.add(async () => queues.close())
  const environment = { prefix: app.prefix, table: app.prefix, queueBaseUrl: undefined }
  await ensureTable(table.dynamodb(), environment.table)
  const requests = new Map<string, number>()
  // One handler for both: the stacks differ in their types alone.
  const counting = (next: (given: object) => unknown, { commandName = '' }: { readonly commandName?: string }) => {
    return (given: object) => {
      requests.set(commandName, (requests.get(commandName) ?? 0) + 1)
      return next(given)
    }
  }
  table.dynamodb().middlewareStack.add(counting as never, { step: 'finalizeRequest' })
  queues.sqs().middlewareStack.add(counting as never, { step: 'finalizeRequest' })
  const world = { environment, clock: systemClock, random: systemRandom }
  const ports: Ports = {
    ...createTablePorts({ dynamodb: table.dynamodb(), ...world }),
    queues: createSqsQueues({ sqs: queues.sqs(), ...world }),
    clock: systemClock,
    random: systemRandom,
    telemetry: { event: () => {}, log: (level, message, fields) => console.error(level, message, fields) },
  }
  const ledger = new CertainLedger(ports)
  const deps = { app, ports, ledger, enqueuer: new Enqueuer(ports, ledger) }
  const tick = () => runTick(deps, { deadlineAt: Date.now() + 600_000 })

  // As if the last tick had been a minute ago.
  const minute = minuteOf(Date.now()) + 2
  await ports.ticks.write([{ range: allShards, token: 'bench', now: Date.now(), doneUntil: minute - 1 }])
  for (let from = 0; from < count; from += 1_000) {
    await ports.due.put(Array.from({ length: Math.min(1_000, count - from) }, (_, at) => dueItem(minute, from + at)))
  }
  requests.clear()
  const started = performance.now()
  const report = await tick()
  const seconds = (performance.now() - started) / 1_000
  const all = [...requests.values()].reduce((sum, each) => sum + each, 0)
  if (report.tasks !== count) throw new Error(`expected ${count} released tasks, received ${report.tasks}`)

  const lateMs = sqs.model.inspect
    .messages(queueName(app.prefix, 'default'))
    .map(
      ({ body, visibleAt }) =>
        (visibleAt ?? Date.now()) - Number((JSON.parse(body) as { availableAt: number }).availableAt),
    )
    .sort((a, b) => a - b)
  const percentile = (share: number) => `${whole(lateMs[Math.floor(share * (lateMs.length - 1))] ?? Number.NaN)} ms`
  printTable(
    `${whole(count)} tasks due in one minute, one tick`,
    ['', ''],
    [
      ['release', `${seconds.toFixed(1)} s`],
      ['tasks a second', whole(count / seconds)],
      ['requests a task', (all / count).toFixed(3)],
      ...[...requests].map(([name, n]): [string, string] => [`  ${name.replace(/Command$/, '')}`, whole(n)]),
      ['received after its instant, least', percentile(0)],
      ['p50', percentile(0.5)],
      ['p99', percentile(0.99)],
      ['most', percentile(1)],
    ],
  )

  const empties: number[] = []
  requests.clear()
  for (let round = 0; round < 20; round++) {
    await ports.ticks.write([{ range: allShards, token: 'bench', now: Date.now(), doneUntil: minute + round }])
    requests.clear()
    const from = performance.now()
    // Its clock is a minute further each time: one empty minute.
    const clock = { ...systemClock, now: () => (minute + round + 1) * minuteMs - 3 * minuteMs + 30_000 }
    await runTick({ ...deps, ports: { ...ports, clock } }, { deadlineAt: Number.POSITIVE_INFINITY })
    empties.push(performance.now() - from)
  }
  printTable(
    'An empty tick',
    ['', ''],
    [
      ['time, median', `${whole(empties.sort((a, b) => a - b)[10] ?? 0)} ms`],
      ...[...requests].map(([name, n]): [string, string] => [`  ${name.replace(/Command$/, '')}`, whole(n)]),
    ],
  )
}

function dueItem(minute: number, index: number): DueItem {
  const at = minute * minuteMs + Math.floor((index * 60_000) / tasks)
  const id = `0190a000-0000-7000-8000-${String(index).padStart(12, '0')}`
  const call = {
    id,
    task: 'emails.send',
    queue: 'default',
    input: { to: `user-${index}@example.com` },
    enqueuedAt: 0,
    availableAt: at,
  }
  const { record } = recordOfCall(call, 'token')
  return { ...parkedTask(record, 'default', at, messageText(messageOf(record, call.input))), minute }
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError(`Expected a number above 0, received '${text}'.`)
  return value
}
