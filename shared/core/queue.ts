import {
  containerLeaseMs,
  deadRetentionMs,
  ledgerOffVisibilityFactor,
  longestFunctionMs,
  longestVisibilityMs,
  maxReceiveCountCeiling,
  queueDefaults,
  retentionMs,
  settleMarginMs,
  visibilitySlackMs,
} from './defaults.ts'
import { type Duration, toMs } from './duration.ts'
import { DefinitionError } from './errors.ts'

/** One route: an SQS queue with its dead-letter queue, worker function and event source mapping. */
export interface QueueOptions {
  /** Most invocations at a time (the mapping's MaximumConcurrency, 2 to 1000). @default no limit but the account's */
  readonly concurrency?: number
  /** Messages per invocation, 1 to 10. @default 10 */
  readonly batchSize?: number
  /** Wait this long for a fuller batch, at most 5 minutes. @default 0 */
  readonly batchWindow?: Duration
  /** Tasks of a batch that run at the same time. @default batchSize */
  readonly parallelism?: number
  /**
   * The function's time-out, whole seconds: 1 second to 15 minutes. Up to 12 hours for a queue that only containers work, which the stack must say
   * (`enabled: false`): Lambda ends functions after 15 minutes. @default '60s'
   */
  readonly timeout?: Duration
  /** The function's memory in MB, 128 to 10240. @default 512 */
  readonly memory?: number
}

/** A queue's options with defaults, checked. Visibility and receive limit depend on the tasks routed here: see queueTimes(). */
export interface QueueDefinition {
  readonly name: string
  readonly concurrency: number | undefined
  readonly batchSize: number
  readonly batchWindowMs: number
  readonly parallelism: number
  readonly timeoutMs: number
  readonly memoryMb: number
}

const known: ReadonlySet<string> = new Set([
  'concurrency',
  'batchSize',
  'batchWindow',
  'parallelism',
  'timeout',
  'memory',
])

/** @throws {DefinitionError} naming the option, what was expected and what came */
export function resolveQueue(name: string, options: QueueOptions): QueueDefinition {
  const at = (option: string) => `queues.${name}.${option}`
  for (const option of Object.keys(options)) {
    if (!known.has(option)) throw new DefinitionError(`${at(option)}: no such option. Known: ${[...known].join(', ')}.`)
  }
  const batchSize = whole(at('batchSize'), options.batchSize ?? queueDefaults.batchSize, 1, 10)
  const timeoutMs = toMs(options.timeout ?? queueDefaults.timeoutMs / 1_000, at('timeout'))
  whole(`${at('timeout')} in seconds`, timeoutMs / 1_000, 1, longestVisibilityMs / 1_000)
  const batchWindowMs = toMs(options.batchWindow ?? queueDefaults.batchWindowMs / 1_000, at('batchWindow'))
  whole(`${at('batchWindow')} in seconds`, batchWindowMs / 1_000, 0, 300)
  return {
    name,
    concurrency:
      options.concurrency === undefined ? undefined : whole(at('concurrency'), options.concurrency, 2, 1_000),
    batchSize,
    batchWindowMs,
    parallelism: whole(at('parallelism'), options.parallelism ?? batchSize, 1, batchSize),
    timeoutMs,
    memoryMb: whole(at('memory'), options.memory ?? queueDefaults.memoryMb, 128, 10_240),
  }
}

function whole(option: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new DefinitionError(`${option}: expected a whole number from ${least} to ${most}, received ${String(value)}.`)
  }
  return value
}

/** The time-out is longer than Lambda allows, so containers must work the queue. */
export function needsContainer({ timeoutMs }: QueueDefinition): boolean {
  return timeoutMs > longestFunctionMs
}

/** How long a task of this queue may run, so that a full batch still fits the function's time-out: waves of `parallelism`, one after another. */
export function longestTaskMs(queue: QueueDefinition): number {
  const waves = Math.ceil(queue.batchSize / queue.parallelism)
  return Math.floor((queue.timeoutMs - settleMarginMs(queue.timeoutMs)) / waves)
}

/** What SQS is told about a queue. */
export interface QueueTimes {
  readonly visibilityMs: number
  /** How long a container hides a received message at a time. It repeats this while it holds the message, so after a crash the message comes back this soon. */
  readonly containerVisibilityMs: number
  readonly retentionMs: number
  readonly deadRetentionMs: number
  /** A backstop for workers that cannot start: min(1000, floor(retention / 2V)), V being how long what was received stays hidden. */
  readonly maxReceiveCount: number
}

/** @param ledgerOff some task of the queue runs without a ledger, so only visibility prevents double runs */
export function queueTimes(queue: QueueDefinition, ledgerOff: boolean): QueueTimes {
  const wantedMs = ledgerOff
    ? ledgerOffVisibilityFactor * queue.timeoutMs + queue.batchWindowMs
    : queue.timeoutMs + queue.batchWindowMs + visibilitySlackMs
  const visibilityMs = Math.min(wantedMs, longestVisibilityMs)
  // Without a ledger nothing but visibility keeps a second worker away, and nobody renews it.
  const containerVisibilityMs = ledgerOff ? visibilityMs : containerLeaseMs
  // How soon a message can come again, which is what receives are counted against.
  const betweenReceivesMs = needsContainer(queue) ? containerVisibilityMs : visibilityMs
  return {
    visibilityMs,
    containerVisibilityMs,
    retentionMs,
    deadRetentionMs,
    maxReceiveCount: Math.min(maxReceiveCountCeiling, Math.floor(retentionMs / (2 * betweenReceivesMs))),
  }
}
