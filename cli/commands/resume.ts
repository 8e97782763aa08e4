import { Command } from 'commander'
import { checkQueue, withApp } from '../context.ts'

export function resumeCommand(): Command {
  return new Command('resume')
    .description('start tasks of a paused queue again')
    .argument('<queue>', "the queue's name in the app")
    .action((queue: string, _flags: object, command: Command) =>
      withApp(command, async ({ app, output }) => {
        checkQueue(app, queue)
        await app.resume(queue)
        if (output.json) output.data({ queue, paused: false })
        else output.line(`${queue} goes on.`)
      }),
    )
}
