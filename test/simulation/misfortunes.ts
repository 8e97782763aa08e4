import type { Fault } from '../../shared/memory/faults.ts'
import type { SeededRandom } from '../../shared/memory/seeded-random.ts'
import type { CallPlan, ProcessCall } from '../../shared/testing/simulated-process.ts'

/** How often things go wrong, each a probability per occasion. */
export interface Weather {
  /** A port call of a process meets a fault. */
  readonly faults: number
  /** A process ends right before or after a port call. */
  readonly crashes: number
  /** A batch is delivered twice, late, in another order, with copies in it, or not at all. */
  readonly deliveries: number
  /** An invocation is killed from outside at some instant. */
  readonly kills: number
  /** A message that is done with is not deleted. */
  readonly undeleted: number
  /** A function is killed only some time after its deadline. */
  readonly lingering: number
  /** Clocks differ by up to this. */
  readonly skewMs: number
  /** A read that need not be consistent gives a record as it was before its last change. */
  readonly staleReads: number
  /** From a port call on, a process reaches the table, the queues or neither for some minutes. */
  readonly cutOffs: number
}

export type FaultKind = Fault['type'] | 'crash-before' | 'crash-after'

export const faultKinds: readonly FaultKind[] = [
  'throttled',
  'request-lost',
  'answer-lost',
  'repeated',
  'delayed',
  'crash-before',
  'crash-after',
]

/** Something that went wrong at a place: a call of a process, a batch of a queue, an invocation. */
export type Misfortune = { readonly place: string } & (
  | { readonly kind: 'crash-before' }
  /** Of an insert, perhaps without the input beside the record. */
  | { readonly kind: 'crash-after'; readonly withoutInput?: boolean }
  | {
      readonly kind: 'fault'
      readonly fault: Fault /** Which entries of the call; absent: all. */
      readonly entries?: readonly number[]
    }
  | { readonly kind: 'cut-off'; readonly from: CutOff['from']; readonly forMs: number }
  | { readonly kind: 'batch-lost' }
  | { readonly kind: 'batch-late'; readonly delayMs: number }
  | { readonly kind: 'batch-reversed' }
  /** The first message is in the batch twice. */
  | { readonly kind: 'batch-twins' }
  /** The batch is delivered once more, some time later: to another environment if the first one is busy. */
  | { readonly kind: 'batch-again'; readonly delayMs: number }
  | { readonly kind: 'killed'; readonly afterMs: number }
  | { readonly kind: 'lingering'; readonly forMs: number }
  | { readonly kind: 'undeleted' }
  | { readonly kind: 'stale-read' }
  | { readonly kind: 'skewed'; readonly ms: number }
)

/** What a process cannot reach, and until when by its own clock. */
interface CutOff {
  readonly from: 'table' | 'queues' | 'both'
  readonly until: number
}

/** A request that nobody answers is given up after so long, the SDK's own retries included. */
const silence: Fault = { type: 'request-lost', answerDelayMs: 5_000 }

/** Where misfortunes come from: drawn, or repeated from a list. Either way they are written down. */
export class Misfortunes {
  readonly happened: Misfortune[] = []
  /** From now on all goes well. */
  calm = false
  readonly #weather: Weather
  readonly #random: SeededRandom
  readonly #list: ReadonlyMap<string, readonly Misfortune[]> | undefined
  readonly #cutOffs = new Map<string, CutOff>()

  constructor(weather: Weather, random: SeededRandom, list?: readonly Misfortune[]) {
    this.#weather = weather
    this.#random = random
    if (list !== undefined) {
      const byPlace = new Map<string, Misfortune[]>()
      for (const each of list) {
        const at = byPlace.get(each.place)
        if (at === undefined) byPlace.set(each.place, [each])
        else at.push(each)
      }
      this.#list = byPlace
    }
  }

  /** Of a call of a process. */
  ofCall(call: ProcessCall): CallPlan | undefined {
    if (this.#isCutOff(call)) return { decide: () => silence }
    const { process, nth, port, method, entries } = call
    const found = this.#find(
      () => `${process.name}.${port}.${method}.${nth}`,
      (random, place) => this.#drawCall(random, place, method, entries.length),
    )
    for (const each of found) {
      if (each.kind === 'crash-before') return { crash: 'before' }
      if (each.kind === 'crash-after')
        return {
          crash: 'after',
          ...(each.withoutInput && { decide: () => ({ type: 'answer-lost', withoutInput: true }) }),
        }
      if (each.kind === 'fault') {
        const { fault, entries: hit } = each
        return { decide: ({ index }) => (hit === undefined || hit.includes(index) ? fault : undefined) }
      }
      if (each.kind === 'cut-off') {
        const { from, forMs } = each
        this.#cutOffs.set(process.name, { from, until: process.ports.clock.now() + forMs })
        return this.#isCutOff(call) ? { decide: () => silence } : undefined
      }
    }
    return undefined
  }

  /** Of a batch on its way to the function. */
  ofBatch(queue: string, nth: number): readonly Misfortune[] {
    return this.#find(
      () => `${queue}.batch.${nth}`,
      (random, place) => {
        if (random.fraction() >= this.#weather.deliveries) return undefined
        switch (random.below(6)) {
          case 0:
            return { kind: 'batch-lost', place }
          case 1:
            return { kind: 'batch-late', place, delayMs: random.below(29_000) }
          case 2:
            return { kind: 'batch-reversed', place }
          case 3:
            return { kind: 'batch-twins', place }
          case 4:
            return { kind: 'batch-again', place, delayMs: random.below(30_000) }
          default:
            // A copy of a message that was deleted may come back as long as the queue could have kept it.
            return { kind: 'batch-again', place, delayMs: random.below(6 * 24 * 3_600) * 1_000 }
        }
      },
    )
  }

  ofInvocation(requestId: string, timeoutMs: number): readonly Misfortune[] {
    return this.#find(
      () => `${requestId}.invocation`,
      (random, place) => {
        if (random.fraction() < this.#weather.kills)
          return { kind: 'killed', place, afterMs: Math.floor(random.fraction() ** 3 * timeoutMs) }
        if (random.fraction() < this.#weather.lingering)
          return { kind: 'lingering', place, forMs: random.below(120_000) }
        return undefined
      },
    )
  }

  isUndeleted(queue: string, nth: number): boolean {
    return (
      this.#find(
        () => `${queue}.delete.${nth}`,
        (random, place) => (random.fraction() < this.#weather.undeleted ? { kind: 'undeleted', place } : undefined),
      ).length > 0
    )
  }

  isStale(process: string, nth: number): boolean {
    return (
      this.#find(
        () => `${process}.stale.${nth}`,
        (random, place) => (random.fraction() < this.#weather.staleReads ? { kind: 'stale-read', place } : undefined),
      ).length > 0
    )
  }

  skewOf(process: string): number {
    const [found] = this.#find(
      () => `${process}.clock`,
      (random, place) =>
        this.#weather.skewMs === 0
          ? undefined
          : { kind: 'skewed', place, ms: Math.round((random.fraction() - 0.5) * this.#weather.skewMs) },
    )
    return found?.kind === 'skewed' ? found.ms : 0
  }

  #isCutOff({ process, port }: ProcessCall): boolean {
    if (this.calm) return false
    const cut = this.#cutOffs.get(process.name)
    return (
      cut !== undefined &&
      (cut.from === 'both' || cut.from === (port === 'queues' ? 'queues' : 'table')) &&
      process.ports.clock.now() < cut.until
    )
  }

  #drawCall(random: SeededRandom, place: string, method: string, entries: number): Misfortune | undefined {
    const dice = random.fraction()
    const { crashes, faults, cutOffs } = this.#weather
    const withoutInput = (): { readonly withoutInput?: boolean } =>
      method === 'insert' && random.fraction() < 0.5 ? { withoutInput: true } : {}
    if (dice < crashes / 2) return { kind: 'crash-before', place }
    if (dice < crashes) return { kind: 'crash-after', place, ...withoutInput() }
    if (dice >= crashes + faults + cutOffs) return undefined
    if (dice >= crashes + faults) {
      const from = random.pick(['table', 'queues', 'both'] as const)
      return { kind: 'cut-off', place, from, forMs: random.below(5 * 60_000) }
    }
    const type = random.pick(['throttled', 'request-lost', 'answer-lost', 'repeated', 'delayed'] as const)
    const delayMs = (type === 'delayed' ? 1 : 0) * Math.floor(random.fraction() ** 4 * 100_000)
    const answerDelayMs = random.fraction() < 0.2 ? Math.floor(random.fraction() ** 4 * 30_000) : 0
    const fault: Fault = {
      type,
      ...(delayMs > 0 && { delayMs }),
      ...(answerDelayMs > 0 && { answerDelayMs }),
      ...(type === 'answer-lost' && withoutInput()),
    }
    if (entries < 2 || random.fraction() < 0.5) return { kind: 'fault', place, fault }
    const hit = Array.from({ length: entries }, (_, index) => index).filter(() => random.fraction() < 0.4)
    return { kind: 'fault', place, fault, entries: hit }
  }

  #find(
    placeOf: () => string,
    draw: (random: SeededRandom, place: string) => Misfortune | undefined,
  ): readonly Misfortune[] {
    if (this.calm) return none
    if (this.#list !== undefined) {
      const found = this.#list.get(placeOf()) ?? none
      this.happened.push(...found)
      return found
    }
    const drawn = draw(this.#random, lazyPlace)
    if (drawn === undefined) return none
    const placed = { ...drawn, place: placeOf() }
    this.happened.push(placed)
    return [placed]
  }
}

/** Most draws come to nothing: the place is only spelled out when one does. */
const lazyPlace = ''
const none: readonly Misfortune[] = []

/** Draws how bad it will be. */
export function drawWeather(random: SeededRandom): Weather {
  const some = (most: number): number => (random.fraction() < 0.35 ? 0 : random.fraction() ** 2 * most)
  return {
    faults: some(0.25),
    crashes: some(0.03),
    deliveries: some(0.3),
    kills: some(0.15),
    undeleted: some(0.1),
    lingering: some(0.1),
    skewMs: random.fraction() < 0.5 ? 0 : 9_000,
    staleReads: some(0.8),
    cutOffs: some(0.01),
  }
}
