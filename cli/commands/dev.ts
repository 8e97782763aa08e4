import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { parseCount, parsePort } from '../arguments.ts'
import { globalsOf } from '../context.ts'
import { urlOf } from '../endpoint.ts'
import { CliError, UsageError } from '../failure.ts'
import { findApp } from '../find-app.ts'

interface DevFlags {
  readonly worker?: string
  readonly dataDir?: string
  readonly sqsPort?: number
  readonly dynamodbPort?: number
  readonly dynamodb?: string
  readonly concurrency?: number
  readonly external?: readonly string[]
  readonly quiet?: true
}

/** An engine by its name, or the address of one. */
function engineOf(value: string): string {
  return value === 'dynoxide' || value === 'local' ? value : urlOf(value)
}

export function devCommand(): Command {
  return new Command('dev')
    .description('run SQS, DynamoDB and the workers on this machine; reload on change')
    .argument('[command...]', "behind '--': run it with the environment set, and end with it")
    .option(
      '--worker <module>',
      "module that exports the handler (default: worker.ts beside the app, or the app's own)",
    )
    .option('--data-dir <folder>', 'keep queues and records in this folder (default: in memory)')
    .option('--sqs-port <port>', 'of SQS (default: any free one)', parsePort)
    .option('--dynamodb-port <port>', 'of DynamoDB (default: any free one)', parsePort)
    .option(
      '--dynamodb <engine>',
      'dynoxide, local (AWS’s own, needs Java), or the URL of a DynamoDB that runs already',
      engineOf,
    )
    .option('--concurrency <n>', 'invocations at a time per queue (default: by the machine)', parseCount)
    .option('--external <package...>', 'do not bundle these, such with native code')
    .option('--quiet', 'print only what goes wrong')
    .action(async (words: readonly string[], flags: DevFlags, command: Command) => {
      const { app, json } = globalsOf(command)
      const { sqsPort: sqs, dynamodbPort: dynamodb, worker, dataDir, concurrency, external } = flags
      if (worker !== undefined && !existsSync(worker)) {
        throw new UsageError(
          `--worker: expected a module that exports the handler, received '${worker}', which does not exist.`,
        )
      }
      const { runDev } = await import('../../shared/local/dev/index.ts')
      process.exitCode = await runDev({
        app: findApp(app, process.cwd()),
        command: words,
        json: json ?? false,
        quiet: flags.quiet ?? false,
        ports: { ...(sqs !== undefined && { sqs }), ...(dynamodb !== undefined && { dynamodb }) },
        ...(flags.dynamodb !== undefined && { dynamodb: flags.dynamodb }),
        ...(worker !== undefined && { worker: resolve(worker) }),
        ...(dataDir !== undefined && { dataDir: resolve(dataDir) }),
        ...(concurrency !== undefined && { concurrency }),
        ...(external !== undefined && { external }),
      }).catch((error: unknown) => {
        throw portTaken(error, { '--sqs-port': sqs, '--dynamodb-port': dynamodb }) ?? error
      })
    })
}

/** Which of the ports that were asked for is somebody else's. */
function portTaken(error: unknown, ports: Readonly<Record<string, number | undefined>>): CliError | undefined {
  if (!(error instanceof Error) || !/\b(in use|taken|EADDRINUSE)\b/.test(error.message)) return undefined
  const found = Object.entries(ports).find(([, port]) => port && new RegExp(`\\b${port}\\b`).test(error.message))
  if (found === undefined) return undefined
  const [option, port] = found
  return new CliError(
    `Port ${port} is taken by another process: stop it, choose another with ${option}, or any free one with ${option} 0.`,
    1,
    { cause: error },
  )
}
