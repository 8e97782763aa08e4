import { text } from 'node:stream/consumers'
import { Command } from 'commander'
import type { Duration } from '../../shared/index.ts'
import { parseDuration, parseInput } from '../arguments.ts'
import { type CommandContext, checkQueue, withApp } from '../context.ts'
import { UsageError } from '../failure.ts'
import { didYouMean } from '../nearest.ts'
import { showResult } from '../show-result.ts'

interface CallFlags {
  readonly queue?: string
  readonly key?: string
  readonly id?: string
  readonly countdown?: Duration
  readonly wait?: Duration | true
}

export function callCommand(): Command {
  return new Command('call')
    .description('enqueue a task and print its id')
    .argument('<name>', "the task's name")
    .argument('[json]', "its input as JSON; '-' reads it from standard input")
    .option('--queue <queue>', 'another queue than its own; needed for a task that this app does not define')
    .option('--key <key>', 'idempotency key: the same key is the same task')
    .option('--id <id>', 'an id of your own: the same id is the same task')
    .option('--countdown <duration>', 'start no sooner than that, at most 15m', parseDuration)
    .option('--wait [duration]', 'wait for the end and print the result (default: 5m)', parseDuration)
    .action(async (name: string, json: string | undefined, flags: CallFlags, command: Command) => {
      const input = json === undefined ? undefined : parseInput(json === '-' ? await text(process.stdin) : json)
      await withApp(command, (context) => call(name, input, flags, context))
    })
}

async function call(name: string, input: unknown, flags: CallFlags, { app, output }: CommandContext): Promise<void> {
  const { tasks } = app.definition
  if (!tasks.has(name) && flags.queue === undefined) {
    throw new UsageError(
      `App '${app.definition.name}' has no task '${name}'.${didYouMean(name, [...tasks.keys()])} To send it to another app's worker, name its --queue.`,
    )
  }
  if (flags.queue !== undefined) checkQueue(app, flags.queue)
  const handle = await app.send(name, input, {
    ...(flags.queue !== undefined && { queue: flags.queue }),
    ...(flags.key !== undefined && { idempotencyKey: flags.key }),
    ...(flags.id !== undefined && { taskId: flags.id }),
    ...(flags.countdown !== undefined && { countdown: flags.countdown }),
  })
  const facts = {
    task: name,
    queue: flags.queue ?? tasks.get(name)?.queue,
    deduplicated: handle.deduplicated ?? false,
  }
  if (flags.wait !== undefined) {
    output.note(handle.id)
    await showResult(handle, output, { wait: flags.wait, facts })
  } else if (output.json) output.data({ id: handle.id, ...facts })
  else {
    output.line(handle.id)
    if (facts.deduplicated) output.note('It was enqueued before: this is the same task.')
  }
}
