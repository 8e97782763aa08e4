import { Command } from 'commander'
import type { Duration } from '../../shared/index.ts'
import { parseDuration } from '../arguments.ts'
import { withApp } from '../context.ts'
import { showResult } from '../show-result.ts'

export function resultCommand(): Command {
  return new Command('result')
    .description("print a task's result")
    .argument('<id>', "the task's id")
    .option('--wait [duration]', 'wait for its end (default: 5m)', parseDuration)
    .action((id: string, { wait }: { wait?: Duration | true }, command: Command) =>
      withApp(command, ({ app, output }) => showResult(app.result(id), output, { wait })),
    )
}
