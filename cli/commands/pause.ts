import { Command } from 'commander'
import { checkQueue, withApp } from '../context.ts'

export function pauseCommand(): Command {
  return new Command('pause')
    .description('start no more tasks of a queue; those that run go on')
    .argument('<queue>', "the queue's name in the app")
    .action((queue: string, _flags: object, command: Command) =>
      withApp(command, async ({ app, output }) => {
        checkQueue(app, queue)
        await app.pause(queue)
        if (output.json) output.data({ queue, paused: true })
        else output.line(`${queue} is paused: workers notice within seconds, nothing is lost.`)
      }),
    )
}
