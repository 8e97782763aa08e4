import { Command } from 'commander'
import { withApp } from '../context.ts'

export function revokeCommand(): Command {
  return new Command('revoke')
    .description('keep a task from running, or ask it to stop')
    .argument('<id>', "the task's id")
    .action((id: string, _flags: object, command: Command) =>
      withApp(command, async ({ app, output }) => {
        const state = await app.result(id).revoke()
        if (output.json) output.data({ id, state })
        else output.line(sentenceOf(id, state))
      }),
    )
}

function sentenceOf(id: string, state: string): string {
  if (state === 'REVOKED') return `${id} is REVOKED: it will not run.`
  if (state === 'STARTED') return `${id} is running: it was asked to stop.`
  return `${id} had already ended: ${state}.`
}
