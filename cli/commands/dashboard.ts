import { userInfo } from 'node:os'
import { Command } from 'commander'
import { parsePort } from '../arguments.ts'
import { globalsOf, withApp } from '../context.ts'
import { type Endpoint, isLocal } from '../endpoint.ts'
import { CliError } from '../failure.ts'
import { untilStopped } from '../signals.ts'

interface DashboardFlags {
  readonly port: number
  readonly readOnly?: true
}

export function dashboardCommand(): Command {
  return new Command('dashboard')
    .description('see and steer tasks in the browser')
    .option('--port <port>', 'of this machine; 0: any free one', parsePort, 4180)
    .option('--read-only', 'look only: nothing can be paused, retried or revoked')
    .addHelpText('after', help)
    .action(({ port, readOnly }: DashboardFlags, command: Command) =>
      withApp(command, async ({ app, output }) => {
        const { startDashboard } = await import('../../shared/dashboard.ts')
        const where = placeOf(globalsOf(command).endpoint)
        const name = `${userInfo().username}@${where}`
        const dashboard = await startDashboard(app, { port, name, where, readOnly: readOnly ?? false }).catch(
          (error) => {
            throw takenPort(error, port) ?? error
          },
        )
        if (output.json) output.data({ url: dashboard.url })
        else
          output.line(
            `Dashboard of ${app.prefix} (${where}): ${dashboard.url}\nThe address holds the key: who has it may act. Ctrl-C ends it.`,
          )
        await untilStopped()
        await dashboard.close()
      }),
    )
}

const help = `
Without --endpoint it looks where the environment says: AWS, with your own credentials, or what 'celeriac dev' prints.
  celeriac dashboard --endpoint sqs=http://127.0.0.1:4100,dynamodb=http://127.0.0.1:4101
`

/** For people: where the app is connected. */
function placeOf(endpoint: Endpoint | undefined): string {
  const { AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION } = process.env
  const url = endpoint ?? AWS_ENDPOINT_URL_SQS ?? AWS_ENDPOINT_URL
  if (url === undefined) return AWS_REGION ?? AWS_DEFAULT_REGION ?? 'AWS'
  if (isLocal(url)) return 'this machine'
  return new URL(typeof url === 'string' ? url : url.sqs).host
}

function takenPort(error: unknown, port: number): CliError | undefined {
  if ((error as NodeJS.ErrnoException | undefined)?.code !== 'EADDRINUSE') return undefined
  return new CliError(
    `Port ${port} is taken by another process: choose another with --port, or any free one with --port 0.`,
    1,
    { cause: error },
  )
}
