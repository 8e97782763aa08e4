import { startProcessGuard } from '../../../localstack/process/process-guard.ts'
import { temporaryFolder } from '../bundle.ts'
import { Closing } from '../closing.ts'
import { startServices } from '../services.ts'
import { devEntry, workerBeside } from './app-module.ts'
import { Builder } from './build.ts'
import type { DevFacts, DevOptions } from './dev-options.ts'
import { DevSession } from './dev-session.ts'

/** What `celeriac dev` runs. */
export interface Dev {
  /** Resolves when the workers receive. Never, while the app cannot be loaded. */
  readonly ready: Promise<DevFacts>
  /** Invocations that run now. */
  readonly running: number
  /** A process that ends with this one, with all that it started, however this one ends. @returns tells that it has ended */
  watch(pid: number): () => void
  stop(options?: { readonly drain?: boolean }): Promise<void>
}

/**
 * Runs an app and reloads it on change: SQS, DynamoDB, queues, table, workers in child processes.
 *
 * A change builds the app again and starts one environment of it. Only when that is ready does it take over: the old workers receive nothing more, finish
 * what they run, and end; no message is lost and nothing is interrupted. When the new version cannot be built or started, the old one goes on.
 *
 * @throws {Error} one paragraph: a taken port; unless `patient`, an app that cannot be built or started. Nothing is left running then.
 */
export async function startDev(options: DevOptions): Promise<Dev> {
  const closing = new Closing()
  try {
    const guard = startProcessGuard()
    closing.add(() => guard.close())
    const folder = await temporaryFolder()
    guard.removeFolder(folder.path)
    closing.add(() => folder.remove())
    const { worker = workerBeside(options.app) } = options
    const builder = new Builder(devEntry(options.app, worker), folder.path, options.external)
    closing.add(() => builder.dispose())
    // esbuild loads its files while the services start; a failure is the reload's to tell.
    const built = builder.build()
    built.catch(() => {})
    const services = await startServices({
      onProblem: (problem) => options.onStatus({ type: 'problem', problem }),
      ...(options.region !== undefined && { region: options.region }),
      ...(options.dataDir !== undefined && { dataDir: options.dataDir }),
      ...(options.ports !== undefined && { ports: options.ports }),
      ...(options.dynamodb !== undefined && { dynamodb: options.dynamodb }),
    })
    closing.add(() => services.stop())
    const session = new DevSession(options, services, builder, guard)
    closing.add(() => session.stop())
    await session.start(built)
    return {
      ready: session.ready,
      get running() {
        return session.running
      },
      watch(pid) {
        guard.watchTree(pid)
        return () => guard.leave(pid)
      },
      async stop({ drain = true } = {}) {
        if (drain) await session.drain()
        await closing.close()
      },
    }
  } catch (error) {
    await closing.close().catch(() => {})
    throw error
  }
}
