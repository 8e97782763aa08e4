import { dirname } from 'node:path'
import { InitError } from '../../../localstack/lambda/index.ts'
import type { ProcessGuard } from '../../../localstack/process/process-guard.ts'
import { BundleError } from '../bundle.ts'
import { type AppFacts, type LocalPlan, planOf } from '../plan.ts'
import { watchSentTasks } from '../sent-messages.ts'
import type { Services } from '../services.ts'
import { queueUrls, workerVariables } from '../start-local.ts'
import { initProblem, Workers } from '../workers.ts'
import type { Build, Builder } from './build.ts'
import { describeApp } from './describe-app.ts'
import type { DevFacts, DevOptions } from './dev-options.ts'
import { SourceWatch } from './source-watch.ts'

/** While nothing can be built, files may appear where nobody watches. */
const retryMs = 2_000

/** One version of the app that runs. */
interface Version {
  readonly build: Build
  readonly workers: Workers
}

/** An app that is built, runs, changes, is built again, and takes over from itself. */
export class DevSession {
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
