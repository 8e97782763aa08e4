import { Command } from 'commander'
import { callCommand } from './commands/call.ts'
import { costCommand } from './commands/cost.ts'
import { dashboardCommand } from './commands/dashboard.ts'
import { devCommand } from './commands/dev.ts'
import { dlqCommand } from './commands/dlq.ts'
import { dynamodbCommand } from './commands/dynamodb.ts'
import { initCommand } from './commands/init.ts'
import { inspectCommand } from './commands/inspect.ts'
import { pauseCommand } from './commands/pause.ts'
import { purgeCommand } from './commands/purge.ts'
import { reconcileCommand } from './commands/reconcile.ts'
import { resultCommand } from './commands/result.ts'
import { resumeCommand } from './commands/resume.ts'
import { revokeCommand } from './commands/revoke.ts'
import { sqsCommand } from './commands/sqs.ts'
import { workerCommand } from './commands/worker.ts'
import { parseEndpoint } from './endpoint.ts'
import { failureOf } from './failure.ts'
import { packageVersion } from './version.ts'

/** The `celeriac` command. Commands print to stdout; what went wrong is one paragraph on stderr. */
export function createProgram(help: (text: string) => void): Command {
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
    initCommand(),
    callCommand(),
    resultCommand(),
    inspectCommand(),
    revokeCommand(),
    pauseCommand(),
    resumeCommand(),
    reconcileCommand(),
    dlqCommand(),
    purgeCommand(),
    costCommand(),
    devCommand(),
    dashboardCommand(),
    sqsCommand(),
    dynamodbCommand(),
    workerCommand(),
  ]) {
    program.addCommand(command)
  }
  return quietly(program, help)
}

const examples = `
Examples:
  celeriac init                                           a new project in this folder
  celeriac dev                                            run SQS, DynamoDB and the workers on this machine
  celeriac call emails.send '{"to":"ada@example.com"}' --wait
  celeriac inspect queues
  celeriac dlq redrive --task emails.send                 run again what failed for good
`

/** Errors are thrown instead of printed, for this command and all below it; help that is shown for want of a command goes to `help`. */
function quietly(command: Command, help: (text: string) => void): Command {
  command.exitOverride().configureOutput({ writeErr: help, outputError: () => {} })
  for (const each of command.commands) quietly(each, help)
  return command
}

/** @returns the exit code */
export async function run(arguments_: readonly string[]): Promise<number> {
  const program = createProgram((text) => process.stderr.write(text))
  try {
    await program.parseAsync(arguments_, { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    const { message, exitCode } = failureOf(error, arguments_.includes('--debug'))
    if (message !== undefined && exitCode !== 0) process.stderr.write(`celeriac: ${message}\n`)
    return exitCode
  }
}
