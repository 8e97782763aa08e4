import { Command } from 'commander'
import type { Duration } from '../../shared/index.ts'
import { parseCount, parseDuration, parseSince } from '../arguments.ts'
import { checkQueue, withApp } from '../context.ts'
import { showFailures } from '../inspect/failures.ts'
import { showQueues } from '../inspect/queues.ts'
import { showTask } from '../inspect/task.ts'

export function inspectCommand(): Command {
  const inspect = new Command('inspect').description('look without touching')
  inspect
    .command('queues')
    .description('what waits, runs and failed, queue by queue')
    .option('--window <duration>', 'count succeeded, retried and failed tasks this long back', parseDuration, '1h')
    .action(({ window }: { window: Duration }, command: Command) =>
      withApp(command, async ({ app, output }) => showQueues(await app.inspect.queues({ window }), output)),
    )
  inspect
    .command('task')
    .description('everything known about a task')
    .argument('<id>', "the task's id")
    .action((id: string, _flags: object, command: Command) =>
      withApp(command, async ({ app, output }) => showTask(await app.inspect.task(id), output)),
    )
  inspect
    .command('failures')
    .description('tasks that failed for good, newest first')
    .option('--queue <queue>', 'of this queue only')
    .option('--since <when>', 'failed since: 2h ago, or a date (default: 14 days)', parseSince)
    .option('--limit <n>', 'at most so many of a queue', parseCount, 20)
    .action(({ queue, since, limit }: { queue?: string; since?: Date; limit: number }, command: Command) =>
      withApp(command, async ({ app, output }) => {
        if (queue !== undefined) checkQueue(app, queue)
        const queues = queue === undefined ? Object.keys(app.definition.queues) : [queue]
        await showFailures(app, { queues, from: since, limit }, output)
      }),
    )
  return inspect
}
