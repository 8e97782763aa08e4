import { Command } from 'commander'
import { counted } from '../../shared/core/words.ts'
import { parseSince } from '../arguments.ts'
import { checkQueue, withApp } from '../context.ts'
import { CliError } from '../failure.ts'

export function reconcileCommand(): Command {
  return new Command('reconcile')
    .description('send again what lost its message; harmless for everything else')
    .option('--queue <queue...>', 'only these queues')
    .option('--since <when>', 'only tasks enqueued since: 2h ago, or a date', parseSince)
    .action(({ queue: queues, since }: { queue?: string[]; since?: Date }, command: Command) =>
      withApp(command, async ({ app, output }) => {
        for (const queue of queues ?? []) checkQueue(app, queue)
        output.progress('Looking for tasks that lost their message…')
        const report = await app.reconcile({
          onProgress: ({ examined, sentAgain }) =>
            output.progress(`${examined} examined, ${sentAgain.length} sent again`),
          ...(queues !== undefined && { queues }),
          ...(since !== undefined && { from: since.getTime() }),
        })
        output.progress('')
        if (output.json) output.data(report)
        else {
          output.line(
            `${counted(report.examined, 'task')} examined, ${report.open} open, ${report.sentAgain.length} sent again.`,
          )
          if (report.sentAgain.length > 0) {
            output.table(report.sentAgain, [
              { title: 'id', value: ({ id }) => id, flexible: true },
              { title: 'task', value: ({ task }) => task },
              { title: 'queue', value: ({ queue }) => queue },
              { title: 'state', value: ({ state }) => state },
            ])
          }
        }
        const [first] = report.failed
        if (first !== undefined) {
          throw new CliError(
            `${counted(report.failed.length, 'task')} could not be sent again; run it once more. The first: ${first.id}: ${first.error}.`,
          )
        }
      }),
    )
}
