import Table from 'cli-table3'
import { Command } from 'commander'
import { startBullMq } from './end-to-end/bullmq.ts'
import { type Contestant, measure, type Round } from './end-to-end/contestant.ts'
import { startByHand, startCeleriac } from './end-to-end/contestants.ts'
import { RequestCounter } from './end-to-end/requests.ts'

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'

const { tasks, rounds, singles } = new Command('npm run bench -- end-to-end')
  .description(
    'Tasks that do nothing, from the producer through the embedded SQS and DynamoDB to the worker, in one process.',
  )
  .option('--tasks <n>', 'tasks a round', Number, 3_000)
  .option('--rounds <n>', 'rounds, contestants taking turns', Number, 5)
  .option('--singles <n>', 'tasks enqueued one at a time, for the latency of an idle queue', Number, 100)
  .parse()
  .opts<{ tasks: number; rounds: number; singles: number }>()

interface Score {
  readonly contestant: Contestant
  readonly rounds: Round[]
  single: Pick<Round, 'latenciesMs'>
  requests: ReadonlyMap<string, number>
}

const { contestant: celeriac, local } = await startCeleriac()
const byHand = await startByHand(local)
const bullmq = await startBullMq()
const contestants = [celeriac, byHand, ...(typeof bullmq === 'string' ? [] : [bullmq])]
try {
  const scores = await compete(contestants)
  print(scores)
  if (typeof bullmq === 'string') console.log(`\n${bullmq}`)
} finally {
  for (const contestant of contestants.toReversed()) await contestant.close()
}

/** The first round of each warms up and does not count; requests are counted apart, so that counting costs nobody time. */
async function compete(contestants: readonly Contestant[]): Promise<readonly Score[]> {
  const scores: Score[] = []
  for (const contestant of contestants) {
    await measure(Math.ceil(tasks / 3), () => contestant.enqueueMany(Math.ceil(tasks / 3)))
    scores.push({ contestant, rounds: [], single: { latenciesMs: [] }, requests: new Map() })
  }
  for (let round = 1; round <= rounds; round++) {
    // Who comes second finds warmer caches: the order changes each time.
    for (const score of round % 2 === 0 ? scores.toReversed() : scores) {
      score.rounds.push(await measure(tasks, () => score.contestant.enqueueMany(tasks)))
    }
  }
  for (const score of scores) {
    const counter = new RequestCounter()
    counter.start()
    await measure(tasks, () => score.contestant.enqueueMany(tasks))
    score.requests = counter.stop()
    const latenciesMs: number[] = []
    for (let single = 0; single < singles; single++) {
      const round = await measure(1, () => score.contestant.enqueueOne())
      latenciesMs.push(...round.latenciesMs)
    }
    score.single = { latenciesMs }
  }
  return scores
}

function print(scores: readonly Score[]): void {
  const table = new Table({
    head: [
      '',
      'tasks/s',
      'ratio',
      'CPU/task',
      'ratio',
      'backlog p50',
      'p95',
      'p99',
      'idle p50',
      'p95',
      'requests/task',
    ],
    colAligns: ['left', ...Array.from({ length: 10 }, () => 'right' as const)],
    style: { head: [], border: [], compact: true },
  })
  const reference = scores.find(({ contestant }) => contestant === byHand)
  for (const { contestant, rounds: measured, single, requests } of scores) {
    const rates = measured.map(({ seconds }) => tasks / seconds)
    const backlog = measured.flatMap(({ latenciesMs }) => latenciesMs)
    const cpu = measured.map(({ cpuSeconds }) => (cpuSeconds * 1_000) / tasks)
    const ratio = (of: 'seconds' | 'cpuSeconds') =>
      contestant === byHand
        ? '1'
        : ratioText(measured.map((round, index) => (reference?.rounds[index]?.[of] ?? 0) / round[of]))
    const sum = [...requests.values()].reduce((total, count) => total + count, 0)
    table.push([
      contestant.name,
      Math.round(median(rates)).toLocaleString('en-US'),
      ratio('seconds'),
      `${median(cpu).toFixed(2)} ms`,
      ratio('cpuSeconds'),
      ...[0.5, 0.95, 0.99].map((share) => ms(quantile(backlog, share))),
      ...[0.5, 0.95].map((share) => ms(quantile(single.latenciesMs, share))),
      sum === 0 ? '' : (sum / tasks).toFixed(3),
    ])
  }
  console.log(
    `${rounds} rounds of ${tasks} tasks, medians. Latency from enqueue to run: with all of a round enqueued at once, and one task at a time.`,
  )
  console.log(table.toString())
  for (const { contestant, requests } of scores) {
    if (requests.size === 0) continue
    console.log(
      `${contestant.name}: ${[...requests].map(([name, count]) => `${name} ${(count / tasks).toFixed(3)}`).join(', ')} a task`,
    )
  }
}

/** By hand over theirs: 1 is as fast, below is slower. */
function ratioText(ratios: readonly number[]): string {
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)]
  return `${median(ratios).toFixed(2)} (${least.toFixed(2)}-${most.toFixed(2)})`
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`
}
