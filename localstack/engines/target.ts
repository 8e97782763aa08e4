import { notedEngines } from './running.ts'

/**
 * Where `deploy` and `try` go: `AWS_ENDPOINT_URL`, if set, else the engine that `up` started.
 *
 * @throws {Error} when there is neither, or when more than one engine runs and none was named
 */
export async function targetEndpoint(named: string | undefined, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  if (env.AWS_ENDPOINT_URL) return env.AWS_ENDPOINT_URL
  const running = (await notedEngines()).filter(({ name }) => named === undefined || name === named)
  const [only, another] = running
  if (!only) {
    throw new Error(
      'No engine runs. Start one with `npx tsx localstack/up.ts`, or set AWS_ENDPOINT_URL to one that runs elsewhere.',
    )
  }
  if (another) {
    throw new Error(`More than one engine runs; name one: ${running.map(({ name }) => name).join(' or ')}.`)
  }
  return only.endpoint
}
