import { Command } from 'commander'
import { costOf, type QueueCost } from '../../infra/cost.ts'
import { parseCount } from '../arguments.ts'
import { withApp } from '../context.ts'
import type { Column } from '../output.ts'

interface CostFlags {
  readonly tasks: number
  readonly runMs: number
  readonly details?: true
}

export function costCommand(): Command {
  return new Command('cost')
    .description("what tasks cost at AWS's list prices, by the settings of their queues")
    .option('--tasks <n>', 'for so many tasks', parseCount, 1_000_000)
    .option('--run-ms <ms>', 'that run so long', parseCount, 50)
    .option('--details', 'how it was computed')
    .action(({ tasks, runMs, details }: CostFlags, command: Command) =>
      withApp(
        command,
        async ({ app, output }) => {
          const costs = costOf(app, { tasks, runMs })
          if (output.json) return output.data(costs)
          output.table(costs.queues, columns)
          for (const { queue, lines } of details ? costs.queues : []) {
            output.line(`\n${queue}`)
            output.table(lines, [
              { title: 'what', value: ({ name }) => name },
              { title: 'dollars', value: ({ dollars }) => dollars.toFixed(2), align: 'right' },
              { title: 'how', value: ({ formula }) => formula, flexible: true },
            ])
          }
          const what = `${tasks.toLocaleString('en-US')} tasks of ${runMs} ms, in full batches`
          output.note(`US dollars for ${what}; idle: a month without tasks. us-east-1, without free tiers.`)
        },
        { offline: true },
      ),
    )
}

const columns: readonly Column<QueueCost>[] = [
  { title: 'queue', value: ({ queue }) => queue },
  { title: 'dollars', value: ({ dollars }) => dollars.toFixed(2), align: 'right' },
  { title: 'idle/month', value: ({ idleDollars }) => idleDollars.toFixed(2), align: 'right' },
]
