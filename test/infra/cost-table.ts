import { type CostAssumptions, costOf } from '../../infra/cost.ts'
import { defineApp } from '../../shared/core/app.ts'
import type { QueueOptions } from '../../shared/core/queue.ts'
import type { LedgerMode } from '../../shared/core/task.ts'

interface Case {
  readonly what: string
  readonly queue?: QueueOptions
  readonly ledger?: LedgerMode
  readonly assumptions?: CostAssumptions
}

const cases: readonly Case[] = [
  { what: 'defaults, busy queue: batches of 10, 512 MB, tasks of 50 ms' },
  { what: "the same, `ledger: 'off'`", ledger: 'off', assumptions: { resultReads: 0 } },
  { what: 'the same, one retry each', assumptions: { retries: 1 } },
  { what: 'the same, enqueued one by one with `delay()`', assumptions: { sentTogether: 1 } },
  { what: 'quiet queue: one task at a time', assumptions: { sentTogether: 1, batch: 1 } },
  { what: 'inputs of 10 KB', assumptions: { inputKb: 10 } },
  { what: '`parallelism: 1`: CPU-bound tasks of 50 ms', queue: { parallelism: 1 } },
  {
    what: 'pictures: 1,769 MB, one at a time, 2 s each',
    queue: { batchSize: 1, memory: 1_769, concurrency: 5 },
    assumptions: { runMs: 2_000 },
  },
]

/** The cost table of the docs, as Markdown. */
export function costTable(): string {
  const rows = cases.map(({ what, queue = {}, ledger = 'full', assumptions = {} }) => {
    const app = defineApp({ name: 'app', queues: { queue } })
    app.add('task', { ledger }, undefined)
    const [cost] = costOf(app, assumptions).queues
    if (cost === undefined) throw new Error('expected a queue')
    const sum = (start: string) =>
      cost.lines.filter(({ name }) => name.startsWith(start)).reduce((all, { dollars }) => all + dollars, 0)
    const cells = [sum('SQS'), sum('Lambda'), sum('DynamoDB'), sum('Logs'), cost.dollars, cost.idleDollars]
    return [what, ...cells.map((dollars) => dollars.toFixed(2))]
  })
  const head = ['per million tasks, US dollars', 'SQS', 'Lambda', 'DynamoDB', 'Logs', 'all', 'idle a month']
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(['---', '---:', '---:', '---:', '---:', '---:', '---:']), ...rows.map(line)].join('\n')
}
