import { availableParallelism } from 'node:os'
import { functionArn, queueArn } from '../../localstack/account.ts'
import {
  compileFilters,
  type EventHandler,
  EventSource,
  functionInvoker,
  handlerInvoker,
  type Invoker,
  type SqsWire,
} from '../../localstack/event-source/index.ts'
import { type FunctionCode, type InitError, LambdaFunction, type LogLine } from '../../localstack/lambda/index.ts'
import type { ProcessGuard } from '../../localstack/process/process-guard.ts'
import type { TaskEvent } from '../ports/telemetry.ts'
import type { LocalPlan, QueuePlan } from './plan.ts'
import { ownFrames } from './stack-frames.ts'
import { parseTaskEvent } from './task-events.ts'

/** Invocations at a time: one number for every queue, or by queue. */
export type LocalConcurrency = number | Readonly<Record<string, number>>

/** Filter criteria by queue: patterns as JSON texts, or what they say. */
export type LocalFilters = Readonly<Record<string, readonly (string | object)[]>>

export interface WorkersOptions {
  readonly region: string
  readonly queueBaseUrl: string
  readonly wire: SqsWire
  readonly guard: ProcessGuard
  /** Of the functions. */
  readonly variables: Readonly<Record<string, string>>
  readonly concurrency: LocalConcurrency | undefined
  readonly filters?: LocalFilters
  /** Called for a task event that a worker's process wrote. If absent, workers do not write events. */
  readonly onEvent?: (event: TaskEvent) => void
  /** Any other line. */
  readonly onLog: (line: LogLine) => void
  readonly onProblem: (problem: string) => void
  readonly initLimitMs?: number
  readonly nodeFlags?: readonly string[]
}

/** What runs the tasks: a bundle in child processes, or a handler in this process. */
export type WorkerSource = { readonly code: FunctionCode } | { readonly handler: EventHandler }

/**
 * As many environments as the machine has cores, but two, so that a blocked one does not hold up a queue. Each works a whole batch: ten tasks that
 * wait for others need no more.
 */
export function concurrencyOf(
  { queue, definition }: Pick<QueuePlan, 'queue' | 'definition'>,
  option: LocalConcurrency | undefined,
  cores = availableParallelism(),
): number {
  const wanted = typeof option === 'number' ? option : option?.[queue]
  return Math.max(
    1,
    Math.min(definition.concurrency ?? Number.POSITIVE_INFINITY, wanted ?? Math.max(2, Math.min(cores, 4))),
  )
}

/** The functions and event source mappings of an app's queues. */
export class Workers {
  readonly #options: WorkersOptions
  readonly #sources: EventSource[] = []
  readonly #functions: LambdaFunction[] = []
  #stopping = false

  constructor(plan: LocalPlan, source: WorkerSource, options: WorkersOptions) {
    this.#options = options
    for (const queue of plan.queues) this.#add(queue, source)
  }

  /** Process ids of all environments. */
  get pids(): readonly number[] {
    return this.#functions.flatMap(({ pids }) => pids)
  }

  /** Invocations that run now. */
  get running(): number {
    return this.#sources.reduce((sum, { running }) => sum + running, 0)
  }

  /**
   * Starts one environment and leaves it idle: the code is the same for all queues, so one that starts proves it.
   *
   * @throws {InitError} when it does not start
   */
  async prove(): Promise<void> {
    await this.#functions[0]?.warm()
  }

  /** Receives from now on. */
  start(): void {
    for (const source of this.#sources) source.start()
  }

  /** Receives nothing more; resolves when what was received is done. */
  async drain(): Promise<void> {
    await Promise.all(this.#sources.map((source) => source.drain()))
  }

  /** Ends everything; what runs is killed, unless it was drained before. */
  async stop(): Promise<void> {
    this.#stopping = true
    const draining = this.drain()
    await Promise.all(this.#functions.map((each) => each.stop()))
    // In this process a handler cannot be killed: it is left behind.
    if (this.#functions.length > 0) await draining
  }

  #add(plan: QueuePlan, source: WorkerSource): void {
    const { region, queueBaseUrl, wire, concurrency } = this.#options
    const filters = this.#options.filters?.[plan.queue]
    const { definition, queueName } = plan
    const made = new EventSource({
      queueUrl: `${queueBaseUrl}/${queueName}`,
      queueArn: queueArn(region, queueName),
      region,
      batchSize: definition.batchSize,
      batchWindowMs: definition.batchWindowMs,
      concurrency: concurrencyOf(plan, concurrency),
      ...(filters !== undefined && { filter: compileFilters(filters, `filters.${plan.queue}`) }),
      wire,
      invoker: this.#invoker(plan, source),
      onProblem: (problem) => this.#tell(`${plan.queue}: ${problem}`),
    })
    this.#sources.push(made)
  }

  #invoker({ queueName: name, definition: { timeoutMs, memoryMb } }: QueuePlan, source: WorkerSource): Invoker {
    const { region, guard, variables, onEvent, initLimitMs, nodeFlags } = this.#options
    const arn = functionArn(region, name)
    if ('handler' in source) return handlerInvoker(source.handler, { name, arn, timeoutMs, memoryMb })
    const lambda = new LambdaFunction({
      name,
      arn,
      region,
      timeoutMs,
      memoryMb,
      code: source.code,
      guard,
      // Every step of a task is a debug line: written only if there is a reader.
      variables: { ...variables, ...(onEvent !== undefined && { AWS_LAMBDA_LOG_LEVEL: 'DEBUG' }) },
      onLog: (line) => this.#hear(line),
      onInitError: (error) => this.#tell(`${name}: the worker could not start: ${initProblem(error)}`),
      ...(initLimitMs !== undefined && { initLimitMs }),
      ...(nodeFlags !== undefined && { nodeFlags }),
    })
    this.#functions.push(lambda)
    return functionInvoker(lambda, arn)
  }

  /** A batch that stop() kills is not reported: the caller of stop() expects it. */
  #tell(problem: string): void {
    if (!this.#stopping) this.#options.onProblem(problem)
  }

  #hear(line: LogLine): void {
    const { onEvent, onLog } = this.#options
    const event = onEvent === undefined ? undefined : parseTaskEvent(line.text)
    if (event === undefined) onLog(line)
    else onEvent?.(event)
  }
}

/** What went wrong, and where in the user's own code. */
export function initProblem({ error }: InitError): string {
  const [frame] = ownFrames(error.trace?.join('\n'), process.cwd())
  return `${error.errorType}: ${error.errorMessage}${frame === undefined ? '' : ` (${frame.place})`}`
}
