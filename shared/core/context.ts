import { isInstance, setBrands } from './brand.ts'
import type { Duration } from './duration.ts'

/** Structured log lines that carry the task's name, id and attempt. */
export interface TaskLogger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

export interface ContextRetryOptions {
  /** @default the task's backoff */
  readonly delay?: Duration
  /** Recorded with this attempt, and the task's error when no retries are left. @default MaxRetriesExceededError at the end */
  readonly error?: Error
  /** Instead of the task's own, from this attempt on. */
  readonly maxRetries?: number
}

/** The second argument of a task's function. */
export interface TaskContext {
  readonly id: string
  readonly task: string
  readonly queue: string
  /** The running attempt, 1-based. Only runs of the task's own code count. */
  readonly attempt: number
  /** Retries already made: `attempt - 1`. */
  readonly retries: number
  readonly maxRetries: number
  /** The generation: how many times this id was opened again. */
  readonly generation: number
  /** Aborted by the soft time limit, a revocation, the end of the attempt or the loss of its lease. Pass it on to fetch() and friends. */
  readonly signal: AbortSignal
  /** Seconds that the attempt may run. The attempt is ended after them. */
  readonly timeLimit: number
  /** Seconds after which `ctx.signal` is aborted. Undefined: never before the time limit. */
  readonly softTimeLimit: number | undefined
  /** The attempt is ended then. */
  readonly deadline: Date
  remainingTimeMs(): number
  readonly log: TaskLogger
  readonly headers: Readonly<Record<string, string>>
  readonly enqueuedAt: Date
  readonly expires: Date | undefined
  /** Id of the first task of the tree this one belongs to; its own when it was called from outside. */
  readonly root: string
  /** Id of the task that enqueued this one. */
  readonly parent: string | undefined
  /** Arrivals of this message, throttled ones included. For diagnosis; it is not the attempt. */
  readonly receiveCount: number
  readonly messageId: string | undefined
  /** The Lambda invocation. */
  readonly requestId: string | undefined
  readonly traceparent: string | undefined
  /**
   * Which occurrence this is, when a schedule started the task: `at` is the instant that the rule says, whenever the task runs; `missed` counts the
   * occurrences before it that were late and passed over in its favour.
   */
  readonly schedule: { readonly name: string; readonly at: Date; readonly missed: number } | undefined
  /** Run by `task.apply()` in the caller's process. */
  readonly local: boolean
  /** Ends the attempt and tries again later, even if the task's policy would not retry the error. Never returns. */
  retry(options?: ContextRetryOptions): never
  /** Ends the run, uncounted, and comes back after the delay. Never returns. */
  snooze(delay: Duration): never
  /** Publishes a JSON value in `handle.info().progress`. Writes at most once a second; never fails the task. */
  progress(value: unknown): void
}

/** What a task is: input and context in, output out. */
export type TaskFunction<Input, Output> = (input: Input, context: TaskContext) => Output | Promise<Output>

/** A module whose default export is the function: loaded at the first run, so that a producer never loads it. */
export type LazyTaskFunction<Input, Output> = () => Promise<{ readonly default: TaskFunction<Input, Output> }>

/** Thrown by `ctx.retry()` and `ctx.snooze()`: control flow, not failures. Let them pass through your catch blocks. */
export class RetrySignal extends Error {
  static readonly brand = 'RetrySignal'
  readonly options: ContextRetryOptions
  constructor(options: ContextRetryOptions) {
    super('The task asked to be retried. If you see this, a catch block swallowed ctx.retry(): rethrow it.')
    this.name = 'RetrySignal'
    setBrands(this, new.target)
    this.options = options
  }
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: subclasses inherit this, and ask for themselves
    return isInstance(this, value)
  }
}

export class SnoozeSignal extends Error {
  static readonly brand = 'SnoozeSignal'
  readonly delayMs: number
  constructor(delayMs: number) {
    super('The task asked to be snoozed. If you see this, a catch block swallowed ctx.snooze(): rethrow it.')
    this.name = 'SnoozeSignal'
    setBrands(this, new.target)
    this.delayMs = delayMs
  }
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: subclasses inherit this, and ask for themselves
    return isInstance(this, value)
  }
}
