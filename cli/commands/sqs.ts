import { Command } from 'commander'
import { parsePort } from '../arguments.ts'
import { outputOf } from '../context.ts'
import { CliError, codeOf } from '../failure.ts'
import { untilStopped } from '../signals.ts'

export function sqsCommand(): Command {
  return new Command('sqs')
    .description('run the SQS server alone')
    .option('--port <port>', '0: any free one', parsePort, 9_324)
    .option('--host <host>', 'address to listen at', '127.0.0.1')
    .option('--data-dir <folder>', 'keep queues and messages in this folder (default: in memory)')
    .action(async (flags: { port: number; host: string; dataDir?: string }, command: Command) => {
      const output = outputOf(command)
      const { startSqsServer } = await import('../../localstack/sqs/server/index.ts')
      const server = await startSqsServer(flags).catch((error: unknown) => {
        throw codeOf(error) === 'EADDRINUSE' ? portTaken(flags.port, error) : error
      })
      if (output.json) output.data({ endpoint: server.endpoint, port: server.port })
      else {
        output.line(`SQS at ${server.endpoint}${flags.dataDir === undefined ? '' : `, data in ${flags.dataDir}`}`)
        output.note(
          `  export AWS_ENDPOINT_URL_SQS=${server.endpoint} AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local`,
        )
        output.note('Ctrl-C stops it.')
      }
      await untilStopped()
      await server.stop()
    })
}

export function portTaken(port: number, cause: unknown): CliError {
  return new CliError(
    `Port ${port} is taken by another process. Choose another with --port, or any free one with --port 0.`,
    1,
    { cause },
  )
}
