import { type Decide, faultyBroker, faultyLedger } from '../memory/faults.ts'
import type { Broker, Clock, Ledger, Ports, Random, Telemetry } from '../ports/index.ts'

/** One call that a process makes. */
export interface ProcessCall {
  readonly process: SimulatedProcess
  readonly port: 'ledger' | 'broker'
  readonly method: string
  /** Which call of this method of this process it is, from 0. */
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

export interface ProcessOptions {
  readonly name: string
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: Telemetry
  readonly ledger: Ledger
  readonly broker: Broker
  /** How far this machine's clock is ahead. */
  readonly skewMs?: number
  readonly plan?: PlanCall
}

type Faulty<Port> = (port: Port, options: { readonly clock: Clock; readonly decide: Decide }) => Port

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
      ledger: this.#fenceLedger(options.ledger),
      broker: this.#fenceBroker(options.broker),
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

  #call<Port, Answer>(
    port: Port,
    faulty: Faulty<Port>,
    of: 'ledger' | 'broker',
    method: string,
    entries: readonly unknown[],
    ask: (port: Port) => Promise<Answer>,
  ): Promise<Answer> {
    if (this.#state !== 'running')
      return new Promise((resolve) =>
        this.#whenRunning(() => resolve(this.#call(port, faulty, of, method, entries, ask))),
      )
    const nth = this.#calls.get(method) ?? 0
    this.#calls.set(method, nth + 1)
    const plan = this.#plan?.({ process: this, port: of, method, nth, entries })
    if (plan?.crash === 'before') {
      this.kill()
      return never()
    }
    const asked = plan?.decide === undefined ? port : faulty(port, { clock: this.#world, decide: plan.decide })
    return ask(asked).then(
      (answer) => {
        if (plan?.crash === 'after') this.kill()
        return this.#state === 'running' ? answer : new Promise((resolve) => this.#whenRunning(() => resolve(answer)))
      },
      (error: unknown) => new Promise((_, reject) => this.#whenRunning(() => reject(error))),
    )
  }

  #fenceLedger(ledger: Ledger): Ledger {
    const through = <Answer>(
      method: keyof Ledger,
      entries: readonly unknown[],
      ask: (port: Ledger) => Promise<Answer>,
    ): Promise<Answer> => this.#call(ledger, faultyLedger, 'ledger', method, entries, ask)
    return {
      insert: (entries) => through('insert', entries, (port) => port.insert(entries)),
      update: (changes) => through('update', changes, (port) => port.update(changes)),
      read: (ids, how) => through('read', ids, (port) => port.read(ids, how)),
      readInputs: (refs) => through('readInputs', refs, (port) => port.readInputs(refs)),
      writeInputs: (items) => through('writeInputs', items, (port) => port.writeInputs(items)),
      deleteInputs: (refs) => through('deleteInputs', refs, (port) => port.deleteInputs(refs)),
      listByTime: (query) => through('listByTime', [query], (port) => port.listByTime(query)),
      listFailures: (query) => through('listFailures', [query], (port) => port.listFailures(query)),
      count: (deltas) => through('count', deltas, (port) => port.count(deltas)),
      statistics: (queue, from, to) => through('statistics', [queue], (port) => port.statistics(queue, from, to)),
      readControl: (queue) => through('readControl', [queue], (port) => port.readControl(queue)),
      writeControl: (queue, control) => through('writeControl', [queue], (port) => port.writeControl(queue, control)),
    }
  }

  #fenceBroker(broker: Broker): Broker {
    const through = <Answer>(
      method: keyof Broker,
      entries: readonly unknown[],
      ask: (port: Broker) => Promise<Answer>,
    ): Promise<Answer> => this.#call(broker, faultyBroker, 'broker', method, entries, ask)
    return {
      send: (queue, messages) => through('send', messages, (port) => port.send(queue, messages)),
      sendDead: (queue, messages) => through('sendDead', messages, (port) => port.sendDead(queue, messages)),
      hide: (queue, requests) => through('hide', requests, (port) => port.hide(queue, requests)),
      receive: (queue, how) => through('receive', [queue], (port) => port.receive(queue, how)),
      acknowledge: (queue, receipts, how) =>
        through('acknowledge', receipts, (port) => port.acknowledge(queue, receipts, how)),
      depth: (queue) => through('depth', [queue], (port) => port.depth(queue)),
    }
  }
}
