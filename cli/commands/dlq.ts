import { Command } from 'commander'
import { counted } from '../../shared/core/words.ts'
import type { App, DeadLetterInfo, RedriveReport } from '../../shared/index.ts'
import { parseCount } from '../arguments.ts'
import { checkQueue, withApp } from '../context.ts'
import { showLetter, showLetters } from '../dlq/letters.ts'
import { CliError, UsageError } from '../failure.ts'

interface RedriveFlags {
  readonly queue?: readonly string[]
  readonly task?: string
  readonly reason?: string
  readonly limit?: number
  readonly all?: true
}

/** How many dead letters to search: SQS cannot look up one message. */
const searched = 10_000

export function dlqCommand(): Command {
  const dlq = new Command('dlq').description('dead letters: see them, and send them back')
  dlq
    .command('ls')
    .description('dead letters, oldest first; they stay where they are')
    .option('--queue <queue...>', 'of these queues only')
    .option('--limit <n>', 'at most so many of a queue', parseCount, 100)
    .action(({ queue, limit }: { queue?: readonly string[]; limit: number }, command: Command) =>
      withApp(command, async ({ app, output }) =>
        showLetters((await lettersOf(app, queuesOf(app, queue), limit)).flat(), output),
      ),
    )
  dlq
    .command('show')
    .description('shows one dead letter in full')
    .argument('<id>', 'of its task, or of the message')
    .option('--queue <queue...>', 'look in these queues only')
    .action((id: string, { queue }: { queue?: readonly string[] }, command: Command) =>
      withApp(command, async ({ app, output }) => {
        const letters = await lettersOf(app, queuesOf(app, queue), searched)
        const letter = letters.flat().find((each) => each.id === id || each.messageId === id)
        if (letter === undefined)
          throw new CliError(`There is no dead letter with id '${id}'. 'celeriac dlq ls' lists them.`)
        showLetter(letter, output)
      }),
    )
  dlq
    .command('redrive')
    .description('send dead letters back to their queue, to be run again')
    .argument('[id...]', 'of their tasks, or of the messages')
    .option('--queue <queue...>', 'from these queues only')
    .option('--task <name>', 'of this task only')
    .option('--reason <reason>', 'that died of this only: failure, rejected, input-refused, …')
    .option('--limit <n>', 'at most so many', parseCount)
    .option('--all', 'all of them, where nothing else is said')
    .action((ids: readonly string[], flags: RedriveFlags, command: Command) =>
      withApp(command, async ({ app, output }) => {
        const { queue, task, reason, limit, all } = flags
        if (ids.length === 0 && [queue, task, reason, limit, all].every((each) => each === undefined)) {
          throw new UsageError(
            'dlq redrive: expected ids, --queue, --task, --reason or --limit, received none. Say --all for all dead letters of the app.',
          )
        }
        const report = await app.redrive({
          queues: queuesOf(app, queue),
          ...(ids.length > 0 && { ids }),
          ...(task !== undefined && { task }),
          ...(reason !== undefined && { reason }),
          ...(limit !== undefined && { limit }),
          onProgress: ({ examined, redriven }) => output.progress(`${examined} examined, ${redriven.length} sent back`),
        })
        output.progress('')
        if (output.json) output.data(report)
        else output.line(sentenceOf(report))
        finish(ids, report)
      }),
    )
  return dlq
}

function queuesOf(app: App, named: readonly string[] | undefined): readonly string[] {
  for (const queue of named ?? []) checkQueue(app, queue)
  return named ?? Object.keys(app.definition.queues)
}

function lettersOf(
  app: App,
  queues: readonly string[],
  limit: number,
): Promise<readonly (readonly DeadLetterInfo[])[]> {
  return Promise.all(queues.map((queue) => app.inspect.deadLetters({ queue, limit })))
}

function sentenceOf({ redriven, left }: RedriveReport): string {
  const rest = left === 0 ? '' : ` ${left} did not fit and stay; they can be received again in two minutes.`
  return `${counted(redriven.length, 'dead letter')} sent back.${rest}`
}

/** @throws {CliError} some of the letters were not redriven */
function finish(ids: readonly string[], { redriven, failed }: RedriveReport): void {
  const [first] = failed
  if (first !== undefined) {
    throw new CliError(
      `${counted(failed.length, 'dead letter')} could not be sent back and stay where they are: run it again. The first: ${first.id ?? first.messageId}: ${first.error}`,
    )
  }
  const missing = ids.filter((id) => !redriven.some((each) => each.id === id || each.messageId === id))
  if (missing.length > 0) throw new CliError(`No dead letter was found for ${missing.join(', ')}.`)
}
