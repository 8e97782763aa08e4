import { dirname } from 'node:path'
import type { TaskEvent } from '../../ports/telemetry.ts'
import { BundleError, temporaryFolder } from '../bundle.ts'
import { Closing } from '../closing.ts'
import { InitError, type LogLine } from '../lambda/index.ts'
import { type AppFacts, type LocalPlan, planOf } from '../plan.ts'
import { type ProcessGuard, startProcessGuard } from '../process-guard.ts'
import { watchSentTasks } from '../sent-messages.ts'
import { type Services, startServices } from '../services.ts'
import { type Local, queueUrls, workerVariables } from '../start-local.ts'
import { initProblem, type LocalConcurrency, Workers } from '../workers.ts'
import { type AppModule, devEntry, workerBeside } from './app-module.ts'
import { type Build, Builder } from './build.ts'
import { describeApp } from './describe-app.ts'
import { SourceWatch } from './source-watch.ts'

export interface DevOptions {
  readonly app: AppModule
  /** The module that exports `handler`. @default worker.ts beside the app, or one made for the app */
  readonly worker?: string
  readonly dataDir?: string
  readonly ports?: { readonly sqs?: number; readonly dynamodb?: number }
  readonly region?: string
  readonly concurrency?: LocalConcurrency
  /** More variables for the worker's processes. */
  readonly env?: Readonly<Record<string, string>>
  /** Packages that are not to be bundled: such with native code. */
  readonly external?: readonly string[]
  /** When the app cannot be built or started at first: wait for a change instead of giving up. @default false */
  readonly patient?: boolean
  readonly onStatus: (status: DevStatus) => void
  readonly onEvent: (event: TaskEvent) => void
  readonly onLog: (line: LogLine) => void
}

/** What another process needs to know. */
export interface DevFacts extends Pick<Local, 'endpoints' | 'table' | 'queues' | 'environment'> {
  readonly tasks: readonly string[]
}

export type DevStatus =
  /** The workers receive, for the first time. */
  | ({ readonly type: 'ready'; readonly tookMs: number } & DevFacts)
  /** They run what was changed. */
  | {
      readonly type: 'reloaded'
      readonly files: readonly string[]
      readonly tookMs: number
      readonly tasks: readonly string[]
    }
  /** One paragraph. `goesOn`: the former version still works. */
  | { readonly type: 'not-loaded'; readonly problem: string; readonly goesOn: boolean }
  /** An invocation that failed, a worker that cannot start. */
  | { readonly type: 'problem'; readonly problem: string }

/** What `celeriac dev` runs. */
export interface Dev {
  /** Resolves when the workers receive. Never, while the app cannot be loaded. */
  readonly ready: Promise<DevFacts>
  /** Invocations that run now. */
  readonly running: number
  stop(options?: { readonly drain?: boolean }): Promise<void>
}

/** While nothing can be built, files may appear where nobody watches. */
const retryMs = 2_000

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

/** One version of the app that runs. */
interface Version {
  readonly build: Build
  readonly workers: Workers
}

class DevSession {
  readonly ready: Promise<DevFacts>
  readonly #options: DevOptions
  readonly #services: Services
  readonly #builder: Builder
  readonly #guard: ProcessGuard
  readonly #watch: SourceWatch
  readonly #startedAt = performance.now()
  /** Former versions that finish what they run. */
  readonly #leaving = new Map<Version, Promise<void>>()
  #current: Version | undefined
  #plan: LocalPlan | undefined
  #changed: Set<string> | undefined
  #reloading: Promise<void> | undefined
  #retry: NodeJS.Timeout | undefined
  #lastProblem: string | undefined
  #isReady = false
  #stopping = false
  #settleReady: (facts: DevFacts) => void = () => {}

  constructor(options: DevOptions, services: Services, builder: Builder, guard: ProcessGuard) {
    this.#options = options
    this.#services = services
    this.#builder = builder
    this.#guard = guard
    this.ready = new Promise((resolve) => {
      this.#settleReady = resolve
    })
    this.#watch = new SourceWatch((files) => this.#change(files))
    watchSentTasks(services.sqs.model, () => this.#plan, options.onEvent)
  }

  get running(): number {
    const versions = [...this.#leaving.keys(), ...(this.#current === undefined ? [] : [this.#current])]
    return versions.reduce((sum, { workers }) => sum + workers.running, 0)
  }

  async start(built: Promise<Build>): Promise<void> {
    try {
      await this.#load(await built, [])
    } catch (error) {
      if (!this.#options.patient) throw error
      this.#fail(error)
    }
  }

  async drain(): Promise<void> {
    await this.#halt()
    await Promise.all([this.#current?.workers.drain(), ...this.#leaving.values()])
  }

  async stop(): Promise<void> {
    await this.#halt()
    const versions = [...this.#leaving.keys(), ...(this.#current === undefined ? [] : [this.#current])]
    await Promise.all(versions.map(({ workers }) => workers.stop()))
    await Promise.all(this.#leaving.values())
  }

  /** No more reloads. */
  async #halt(): Promise<void> {
    this.#stopping = true
    clearTimeout(this.#retry)
    this.#watch.close()
    await this.#reloading
  }

  #change(files: readonly string[]): void {
    if (this.#stopping) return
    this.#changed = new Set([...(this.#changed ?? []), ...files])
    this.#reloading ??= this.#reloadAll().finally(() => {
      this.#reloading = undefined
    })
  }

  /** What changes during a reload is loaded after it. */
  async #reloadAll(): Promise<void> {
    while (this.#changed !== undefined && !this.#stopping) {
      const files = [...this.#changed]
      this.#changed = undefined
      clearTimeout(this.#retry)
      try {
        await this.#load(await this.#builder.build(), files)
      } catch (error) {
        if (!this.#stopping) this.#fail(error)
      }
    }
  }

  async #load(build: Build, files: readonly string[]): Promise<void> {
    const startedAt = performance.now()
    const { app, onStatus } = this.#options
    this.#watch.set(build.sources)
    try {
      const env = { ...process.env, ...this.#options.env }
      const facts = await describeApp(build.file, dirname(app.file), env, this.#guard)
      const plan = planOf(facts)
      await this.#services.prepare(plan)
      const workers = this.#workers(plan, build)
      await workers.prove().catch(async (error: unknown) => {
        await workers.stop()
        throw error
      })
      this.#takeOver({ build, workers }, plan)
      const tasks = facts.tasks.map(({ name }) => name)
      this.#lastProblem = undefined
      if (!this.#isReady) this.#tellReady(plan, facts)
      else onStatus({ type: 'reloaded', files, tookMs: performance.now() - startedAt, tasks })
    } catch (error) {
      await build.remove()
      throw error
    }
  }

  #tellReady(plan: LocalPlan, { tasks }: AppFacts): void {
    this.#isReady = true
    const ready: DevFacts = {
      endpoints: this.#services.endpoints,
      table: plan.table,
      queues: queueUrls(plan, this.#services.queueBaseUrl),
      environment: this.#services.variables(plan),
      tasks: tasks.map(({ name }) => name),
    }
    this.#options.onStatus({ type: 'ready', tookMs: performance.now() - this.#startedAt, ...ready })
    this.#settleReady(ready)
  }

  #workers(plan: LocalPlan, build: Build): Workers {
    const { region, queueBaseUrl, wire } = this.#services
    const { concurrency, env, onEvent, onLog, onStatus } = this.#options
    return new Workers(
      plan,
      { code: build.code },
      {
        region,
        queueBaseUrl,
        wire,
        guard: this.#guard,
        variables: { ...workerVariables(this.#services.variables(plan)), ...env },
        concurrency,
        onEvent,
        onLog,
        onProblem: (problem) => onStatus({ type: 'problem', problem }),
      },
    )
  }

  #takeOver(version: Version, plan: LocalPlan): void {
    const former = this.#current
    this.#current = version
    this.#plan = plan
    version.workers.start()
    if (former === undefined) return
    const leaving = former.workers
      .drain()
      .then(() => former.workers.stop())
      .then(() => former.build.remove())
      .catch(() => {})
      .finally(() => this.#leaving.delete(former))
    this.#leaving.set(former, leaving)
  }

  #fail(error: unknown): void {
    const problem = problemOf(error)
    const known = problem === this.#lastProblem
    this.#lastProblem = problem
    if (!known) this.#options.onStatus({ type: 'not-loaded', problem, goesOn: this.#current !== undefined })
    if (error instanceof BundleError) {
      this.#watch.set([...(this.#current?.build.sources ?? []), this.#options.app.file, ...error.files], { any: true })
      this.#retry = setTimeout(() => this.#change([]), retryMs)
    }
  }
}

function problemOf(error: unknown): string {
  if (error instanceof InitError) return `The worker could not start: ${initProblem(error)}`
  return error instanceof Error ? error.message : String(error)
}
