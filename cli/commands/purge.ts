import { Command } from 'commander'
import { checkTerminal, confirm } from '../confirm.ts'
import { checkQueue, withApp } from '../context.ts'
import { type PurgeReport, purgeQueue } from '../purge-queue.ts'

interface PurgeFlags {
  readonly dead?: true
  readonly yes?: true
}

export function purgeCommand(): Command {
  return new Command('purge')
    .description('remove what waits in a queue, and revoke its tasks; or its dead letters')
    .argument('<queue>', "the queue's name in the app")
    .option('--dead', 'the dead letters of the queue instead')
    .option('--yes', 'do not ask')
    .action((queue: string, { dead, yes }: PurgeFlags, command: Command) =>
      withApp(command, async ({ app, output }) => {
        checkQueue(app, queue)
        if (!yes) checkTerminal()
        const before = await app.ports().queues.depth(queue)
        const count = dead ? before.dead : before.waiting
        const what = dead ? `dead letters of ${queue}` : `waiting messages of ${queue}`
        if (!yes) await confirm(`This removes about ${count} ${what} of ${app.prefix} for good.`, queue)
        const report = await purgeQueue(app, queue, { dead: dead ?? false })
        if (output.json) output.data({ queue, dead: dead ?? false, ...report })
        else output.line(sentenceOf(queue, dead ?? false, report))
      }),
    )
}

function sentenceOf(queue: string, dead: boolean, { removed, revoked, running, hidden }: PurgeReport): string {
  if (dead) return `${removed} dead letters of ${queue} removed.`
  const rest = [
    ...(running > 0 ? [`${running} of tasks that run were left`] : []),
    ...(hidden > 0 ? [`${hidden} are delayed or being worked, out of reach`] : []),
  ]
  return `${removed} messages of ${queue} removed, ${revoked} tasks revoked${rest.length > 0 ? `; ${rest.join('; ')}` : ''}.`
}
