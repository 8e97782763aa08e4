import type { Fault, PortMethod } from '../memory/faults.ts'

/** A fault that the next calls meet. */
export interface InjectedFault {
  /** Which calls: `'records.insert'` writes new records, `'records.update'` claims and settles, `'queues.send'` sends. */
  readonly at: PortMethod
  /** `throttled`: refused. `request-lost`, `answer-lost`: the caller does not know whether it took effect. `repeated`: it takes effect twice. `delayed`: late. */
  readonly type: Fault['type']
  /** Before its effect, ms of the test's clock. @default 0 */
  readonly delayMs?: number
  /** Records or messages that it hits. @default 1 */
  readonly times?: number
}

/** Faults that wait for their calls. */
export class InjectedFaults {
  readonly #left: { readonly fault: InjectedFault; times: number }[] = []

  add(fault: InjectedFault): void {
    this.#left.push({ fault, times: fault.times ?? 1 })
  }

  take(at: PortMethod): Fault | undefined {
    const next = this.#left.find(({ fault, times }) => fault.at === at && times > 0)
    if (next === undefined) return undefined
    next.times -= 1
    const { type, delayMs } = next.fault
    return { type, ...(delayMs !== undefined && { delayMs }) }
  }
}
