import type { TaskRecord } from '../../shared/core/record.ts'
import type { SeededRandom } from '../../shared/memory/seeded-random.ts'
import { readLines } from './effects.ts'

export interface WorkerKillsOptions {
  readonly workers: { readonly pids: readonly number[] }
  /** Where the processes write what they do. */
  readonly lines: string
  read(ids: readonly string[]): Promise<readonly (TaskRecord | undefined)[]>
}

/** What a request that had left before the kill takes to have its effect. */
const settlingMs = 300
const lookMs = 20

/** Kills worker processes, and finds out for each that ended which of its runs it took with it between effect and settlement. */
export class WorkerKills {
  readonly killed: { readonly pid: number; readonly at: number }[] = []
  /** Processes that ended, and were not killed here. */
  readonly endedOtherwise: number[] = []
  /** Runs whose effect is written and whose claim was still theirs when their process had ended. */
  readonly interrupted = new Set<string>()
  readonly #options: WorkerKillsOptions
  readonly #seen = new Set<number>()
  readonly #looking = new Set<Promise<void>>()
  readonly #timer: NodeJS.Timeout

  constructor(options: WorkerKillsOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#look(), lookMs)
  }

  /** SIGKILL for one of those that are alive. */
  async killOne(random: SeededRandom): Promise<void> {
    const { pids } = this.#options.workers
    const pid = pids[random.below(Math.max(1, pids.length))]
    if (pid === undefined) return
    this.#seen.add(pid)
    this.killed.push({ pid, at: Date.now() })
    process.kill(pid, 'SIGKILL')
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#looking)
  }

  #look(): void {
    const alive = new Set(this.#options.workers.pids)
    for (const pid of alive) this.#seen.add(pid)
    for (const pid of this.#seen) {
      if (alive.has(pid)) continue
      this.#seen.delete(pid)
      if (!this.killed.some((kill) => kill.pid === pid)) this.endedOtherwise.push(pid)
      const looking = this.#autopsy(pid).finally(() => this.#looking.delete(looking))
      this.#looking.add(looking)
    }
  }

  /** Long before its leases end: a record that is still STARTED by the claim of such a run was never settled. */
  async #autopsy(pid: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, settlingMs))
    const effects = readLines(this.#options.lines, pid).filter(({ what }) => what === 'effect')
    const records = await this.#options.read(effects.map(({ id }) => id))
    for (const [index, { run, at }] of effects.entries()) {
      const record = records[index]
      if (record?.state === 'STARTED' && (record.startedAt ?? Number.POSITIVE_INFINITY) <= at) this.interrupted.add(run)
    }
  }
}
