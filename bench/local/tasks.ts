import { fileURLToPath } from 'node:url'
import { type Local, type LocalOptions, startLocal } from 'celeriac/local'
import type { Closing } from '../../shared/local/closing.ts'
import { concurrency, makeApp } from './app.ts'
import { median, ratioText, whole } from './numbers.ts'
import { printTable } from './table.ts'

interface Contestant {
  readonly name: string
  readonly add: ReturnType<typeof makeApp>['add']
  readonly local: Local
  readonly rounds: Round[]
}

interface Round {
  readonly enqueueSeconds: number
  /** From the first enqueue until all are done and acknowledged. */
  readonly seconds: number
}

const rounds = 3

/** Tasks that do nothing, from delayMany() until the queue is empty. */
export async function measureTasks(tasks: number, closing: Closing): Promise<void> {
  const worker = fileURLToPath(new URL('./worker.ts', import.meta.url))
  const start = async (name: string, options: LocalOptions): Promise<Contestant> => {
    const { app, add } = makeApp()
    const local = await startLocal(app, { ...options, concurrency })
    closing.add(() => local.stop({ drain: false }))
    return { name, add, local, rounds: [] }
  }
  const inProcess = await start('in this process', {})
  const children = await start(`in child processes, up to ${concurrency}`, { worker })
  const contestants = [inProcess, children]
  try {
    // The first round of each warms up and does not count.
    for (const contestant of contestants) await run(contestant, Math.ceil(tasks / 3))
    for (let round = 0; round < rounds; round++) {
      for (const contestant of round % 2 === 0 ? contestants : contestants.toReversed()) {
        contestant.rounds.push(await run(contestant, tasks))
      }
    }
  } finally {
    for (const { local } of contestants) await local.stop({ drain: false })
  }
  printTable(
    `Tasks end to end through startLocal(), ${rounds} turns of ${whole(tasks)}, medians; client, SQS server and event source mapping are in this process.`,
    ['', 'tasks/s, enqueue to done', 'ratio', 'enqueued/s meanwhile', 'ms a task'],
    contestants.map(({ name, rounds: measured }): readonly [string, ...string[]] => {
      const seconds = median(measured.map((round) => round.seconds))
      const ratios = measured.map((round, turn) => (inProcess.rounds[turn]?.seconds ?? 0) / round.seconds)
      return [
        name,
        whole(tasks / seconds),
        name === inProcess.name ? '1' : ratioText(ratios),
        whole(tasks / median(measured.map((round) => round.enqueueSeconds))),
        ((seconds * 1_000) / tasks).toFixed(2),
      ]
    }),
  )
}

async function run({ add, local }: Contestant, tasks: number): Promise<Round> {
  const startedAt = performance.now()
  const { failed } = await add.delayMany(Array.from({ length: tasks }, (_, n) => ({ a: n, b: n })))
  if (failed[0] !== undefined) throw failed[0].error
  const enqueuedAt = performance.now()
  while (isBusy(local)) await new Promise((resolve) => setTimeout(resolve, 2))
  return { enqueueSeconds: (enqueuedAt - startedAt) / 1_000, seconds: (performance.now() - startedAt) / 1_000 }
}

/** A task is deleted from its queue when its record says that it succeeded. */
function isBusy({ queues, sqs }: Local): boolean {
  return Object.values(queues).some(({ url }) => {
    const { visible, delayed, inFlight } = sqs.model.inspect.counts(url)
    return visible + delayed + inFlight > 0
  })
}
