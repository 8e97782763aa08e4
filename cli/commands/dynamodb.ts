import { Command } from 'commander'
import { parsePort } from '../arguments.ts'
import { outputOf } from '../context.ts'
import { codeOf } from '../failure.ts'
import { untilStopped } from '../signals.ts'
import { portTaken } from './sqs.ts'

export function dynamodbCommand(): Command {
  return new Command('dynamodb')
    .description('run the DynamoDB server alone')
    .option('--port <port>', '0: any free one', parsePort, 8_000)
    .option('--host <host>', 'address to listen at', '127.0.0.1')
    .option('--data-dir <folder>', 'keep tables and items in this folder (default: in memory)')
    .action(async (flags: { port: number; host: string; dataDir?: string }, command: Command) => {
      const output = outputOf(command)
      const { startDynamoDbServer } = await import('../../localstack/dynamodb/index.ts')
      const server = await startDynamoDbServer(flags).catch((error: unknown) => {
        throw codeOf(error) === 'EADDRINUSE' ? portTaken(flags.port, error) : error
      })
      if (output.json) output.data({ endpoint: server.endpoint, port: server.port })
      else {
        output.line(`DynamoDB at ${server.endpoint}${flags.dataDir === undefined ? '' : `, data in ${flags.dataDir}`}`)
        output.note(
          `  export AWS_ENDPOINT_URL_DYNAMODB=${server.endpoint} AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local`,
        )
        output.note('Ctrl-C stops it.')
      }
      await untilStopped()
      await server.stop()
    })
}
