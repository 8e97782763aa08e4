import { type ContainerWorker, startContainerWorker } from '../../shared/container/index.ts'
import type { AppDefinition } from '../../shared/core/app.ts'
import type { Clock } from '../../shared/ports/index.ts'
import type { SimulatedProcess } from '../../shared/testing/simulated-process.ts'
import type { WorkerParts } from '../../shared/worker/index.ts'

/** More than queues, so that its polls are long ones. */
const places = 5
/** Until an orchestrator has another one running. */
const restartMs = 10_000
/** Between SIGTERM and SIGKILL. */
const graceMs = 30_000

export interface ContainerOptions {
  readonly clock: Clock
  /** Those it polls: every poll takes its time, whether or not it finds anything. */
  readonly queues: readonly string[]
  readonly parts: WorkerParts
  spawn(): SimulatedProcess
  /** What is deployed, with its tasks run in that process. */
  appOf(process: SimulatedProcess): AppDefinition
  /** It is killed from outside so long after its start. Undefined: never. */
  killedAfterMs(process: SimulatedProcess): number | undefined
}

/** A container of a service: works all queues, and is started again when its process ends, until the service is shut down. */
export class Container {
  readonly #options: ContainerOptions
  #process: SimulatedProcess | undefined
  #worker: ContainerWorker | undefined
  #isShut = false

  constructor(options: ContainerOptions) {
    this.#options = options
  }

  start(): void {
    if (this.#isShut) return
    const { clock, queues, parts, spawn, appOf, killedAfterMs } = this.#options
    const process = spawn()
    this.#process = process
    process.onDeath(() => clock.timer(restartMs, () => this.start()))
    const afterMs = killedAfterMs(process)
    if (afterMs !== undefined) clock.timer(afterMs, () => process.kill())
    const app = { definition: appOf(process), ports: () => process.ports }
    void startContainerWorker(app, { concurrency: places, queues }, parts).then((worker) => {
      if (this.#process === process) this.#worker = worker
    })
  }

  /** A deploy: SIGTERM, and SIGKILL to what does not end. */
  retire(): void {
    const process = this.#process
    if (process === undefined || process.isDead) return
    this.#options.clock.timer(graceMs, () => process.kill())
    void this.#worker?.stop().then(() => process.kill())
  }

  /** For good. */
  shut(): void {
    this.#isShut = true
    this.retire()
  }
}
