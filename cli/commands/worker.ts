import { Command, InvalidArgumentError, Option } from 'commander'
import pc from 'picocolors'
import type { ContainerWorker } from '../../shared/container/index.ts'
import { toMs } from '../../shared/core/duration.ts'
import type { App } from '../../shared/index.ts'
import { parseCount, parseDuration, parsePort } from '../arguments.ts'
import { checkQueue, globalsOf, withApp } from '../context.ts'
import { CliError } from '../failure.ts'
import { untilStopped } from '../signals.ts'
import { type WorkerOutput, workerOutput } from '../worker-output.ts'

interface WorkerFlags {
  readonly queues?: readonly string[]
  readonly concurrency: number
  readonly healthPort?: number
  readonly healthHost: string
  /** Milliseconds. */
  readonly grace: number
  readonly quiet?: true
}

export function workerCommand(): Command {
  return new Command('worker')
    .description('work queues in this process: for containers, or where Lambda is not wanted')
    .option('-Q, --queues <names>', 'separated by commas (default: all of the app)', parseNames)
    .option('-c, --concurrency <n>', 'tasks at a time, of all queues together', parseCount, 10)
    .option('--health-port <port>', 'answer GET / there: 200, or 503 while it drains or cannot receive', parsePort)
    .option('--health-host <host>', 'address of the health endpoint', '0.0.0.0')
    .addOption(
      new Option('--grace <duration>', 'how long tasks may go on after SIGTERM or Ctrl-C')
        .default(defaultGraceMs, '25s')
        .argParser(parseGrace),
    )
    .option('--quiet', 'print only what goes wrong')
    .action(async (flags: WorkerFlags, command: Command) => {
      // Source maps are read when a module is loaded: failures show the line that was written, not the one that was built.
      process.setSourceMapsEnabled(true)
      const finished = await withApp(command, ({ app }) => work(app, flags, globalsOf(command).json ?? false), {
        runsTasks: true,
      })
      // Unfinished tasks would keep the process alive.
      if (!finished) process.exit(1)
    })
}

/** ECS and Kubernetes kill 30 s after SIGTERM. */
const defaultGraceMs = 25_000

async function work(app: App, flags: WorkerFlags, json: boolean): Promise<boolean> {
  const { definition } = app
  const { queues = Object.keys(definition.queues), concurrency, grace: graceMs } = flags
  for (const queue of queues) checkQueue(app, queue)
  const stopped = untilStopped()
  const output = workerOutput({
    json,
    quiet: flags.quiet ?? false,
    colors: pc.createColors(process.stdout.isTTY === true && !process.env.NO_COLOR),
    folder: process.cwd(),
    prefix: app.prefix,
    queues,
    write: (text) => process.stdout.write(`${text}\n`),
  })
  app.connect({ telemetry: output.telemetry })
  await checkReach(app, queues)
  const worker = await start(app, { ...flags, queues })
  output.status({
    type: 'ready',
    queues,
    concurrency,
    tasks: [...definition.tasks.values()].filter(({ queue }) => queues.includes(queue)).map(({ name }) => name),
    healthPort: worker.healthPort,
  })
  await stopped
  return drain(worker, output, graceMs)
}

/**
 * Reports an unreachable queue at once; later it would be only a line in the log.
 *
 * @throws {Error} nothing listens there, no credentials, no such queue
 */
async function checkReach(app: App, queues: readonly string[]): Promise<void> {
  await Promise.all(
    queues.map(async (queue) => {
      try {
        await app.ports().queues.depth(queue)
      } catch (error) {
        // A role that may receive messages may lack the right to read attributes.
        if (!/AccessDenied|not authorized/i.test(error instanceof Error ? `${error.name} ${error.message}` : ''))
          throw error
      }
    }),
  )
}

async function start(
  app: App,
  { queues, concurrency, healthPort, healthHost }: WorkerFlags & { readonly queues: readonly string[] },
): Promise<ContainerWorker> {
  const { startContainerWorker } = await import('../../shared/container/index.ts')
  const options = { queues, concurrency, ...(healthPort !== undefined && { healthPort, healthHost }) }
  return startContainerWorker(app, options).catch((error: unknown) => {
    if (!(error instanceof Error && /\btaken\b/.test(error.message))) throw error
    throw new CliError(
      `Port ${healthPort} is taken by another process. Choose another with --health-port, or any free one with --health-port 0.`,
      1,
      { cause: error },
    )
  })
}

async function drain(worker: ContainerWorker, output: WorkerOutput, graceMs: number): Promise<boolean> {
  output.status({ type: 'draining', running: worker.running, graceMs })
  const finished = await worker.stop({ graceMs })
  output.status({ type: 'stopped', running: finished ? 0 : worker.running })
  return finished
}

function parseNames(value: string, before: readonly string[] = []): readonly string[] {
  const names = value.split(',').map((name) => name.trim())
  if (names.includes('')) throw new InvalidArgumentError('Expected names of queues, separated by commas.')
  return [...new Set([...before, ...names])]
}

function parseGrace(value: string): number {
  const ms = toMs(parseDuration(value))
  if (ms >= 0) return ms
  throw new InvalidArgumentError('Expected 0 or more.')
}
