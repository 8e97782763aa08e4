import type {
  Broker,
  Clock,
  HideRequest,
  InputItem,
  Ledger,
  NewRecord,
  OutgoingMessage,
  Ports,
  RecordChange,
  SendAnswer,
  StatisticsDelta,
  TimeQuery,
  WriteAnswer,
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

/** What each method takes one or many of. */
export interface LedgerEntries {
  insert: NewRecord
  update: RecordChange
  read: string
  readInputs: { readonly id: string; readonly ref: string }
  writeInputs: InputItem
  deleteInputs: { readonly id: string; readonly ref: string }
  listByTime: TimeQuery
  listFailures: TimeQuery
  count: StatisticsDelta
  statistics: { readonly queue: string; readonly from: number; readonly to: number }
  readControl: { readonly queue: string }
  writeControl: { readonly queue: string; readonly pausedAt?: number }
}

export interface BrokerEntries {
  send: OutgoingMessage
  sendDead: OutgoingMessage
  hide: HideRequest
  receive: { readonly max: number; readonly waitSeconds: number; readonly dead?: boolean }
  /** A receipt. */
  acknowledge: string
  depth: { readonly queue: string }
}

interface Place {
  /** Which call of this method it is, from 0. */
  readonly call: number
  /** Which entry of the call, from 0. */
  readonly index: number
}

type LedgerCall = {
  [Method in keyof LedgerEntries]: Place & {
    readonly port: 'ledger'
    readonly method: Method
    readonly entry: LedgerEntries[Method]
  }
}[keyof LedgerEntries]

type BrokerCall = {
  [Method in keyof BrokerEntries]: Place & {
    readonly port: 'broker'
    readonly method: Method
    readonly entry: BrokerEntries[Method]
    readonly queue: string
  }
}[keyof BrokerEntries]

/** One entry of one call. `port` and `method` tell what `entry` is. */
export type PortCall = LedgerCall | BrokerCall

/** `ledger.update`, `broker.send`, … */
export type PortMethod = `ledger.${keyof LedgerEntries}` | `broker.${keyof BrokerEntries}`

/** Asked once for each entry of each call, in order, before anything happens. Undefined: as it should be. What it throws, the call throws. */
export type Decide = (call: PortCall) => Fault | undefined

export interface FaultOptions {
  readonly clock: Clock
  readonly decide: Decide
}

/** The error of a call or entry that a fault hit. */
export class InjectedFaultError extends Error {
  readonly fault: Fault['type']
  constructor(call: Pick<PortCall, 'port' | 'method'>, fault: Fault['type']) {
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
 * Ledger and broker with faults; the rest as it is.
 *
 * @example The answer to the first claim gets lost.
 * withFaults(ports, (call) =>
 *   call.method === 'update' && call.call === 0 && call.entry.set.state === 'STARTED' ? { type: 'answer-lost' } : undefined)
 */
export function withFaults(ports: Ports, decide: Decide): Ports {
  const options = { clock: ports.clock, decide }
  return { ...ports, ledger: faultyLedger(ports.ledger, options), broker: faultyBroker(ports.broker, options) }
}

export function faultyLedger(ledger: Ledger, options: FaultOptions): Ledger {
  const calls = new Map<string, number>()
  const injection = <Method extends keyof LedgerEntries>(method: Method) => {
    const call = nextCall(calls, method)
    return new Injection<LedgerEntries[Method]>({ port: 'ledger', method }, options.clock, (entry, index) =>
      // The entry belongs to the method: the compiler cannot see it through the type parameter.
      options.decide({ port: 'ledger', method, call, index, entry } as unknown as PortCall),
    )
  }
  return {
    insert: (entries) =>
      injection('insert').writes(
        entries,
        (passed, faults) =>
          ledger.insert(passed.map((entry, at) => (faults[at]?.withoutInput ? { record: entry.record } : entry))),
        writeAnswer,
      ),
    update: (changes) => injection('update').writes(changes, (passed) => ledger.update(passed), writeAnswer),
    read: (ids, how) => injection('read').all(ids, (passed) => ledger.read(passed, how)),
    readInputs: (refs) => injection('readInputs').all(refs, (passed) => ledger.readInputs(passed)),
    writeInputs: (items) => injection('writeInputs').some(items, (passed) => ledger.writeInputs(passed)),
    deleteInputs: (refs) => injection('deleteInputs').some(refs, (passed) => ledger.deleteInputs(passed)),
    listByTime: (query) => injection('listByTime').all([query], () => ledger.listByTime(query)),
    listFailures: (query) => injection('listFailures').all([query], () => ledger.listFailures(query)),
    count: (deltas) =>
      injection('count')
        .some(deltas, (passed) => ledger.count(passed))
        .catch(swallowInjected),
    statistics: (queue, from, to) =>
      injection('statistics').all([{ queue, from, to }], () => ledger.statistics(queue, from, to)),
    readControl: (queue) => injection('readControl').all([{ queue }], () => ledger.readControl(queue)),
    writeControl: (queue, control) =>
      injection('writeControl').some([{ queue, ...control }], () => ledger.writeControl(queue, control)),
  }
}

export function faultyBroker(broker: Broker, options: FaultOptions): Broker {
  const calls = new Map<string, number>()
  const injection = <Method extends keyof BrokerEntries>(method: Method, queue: string) => {
    const call = nextCall(calls, method)
    return new Injection<BrokerEntries[Method]>({ port: 'broker', method }, options.clock, (entry, index) =>
      options.decide({ port: 'broker', method, queue, call, index, entry } as unknown as PortCall),
    )
  }
  const no = () => false
  return {
    send: (queue, messages) =>
      injection('send', queue).writes(messages, (passed) => broker.send(queue, passed), sendAnswer),
    sendDead: (queue, messages) =>
      injection('sendDead', queue).writes(messages, (passed) => broker.sendDead(queue, passed), sendAnswer),
    hide: (queue, requests) => injection('hide', queue).writes(requests, (passed) => broker.hide(queue, passed), no),
    acknowledge: (queue, receipts, how) =>
      injection('acknowledge', queue).writes(receipts, (passed) => broker.acknowledge(queue, passed, how), no),
    receive: (queue, how) => injection('receive', queue).all([how], () => broker.receive(queue, how)),
    depth: (queue) => injection('depth', queue).all([{ queue }], () => broker.depth(queue)),
  }
}

/** One call with the faults of its entries. */
class Injection<Entry> {
  readonly #call: Pick<PortCall, 'port' | 'method'>
  readonly #clock: Clock
  readonly #decide: (entry: Entry, index: number) => Fault | undefined

  constructor(
    call: Pick<PortCall, 'port' | 'method'>,
    clock: Clock,
    decide: (entry: Entry, index: number) => Fault | undefined,
  ) {
    this.#call = call
    this.#clock = clock
    this.#decide = decide
  }

  /** For methods that answer for each entry. */
  async writes<Answer>(
    entries: readonly Entry[],
    pass: (entries: readonly Entry[], faults: readonly (Fault | undefined)[]) => Promise<readonly Answer[]>,
    answerOf: (fault: Fault['type'], error: InjectedFaultError) => Answer,
  ): Promise<readonly Answer[]> {
    const faults = entries.map(this.#decide)
    await this.#wait(faults, 'delayMs')
    const answers = new Map<number, Answer>()
    const passed = indexesOf(faults, takesEffect)
    const told = passed.length === 0 ? [] : await pass(pick(entries, passed), pick(faults, passed))
    for (const [at, index] of passed.entries()) answers.set(index, told[at] as Answer)
    const again = indexesOf(faults, (fault) => fault?.type === 'repeated')
    const toldAgain = again.length === 0 ? [] : await pass(pick(entries, again), pick(faults, again))
    for (const [at, index] of again.entries()) answers.set(index, toldAgain[at] as Answer)
    for (const [index, fault] of faults.entries()) {
      if (isError(fault)) answers.set(index, answerOf(fault.type, new InjectedFaultError(this.#call, fault.type)))
    }
    await this.#wait(faults, 'answerDelayMs')
    return entries.map((_, index) => answers.get(index) as Answer)
  }

  /** For methods that answer for all entries at once: nothing takes effect when the request of any is lost. */
  all<Answer>(entries: readonly Entry[], pass: (entries: readonly Entry[]) => Promise<Answer>): Promise<Answer> {
    return this.#atOnce(entries, pass, (faults) => (faults.every(takesEffect) ? entries : undefined))
  }

  /** For methods that answer for all entries at once, each of which takes effect by itself. */
  some(entries: readonly Entry[], pass: (entries: readonly Entry[]) => Promise<void>): Promise<void> {
    return this.#atOnce(entries, pass, (faults) => {
      const passed = indexesOf(faults, takesEffect)
      return passed.length === 0 && entries.length > 0 ? undefined : pick(entries, passed)
    })
  }

  async #atOnce<Answer>(
    entries: readonly Entry[],
    pass: (entries: readonly Entry[]) => Promise<Answer>,
    choose: (faults: readonly (Fault | undefined)[]) => readonly Entry[] | undefined,
  ): Promise<Answer> {
    const faults = entries.map(this.#decide)
    await this.#wait(faults, 'delayMs')
    const passed = choose(faults)
    let answer = passed === undefined ? undefined : { value: await pass(passed) }
    if (passed !== undefined && faults.some((fault) => fault?.type === 'repeated'))
      answer = { value: await pass(passed) }
    await this.#wait(faults, 'answerDelayMs')
    const error = faults.find(isError)
    if (error !== undefined) throw new InjectedFaultError(this.#call, error.type)
    if (answer === undefined) throw new InjectedFaultError(this.#call, 'request-lost')
    return answer.value
  }

  #wait(faults: readonly (Fault | undefined)[], which: 'delayMs' | 'answerDelayMs'): Promise<void> | undefined {
    const longest = Math.max(0, ...faults.map((fault) => fault?.[which] ?? 0))
    if (longest === 0) return undefined
    return new Promise((resolve) => {
      this.#clock.timer(longest, resolve)
    })
  }
}

function nextCall(calls: Map<string, number>, method: string): number {
  const call = calls.get(method) ?? 0
  calls.set(method, call + 1)
  return call
}

function takesEffect(fault: Fault | undefined): boolean {
  return fault?.type !== 'throttled' && fault?.type !== 'request-lost'
}

function isError(fault: Fault | undefined): fault is Fault {
  return fault?.type === 'throttled' || fault?.type === 'request-lost' || fault?.type === 'answer-lost'
}

function indexesOf(
  faults: readonly (Fault | undefined)[],
  matches: (fault: Fault | undefined) => boolean,
): readonly number[] {
  return [...faults.keys()].filter((index) => matches(faults[index]))
}

function pick<Entry>(entries: readonly Entry[], indexes: readonly number[]): readonly Entry[] {
  const chosen = new Set(indexes)
  return entries.filter((_, index) => chosen.has(index))
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
