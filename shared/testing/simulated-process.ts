import { type Decide, faulty } from '../memory/faults.ts'
import {
  type Call,
  type Clock,
  type Ports,
  type PortTable,
  portThrough,
  type Random,
  type ServicePorts,
  servicePorts,
  type Telemetry,
} from '../ports/index.ts'

/** One call that a process makes. */
export interface ProcessCall {
  readonly process: SimulatedProcess
  readonly port: keyof ServicePorts
  readonly method: string
  /** Which call of this port's method by this process it is, from 0. */
  readonly nth: number
  readonly entries: readonly unknown[]
}

/** What becomes of one call. */
export interface CallPlan {
  /** The process ends right before the request leaves, or right after it took effect. */
  readonly crash?: 'before' | 'after'
  /** Faults between the process and the port, entry by entry. */
  readonly decide?: Decide
}

export type PlanCall = (call: ProcessCall) => CallPlan | undefined

export interface ProcessOptions extends ServicePorts {
  readonly name: string
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: Telemetry
  /** How far this machine's clock is ahead. */
  readonly skewMs?: number
  readonly plan?: PlanCall
}

/** A promise that never settles: where the code of a process that is gone waits. */
const never = (): Promise<never> => new Promise(() => {})

/**
 * A process that can be killed or frozen between any two of its steps. Code reaches the world through its ports and its clock alone, so a process
 * whose calls are no longer answered and whose timers no longer fire has stopped, whatever it was doing. What it asked for before still happens.
 */
export class SimulatedProcess {
  readonly name: string
  readonly skewMs: number
  readonly ports: Ports
  /** When it ended, by the world's clock. */
  endedAt: number | undefined
  readonly #world: Clock
  readonly #plan: PlanCall | undefined
  /** What stops each. */
  readonly #timers = new Set<() => void>()
  readonly #mourners: (() => void)[] = []
  #state: 'running' | 'frozen' | 'dead' = 'running'
  #thawing: (() => void)[] = []
  readonly #calls = new Map<string, number>()

  constructor(options: ProcessOptions) {
    this.name = options.name
    this.skewMs = options.skewMs ?? 0
    this.#world = options.clock
    this.#plan = options.plan
    const { telemetry } = options
    this.ports = {
      clock: {
        now: () => this.#world.now() + this.skewMs,
        timer: (delayMs, fire, how) => this.#timer(delayMs, fire, how),
      },
      random: options.random,
      telemetry: {
        event: (event) => void (this.isDead || telemetry.event(event)),
        log: (level, message, fields) => void (this.isDead || telemetry.log(level, message, fields)),
      },
      records: this.#fence(servicePorts.records, options.records),
      inputs: this.#fence(servicePorts.inputs, options.inputs),
      statistics: this.#fence(servicePorts.statistics, options.statistics),
      controls: this.#fence(servicePorts.controls, options.controls),
      queues: this.#fence(servicePorts.queues, options.queues),
      due: this.#fence(servicePorts.due, options.due),
      schedules: this.#fence(servicePorts.schedules, options.schedules),
      ticks: this.#fence(servicePorts.ticks, options.ticks),
    }
  }

  get isDead(): boolean {
    return this.#state === 'dead'
  }

  /** Ends it here and now: SIGKILL, out of memory, `process.exit()`, the function's time-out. */
  kill(): void {
    if (this.#state === 'dead') return
    this.#state = 'dead'
    this.endedAt = this.#world.now()
    for (const stop of this.#timers) stop()
    this.#timers.clear()
    this.#thawing = []
    for (const mourn of this.#mourners) mourn()
  }

  onDeath(mourn: () => void): void {
    this.#mourners.push(mourn)
  }

  /** Between two invocations a Lambda environment stands still: what was left running goes on when it is thawed. */
  freeze(): void {
    if (this.#state === 'running') this.#state = 'frozen'
  }

  thaw(): void {
    if (this.#state !== 'frozen') return
    this.#state = 'running'
    const thawing = this.#thawing
    this.#thawing = []
    for (const goOn of thawing) goOn()
  }

  /** Where task code waits that must not outlive its process. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const cancel = this.#timer(ms, resolve)
      signal?.addEventListener('abort', () => {
        cancel()
        if (!this.isDead) reject(signal.reason)
      })
    })
  }

  /** Never answers: for code after its process's end. */
  get end(): Promise<never> {
    return never()
  }

  #timer(delayMs: number, fire: () => void, how?: { readonly background?: boolean }): () => void {
    if (this.#state === 'dead') return () => {}
    const go = (): void => {
      if (this.#timers.delete(stop)) fire()
    }
    const stop = this.#world.timer(delayMs, () => this.#whenRunning(go), how)
    this.#timers.add(stop)
    return () => {
      if (this.#timers.delete(stop)) stop()
    }
  }

  /** Calls back at once while the process runs, when it is thawed while it is frozen, and never when it is dead. */
  #whenRunning(goOn: () => void): void {
    if (this.#state === 'running') goOn()
    else if (this.#state === 'frozen') this.#thawing.push(goOn)
  }

  /** A port that this process can be cut off from. */
  #fence<Port extends object>(table: PortTable<Port>, port: Port): Port {
    return portThrough(table, (call) => this.#call(table, port, call))
  }

  #call<Port extends object>(table: PortTable<Port>, port: Port, call: Call<Port>): Promise<unknown> {
    if (this.#state !== 'running')
      return new Promise((resolve) => this.#whenRunning(() => resolve(this.#call(table, port, call))))
    const key = `${call.port}.${call.method}`
    const nth = this.#calls.get(key) ?? 0
    this.#calls.set(key, nth + 1)
    const plan = this.#plan?.({
      process: this,
      port: table.name as keyof ServicePorts,
      method: call.method,
      nth,
      entries: call.entries,
    })
    if (plan?.crash === 'before') {
      this.kill()
      return never()
    }
    const asked = plan?.decide === undefined ? port : faulty(table, port, { clock: this.#world, decide: plan.decide })
    return (call.on(asked) as Promise<unknown>).then(
      (answer) => {
        if (plan?.crash === 'after') this.kill()
        return this.#state === 'running' ? answer : new Promise((resolve) => this.#whenRunning(() => resolve(answer)))
      },
      (error: unknown) => new Promise((_, reject) => this.#whenRunning(() => reject(error))),
    )
  }
}
