import {
  type Call,
  type Clock,
  type EntryOf,
  type NewRecord,
  type Ports,
  type PortTable,
  portThrough,
  type SendAnswer,
  type ServicePorts,
  servicePorts,
  type WriteAnswer,
} from '../ports/index.ts'

/**
 * What happens to one entry of a call instead of what should.
 *
 * | type | takes effect | the caller is told |
 * |---|---|---|
 * | `throttled` | no | so: `throttled`, a failed send, `false`; reads throw |
 * | `request-lost` | no | nothing certain: `unknown`, `maybeSent`, `false`; reads throw |
 * | `answer-lost` | yes | the same as for `request-lost` |
 * | `repeated` | twice | the second time's answer, as when the SDK asks again after a lost answer |
 * | `delayed` | yes | the truth |
 *
 * A call whose answer never comes (its caller was killed) has `answerDelayMs: Infinity`.
 */
export interface Fault {
  readonly type: 'throttled' | 'request-lost' | 'answer-lost' | 'repeated' | 'delayed'
  /** Before the effect. A call waits for the longest of its entries. @default 0 */
  readonly delayMs?: number
  /** After the effect, before the answer. @default 0 */
  readonly answerDelayMs?: number
  /** Of an insert: the record is written, the input beside it is not; they are two statements. For `answer-lost`. @default false */
  readonly withoutInput?: boolean
}

type ServiceCalls<Port extends keyof ServicePorts> = {
  [Method in keyof ServicePorts[Port] & string]: {
    readonly port: Port
    readonly method: Method
    readonly entry: EntryOf<ServicePorts[Port][Method]>
    /** The queue, for methods that take one. */
    readonly queue: string | undefined
    /** Which call of this method it is, from 0. */
    readonly call: number
    /** Which entry of the call, from 0. */
    readonly index: number
  }
}[keyof ServicePorts[Port] & string]

/** One entry of one call. `port` and `method` tell what `entry` is: an element of the method's list; without a list, its last argument. */
export type PortCall = { [Port in keyof ServicePorts]: ServiceCalls<Port> }[keyof ServicePorts]

/** `records.update`, `queues.send`, … */
export type PortMethod = {
  [Port in keyof ServicePorts]: `${Port}.${keyof ServicePorts[Port] & string}`
}[keyof ServicePorts]

/** Asked once for each entry of each call, in order, before anything happens. Undefined: as it should be. What it throws, the call throws. */
export type Decide = (call: PortCall) => Fault | undefined

export interface FaultOptions {
  readonly clock: Clock
  readonly decide: Decide
}

/** The error of a call or entry that a fault hit. */
export class InjectedFaultError extends Error {
  readonly fault: Fault['type']
  constructor(call: { readonly port: string; readonly method: string }, fault: Fault['type']) {
    super(`${call.port}.${call.method}: ${fault} (injected)`)
    this.name = 'InjectedFaultError'
    this.fault = fault
  }
}

/** One decision for all entries of a call: that of its first. */
export function wholeCalls(decide: Decide): Decide {
  const decided = new Map<string, { readonly call: number; readonly fault: Fault | undefined }>()
  return (call) => {
    const key = `${call.port}.${call.method}`
    const earlier = decided.get(key)
    if (call.index > 0 && earlier?.call === call.call) return earlier.fault
    const fault = decide(call)
    decided.set(key, { call: call.call, fault })
    return fault
  }
}

/**
 * Table and queues with faults; the rest as it is.
 *
 * @example The answer to the first claim gets lost.
 * withFaults(ports, (call) =>
 *   call.method === 'update' && call.call === 0 && call.entry.set.state === 'STARTED' ? { type: 'answer-lost' } : undefined)
 */
export function withFaults(ports: Ports, decide: Decide): Ports {
  const options = { clock: ports.clock, decide }
  return {
    ...ports,
    records: faulty(servicePorts.records, ports.records, options),
    inputs: faulty(servicePorts.inputs, ports.inputs, options),
    statistics: faulty(servicePorts.statistics, ports.statistics, options),
    controls: faulty(servicePorts.controls, ports.controls, options),
    queues: faulty(servicePorts.queues, ports.queues, options),
    due: faulty(servicePorts.due, ports.due, options),
    schedules: faulty(servicePorts.schedules, ports.schedules, options),
    ticks: faulty(servicePorts.ticks, ports.ticks, options),
  }
}

/** A port with faults. */
export function faulty<Port extends object>(table: PortTable<Port>, port: Port, { clock, decide }: FaultOptions): Port {
  const calls = new Map<string, number>()
  return portThrough(table, async (asked) => {
    const { method, queue } = asked
    const call = calls.get(method) ?? 0
    calls.set(method, call + 1)
    const faults = asked.entries.map((entry, index) =>
      // The entry belongs to the method: the compiler cannot see it through the table.
      decide({ port: asked.port, method, queue, call, index, entry } as unknown as PortCall),
    )
    return new Injection(asked, port, faults, clock).answer()
  })
}

/** One call with the faults of its entries. */
class Injection<Port> {
  readonly #call: Call<Port>
  readonly #port: Port
  readonly #faults: readonly (Fault | undefined)[]
  readonly #clock: Clock

  constructor(call: Call<Port>, port: Port, faults: readonly (Fault | undefined)[], clock: Clock) {
    this.#call = call
    this.#port = port
    this.#faults = faults
    this.#clock = clock
  }

  async answer(): Promise<unknown> {
    await this.#wait('delayMs')
    switch (this.#call.kind) {
      case 'write':
        return this.#each(writeAnswer)
      case 'send':
        return this.#each(sendAnswer)
      case 'try':
        return this.#each(() => false)
      case 'put':
        return this.#some()
      case 'add':
        return this.#some().catch(swallowInjected)
      case 'read':
        // Nothing is read when the request for any entry is lost.
        return this.#atOnce(this.#faults.every(takesEffect) ? this.#call.entries : undefined)
      case 'local':
        return this.#call.on(this.#port)
    }
  }

  /** For methods that answer for each entry. */
  async #each(answerOf: (fault: Fault['type'], error: InjectedFaultError) => unknown): Promise<readonly unknown[]> {
    const answers = new Map<number, unknown>()
    const ask = async (matches: (fault: Fault | undefined) => boolean): Promise<void> => {
      const asked = this.#indexesOf(matches)
      const told = asked.length === 0 ? [] : await this.#pass(asked.map((index) => this.#entry(index)))
      for (const [at, index] of asked.entries()) answers.set(index, (told as readonly unknown[])[at])
    }
    await ask(takesEffect)
    await ask((fault) => fault?.type === 'repeated')
    for (const [index, fault] of this.#faults.entries()) {
      if (isError(fault)) answers.set(index, answerOf(fault.type, this.#error(fault.type)))
    }
    await this.#wait('answerDelayMs')
    return this.#faults.map((_, index) => answers.get(index))
  }

  /** For methods that answer for all entries at once, each of which takes effect by itself. */
  #some(): Promise<unknown> {
    const { entries } = this.#call
    const passed = this.#indexesOf(takesEffect)
    return this.#atOnce(passed.length === 0 && entries.length > 0 ? undefined : passed.map((index) => entries[index]))
  }

  async #atOnce(passed: readonly unknown[] | undefined): Promise<unknown> {
    let answer = passed === undefined ? undefined : { value: await this.#pass(passed) }
    if (passed !== undefined && this.#faults.some((fault) => fault?.type === 'repeated'))
      answer = { value: await this.#pass(passed) }
    await this.#wait('answerDelayMs')
    const fault = this.#faults.find(isError)
    if (fault !== undefined) throw this.#error(fault.type)
    if (answer === undefined) throw this.#error('request-lost')
    return answer.value
  }

  #pass(entries: readonly unknown[]): unknown {
    return this.#call.on(this.#port, entries)
  }

  #entry(index: number): unknown {
    const entry = this.#call.entries[index]
    if (!this.#faults[index]?.withoutInput) return entry
    const { inputItem: _inputItem, ...record } = entry as NewRecord
    return record
  }

  #indexesOf(matches: (fault: Fault | undefined) => boolean): readonly number[] {
    return [...this.#faults.keys()].filter((index) => matches(this.#faults[index]))
  }

  #error(fault: Fault['type']): InjectedFaultError {
    return new InjectedFaultError(this.#call, fault)
  }

  #wait(which: 'delayMs' | 'answerDelayMs'): Promise<void> | undefined {
    const longest = Math.max(0, ...this.#faults.map((fault) => fault?.[which] ?? 0))
    if (longest === 0) return undefined
    return new Promise((resolve) => {
      this.#clock.timer(longest, resolve)
    })
  }
}

function takesEffect(fault: Fault | undefined): boolean {
  return fault?.type !== 'throttled' && fault?.type !== 'request-lost'
}

function isError(fault: Fault | undefined): fault is Fault {
  return fault?.type === 'throttled' || fault?.type === 'request-lost' || fault?.type === 'answer-lost'
}

function writeAnswer(fault: Fault['type'], error: Error): WriteAnswer {
  return fault === 'throttled' ? { status: 'throttled' } : { status: 'unknown', error }
}

function sendAnswer(fault: Fault['type'], error: Error): SendAnswer {
  return { status: 'failed', maybeSent: fault !== 'throttled', error }
}

/** Counting never throws; what `decide` itself threw still comes through. */
function swallowInjected(error: unknown): void {
  if (!(error instanceof InjectedFaultError)) throw error
}
