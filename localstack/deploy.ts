/**
 * Bootstraps and deploys the repository's `cdk.json` to the engine that `up` started, or to AWS_ENDPOINT_URL.
 *
 *     npx tsx localstack/deploy.ts [ministack|localstack] [--context name=value]...
 */
import { parseArgs } from 'node:util'
import { bootstrap, deploy } from './engines/cdk.ts'
import { CommandError } from './engines/command.ts'
import { awsEnvironment } from './engines/environment.ts'
import { targetEndpoint } from './engines/target.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { context: { type: 'string', short: 'c', multiple: true, default: [] } },
})

try {
  const endpoint = await targetEndpoint(positionals[0])
  const options = {
    env: awsEnvironment(endpoint),
    context: Object.fromEntries(values.context.map(splitOnce)),
    onOutput: (text: string) => process.stdout.write(text),
  }
  await bootstrap(options)
  await deploy(options)
} catch (error) {
  // What the CDK had to say is on the screen already.
  if (!(error instanceof CommandError)) console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

function splitOnce(pair: string): readonly [string, string] {
  const at = pair.indexOf('=')
  if (at < 1) throw new Error(`--context: expected name=value, received "${pair}".`)
  return [pair.slice(0, at), pair.slice(at + 1)]
}
