import type { Command } from 'commander'
import type { App } from '../shared/index.ts'
import { type Endpoint, isLocal } from './endpoint.ts'
import { failureOf, UsageError } from './failure.ts'
import { findApp } from './find-app.ts'
import { loadApp } from './load-app.ts'
import { didYouMean } from './nearest.ts'
import { Output } from './output.ts'
import { checkListening } from './reach.ts'
import { keepStdout } from './stdout.ts'

/** Options that stand before or after any command. */
export interface GlobalOptions {
  readonly app?: string
  readonly endpoint?: Endpoint
  readonly json?: true
  readonly debug?: true
}

/** What a command works with. */
export interface CommandContext {
  readonly app: App
  readonly output: Output
}

export function globalsOf(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>()
}

export function outputOf(command: Command): Output {
  return new Output(globalsOf(command).json ?? false)
}

export interface WithAppOptions {
  /** The command makes no requests to SQS or DynamoDB. @default false */
  readonly offline?: boolean
  /** Output of tasks goes to stdout. Output of the app's module while it loads always goes to stderr. @default false */
  readonly runsTasks?: boolean
}

/** Finds, loads and connects the app, runs the command, and closes its sockets. */
export async function withApp<Result>(
  command: Command,
  work: (context: CommandContext) => Promise<Result>,
  { offline = false, runsTasks = false }: WithAppOptions = {},
): Promise<Result> {
  const globals = globalsOf(command)
  const giveBack = keepStdout()
  try {
    const app = await loadApp(findApp(globals.app, process.cwd()))
    if (globals.endpoint !== undefined) app.connect(connectionOf(globals.endpoint))
    if (runsTasks) giveBack()
    try {
      const working = work({ app, output: new Output(globals.json ?? false) })
      return await (offline ? working : unlessUnreachable(working, checkListening(globals.endpoint)))
    } finally {
      app.close()
    }
  } finally {
    giveBack()
  }
}

/** Checks the arguments before any request: a usage error is reported before a failed connection. */
const ownErrorMs = 250

async function unlessUnreachable<Result>(working: Promise<Result>, reach: Promise<void>): Promise<Result> {
  // Awaited below, but it may reject before that.
  working.catch(() => {})
  const unreachable = await reach.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (unreachable === undefined) return working
  const usageError = working.then(
    () => {},
    (error: unknown) => {
      if (failureOf(error, false).exitCode === 2) throw error
    },
  )
  await Promise.race([usageError, new Promise((resolve) => setTimeout(resolve, ownErrorMs))])
  throw unreachable
}

function connectionOf(endpoint: Endpoint) {
  const { AWS_REGION, AWS_DEFAULT_REGION, AWS_ACCESS_KEY_ID, AWS_PROFILE } = process.env
  if (!isLocal(endpoint)) return { endpoint }
  const hasRegion = AWS_REGION || AWS_DEFAULT_REGION || AWS_PROFILE
  const hasCredentials = AWS_ACCESS_KEY_ID || AWS_PROFILE
  return {
    endpoint,
    ...(!hasRegion && { region: 'us-east-1' }),
    ...(!hasCredentials && { credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }),
  }
}

/** @throws {UsageError} the app has no such queue */
export function checkQueue(app: App, queue: string): void {
  const names = Object.keys(app.definition.queues)
  if (names.includes(queue)) return
  throw new UsageError(`App '${app.definition.name}' has no queue '${queue}'.${didYouMean(queue, names)}`)
}
