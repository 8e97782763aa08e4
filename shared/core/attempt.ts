import { type ContextRetryOptions, RetrySignal, SnoozeSignal, type TaskContext, type TaskLogger } from './context.ts'
import type { Outcome } from './decide.ts'
import { maxResultBytes } from './defaults.ts'
import { type Duration, toMs } from './duration.ts'
import { harmless } from './error-data.ts'
import {
  InputError,
  ResultTooLargeError,
  SoftTimeLimitExceededError,
  TaskRevokedError,
  TimeLimitExceededError,
} from './errors.ts'
import { callHooks, hookOwners } from './hooks.ts'
import { validateInput } from './input.ts'
import { byteLength, decode, encode, type Json, toText } from './json.ts'
import type { ScheduledOccurrence } from './message.ts'
import { throughMiddlewares } from './middleware.ts'
import { checkKeys } from './options.ts'
import type { AroundRuns, TaskDefinition } from './task.ts'

/** What an attempt needs from its caller. */
export interface AttemptDeps {
  now(): number
  timer(delayMs: number, fire: () => void): () => void
  /** Calls the user's code in the scope of its task: enqueues and leaked rejections below it belong to the task. */
  enter<T>(run: () => T): T
  warn(message: string, error?: unknown): void
  progress(value: unknown): void
  /** Called with the validated input before the function runs: its sensitive values must not be logged either. */
  validated?(value: unknown): void
}

/** The facts of one attempt. */
export interface AttemptOptions {
  readonly id: string
  readonly queue: string
  /** 1-based. */
  readonly attempt: number
  readonly maxRetries: number
  readonly generation: number
  readonly headers: Readonly<Record<string, string>>
  readonly enqueuedAt: number
  readonly expires?: number
  readonly root: string
  readonly parent?: string
  readonly receiveCount: number
  readonly messageId?: string
  readonly requestId?: string
  readonly traceparent?: string
  readonly schedule?: ScheduledOccurrence
  readonly local: boolean
  readonly timeLimitMs: number
  readonly softTimeLimitMs?: number
  /** The attempt cannot go on after this instant, the end of the Lambda invocation, even if its time limit allows more. */
  readonly latestEndAt?: number
  readonly ignoreResult: boolean
}

/** A running attempt. */
export interface RunningAttempt {
  readonly context: TaskContext
  /** Settles once; never rejects. */
  readonly outcome: Promise<Outcome>
  /** The task's own promise: may outlive the outcome when the code ignores its signal. Never rejects. */
  readonly finished: Promise<void>
  /** Aborts `ctx.signal`; a TaskRevokedError makes whatever is thrown then a revocation. */
  abort(reason: Error): void
  /** Ends the attempt with an error that was not thrown into it: a leaked rejection, a lost lease. */
  fail(error: unknown): void
  /** Ends the attempt, uncounted: the process stops. */
  handBack(reason: Error): void
}

/** A timer this late, or a run this far over its limit, means that the event loop was blocked. */
const stallMs = 250

/**
 * Runs a task's function once: decodes and validates its input, starts the limits, races the function against them, and says how it ended.
 * Whatever the code does, the outcome comes: at the time limit at the latest, unless the code blocks the event loop.
 */
export function startAttempt(
  definition: TaskDefinition,
  around: AroundRuns,
  input: Json | undefined,
  facts: AttemptOptions,
  world: AttemptDeps,
  log: TaskLogger,
): RunningAttempt {
  const controller = new AbortController()
  const startedAt = world.now()
  let end: (outcome: Outcome) => void = () => {}
  const outcome = new Promise<Outcome>((resolve) => {
    end = resolve
  })
  let revoked = false
  const asked: AskedToComeBack = {}
  const context = contextOf(definition, facts, startedAt + facts.timeLimitMs, controller.signal, world, log, asked)

  // If the event loop was blocked, each run gets back the time that it could not use.
  let owedMs = 0
  const onHardLimit = (dueAt: number): void => {
    const now = world.now()
    const lateMs = now - dueAt
    if (lateMs > stallMs) {
      const end = Math.min(now + lateMs, facts.latestEndAt ?? Number.POSITIVE_INFINITY)
      owedMs += lateMs
      if (end > now) cancelHard = world.timer(end - now, () => onHardLimit(end))
      else handBack(new Error('The event loop was blocked, and no time is left for this task.'))
      return
    }
    const error = new TimeLimitExceededError(facts.timeLimitMs)
    controller.abort(error)
    end(revoked ? { kind: 'revoked' } : { kind: 'threw', error })
  }
  const hardLimitAt = startedAt + facts.timeLimitMs
  let cancelHard = world.timer(facts.timeLimitMs, () => onHardLimit(hardLimitAt))
  const handBack = (reason: Error): void => {
    controller.abort(reason)
    end({ kind: 'handed-back' })
  }
  const { softTimeLimitMs } = facts
  const cancelSoft =
    softTimeLimitMs === undefined
      ? () => {}
      : world.timer(softTimeLimitMs, () => controller.abort(new SoftTimeLimitExceededError(softTimeLimitMs)))

  const finished = execute(definition, around, input, facts, asked, context, world).then((result) => {
    // Code that blocks the event loop also blocks the timer of its own limit.
    const overMs = world.now() - hardLimitAt - owedMs
    if (overMs > stallMs && result.kind === 'returned')
      end({ kind: 'threw', error: new TimeLimitExceededError(facts.timeLimitMs) })
    else end(revoked && result.kind === 'threw' ? { kind: 'revoked' } : result)
  })
  void outcome.then(() => {
    cancelHard()
    cancelSoft()
  })

  return {
    context,
    outcome,
    finished,
    abort(reason) {
      if (reason instanceof TaskRevokedError) revoked = true
      controller.abort(reason)
    },
    fail(thrown) {
      const error = harmless(thrown)
      controller.abort(error)
      end({ kind: 'threw', error })
    },
    handBack,
  }
}

async function execute(
  definition: TaskDefinition,
  around: AroundRuns,
  input: Json | undefined,
  facts: AttemptOptions,
  asked: AskedToComeBack,
  context: TaskContext,
  world: AttemptDeps,
): Promise<Outcome> {
  let value: unknown
  try {
    const decoded = input === undefined ? undefined : decode(input)
    // Awaited in any case: startAttempt() returns before the function runs.
    value = await (definition.input === undefined
      ? decoded
      : world.enter(() => validateInput(definition.name, definition.input, decoded, definition.sensitive)))
  } catch (thrown) {
    const error = harmless(thrown)
    // Only a verdict on the input refuses it. A validator that breaks is code that throws: an attempt.
    return error instanceof InputError ? { kind: 'input-refused', error } : { kind: 'threw', error }
  }
  world.validated?.(value)
  const owners = hookOwners(around.hooks, definition.hooks)
  if (owners.length > 0) await world.enter(() => callHooks(owners, context, [{ name: 'onStart' }], world))
  const outcome = await world.enter(() => runToResult(definition, around, value, context, facts))
  return asked.signal === undefined || outcome.kind === 'asked-retry' || outcome.kind === 'snoozed'
    ? outcome
    : afterSwallowing(asked.signal, world)
}

/** The last call of `ctx.retry()` or `ctx.snooze()` in a run. */
interface AskedToComeBack {
  signal?: RetrySignal | SnoozeSignal
}

/** The code called `ctx.retry()` or `ctx.snooze()`, caught the error it throws, and went on. The request still holds. */
function afterSwallowing(signal: RetrySignal | SnoozeSignal, deps: AttemptDeps): Outcome {
  const method = signal instanceof RetrySignal ? 'retry' : 'snooze'
  deps.warn(
    `The task called ctx.${method}() and caught what it throws. The ${method} holds, whatever the task did afterwards. Let the error pass through catch blocks.`,
  )
  return outcomeOfSignal(signal)
}

function outcomeOfSignal(signal: RetrySignal | SnoozeSignal): Outcome {
  return signal instanceof RetrySignal
    ? { kind: 'asked-retry', options: signal.options }
    : { kind: 'snoozed', delayMs: signal.delayMs }
}

/** Calls the function, and encodes what it returned: its value may have code of its own, `toJSON()`. */
async function runToResult(
  definition: TaskDefinition,
  { middlewares }: AroundRuns,
  value: unknown,
  context: TaskContext,
  facts: AttemptOptions,
): Promise<Outcome> {
  let output: unknown
  try {
    output =
      middlewares.length === 0
        ? await callFunction(definition, value, context)
        : await throughMiddlewares(middlewares, context, () => callFunction(definition, value, context))
  } catch (thrown) {
    const error = harmless(thrown)
    if (error instanceof RetrySignal || error instanceof SnoozeSignal) return outcomeOfSignal(error)
    return { kind: 'threw', error }
  }
  if (facts.ignoreResult) return { kind: 'returned', result: '' }
  try {
    const result = output === undefined ? '' : toText(encode(output))
    const bytes = byteLength(result)
    if (bytes > maxResultBytes) throw new ResultTooLargeError(definition.name, bytes, maxResultBytes)
    return { kind: 'returned', result }
  } catch (thrown) {
    return { kind: 'result-refused', error: harmless(thrown) }
  }
}

/** Calls the function, loading it first when it is lazy. */
export async function callFunction(definition: TaskDefinition, value: unknown, context: TaskContext): Promise<unknown> {
  const run = definition.run as (value: unknown, context: TaskContext) => unknown
  const output = await run(value, context)
  // A function has no encoding, so a result with one under `default` can only be a module: the task was given as () => import('./send.js').
  if (
    run.length === 0 &&
    typeof output === 'object' &&
    output !== null &&
    typeof (output as { default?: unknown }).default === 'function'
  ) {
    return (output as { default: (value: unknown, context: TaskContext) => unknown }).default(value, context)
  }
  return output
}

export function contextOf(
  definition: Pick<TaskDefinition, 'name'>,
  facts: AttemptOptions,
  deadlineAt: number,
  signal: AbortSignal,
  world: AttemptDeps,
  log: TaskLogger,
  asked: AskedToComeBack = {},
): TaskContext {
  return {
    id: facts.id,
    task: definition.name,
    queue: facts.queue,
    attempt: facts.attempt,
    retries: Math.max(0, facts.attempt - 1),
    maxRetries: facts.maxRetries,
    generation: facts.generation,
    signal,
    timeLimit: facts.timeLimitMs / 1_000,
    softTimeLimit: facts.softTimeLimitMs === undefined ? undefined : facts.softTimeLimitMs / 1_000,
    deadline: new Date(deadlineAt),
    remainingTimeMs: () => Math.max(0, deadlineAt - world.now()),
    log,
    headers: facts.headers,
    enqueuedAt: new Date(facts.enqueuedAt),
    expires: facts.expires === undefined ? undefined : new Date(facts.expires),
    root: facts.root,
    parent: facts.parent,
    receiveCount: facts.receiveCount,
    messageId: facts.messageId,
    requestId: facts.requestId,
    traceparent: facts.traceparent,
    schedule: facts.schedule && { ...facts.schedule, at: new Date(facts.schedule.at) },
    local: facts.local,
    retry(options: ContextRetryOptions = {}): never {
      checkKeys('ctx.retry', options, ['delay', 'error', 'maxRetries'])
      if (options.delay !== undefined) toMs(options.delay, 'ctx.retry: delay')
      asked.signal = new RetrySignal(options)
      throw asked.signal
    },
    snooze(delay: Duration): never {
      asked.signal = new SnoozeSignal(Math.max(0, toMs(delay, 'ctx.snooze: delay')))
      throw asked.signal
    },
    progress: (value) => world.progress(value),
  }
}
