import { Command, CommanderError } from 'commander'
import { callCommand } from './commands/call.ts'
import { devCommand } from './commands/dev.ts'
import { inspectCommand } from './commands/inspect.ts'
import { pauseCommand } from './commands/pause.ts'
import { reconcileCommand } from './commands/reconcile.ts'
import { resultCommand } from './commands/result.ts'
import { resumeCommand } from './commands/resume.ts'
import { revokeCommand } from './commands/revoke.ts'
import { sqsCommand } from './commands/sqs.ts'
import { parseEndpoint } from './endpoint.ts'
import { failureOf } from './failure.ts'
import { packageVersion } from './version.ts'

/** The `celeriac` command. Commands print to stdout; what went wrong is one paragraph on stderr. */
export function createProgram(): Command {
  const program = new Command('celeriac')
    .description('Celery for AWS: call tasks, see what became of them, and run everything on this machine.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .option(
      '--app <module>',
      'module that exports the app, TypeScript included (default: ./tasks.ts, ./src/tasks.ts, "celeriac.app" in package.json)',
    )
    .option(
      '--endpoint <url>',
      'where SQS and DynamoDB are: a URL, or sqs=URL,dynamodb=URL (default: AWS_ENDPOINT_URL and its kin, else AWS)',
      parseEndpoint,
    )
    .option('--json', 'print JSON')
    .option('--debug', 'print the stack of what went wrong')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showSuggestionAfterError()
    .addHelpText('after', examples)
  for (const command of [
    callCommand(),
    resultCommand(),
    inspectCommand(),
    revokeCommand(),
    pauseCommand(),
    resumeCommand(),
    reconcileCommand(),
    devCommand(),
    sqsCommand(),
  ]) {
    program.addCommand(command)
  }
  return quietly(program)
}

const examples = `
Examples:
  celeriac dev                                            run SQS, DynamoDB and the workers on this machine
  celeriac call emails.send '{"to":"ada@example.com"}' --wait
  celeriac inspect queues
`

/** Errors are thrown instead of printed, for this command and all below it. */
function quietly(command: Command): Command {
  command.exitOverride().configureOutput({ writeErr: () => {} })
  for (const each of command.commands) quietly(each)
  return command
}

/** @returns the exit code */
export async function run(arguments_: readonly string[]): Promise<number> {
  const program = createProgram()
  if (arguments_.length === 0) {
    process.stderr.write(program.helpInformation())
    return 2
  }
  try {
    await program.parseAsync(arguments_, { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    const failure = failureOf(error, arguments_.includes('--debug') && !(error instanceof CommanderError))
    if (failure.exitCode !== 0) process.stderr.write(`celeriac: ${failure.message}\n`)
    return failure.exitCode
  }
}
