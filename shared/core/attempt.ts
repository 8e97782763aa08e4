import { type ContextRetryOptions, RetrySignal, SnoozeSignal, type TaskContext, type TaskLogger } from './context.ts'
import type { Outcome } from './decide.ts'
import { hookLimitMs, maxResultBytes } from './defaults.ts'
import { type Duration, toMs } from './duration.ts'
import { somethingThrown } from './error-data.ts'
import {
  InputError,
  ResultTooLargeError,
  SoftTimeLimitExceededError,
  TaskRevokedError,
  TimeLimitExceededError,
} from './errors.ts'
import { validateInput } from './input.ts'
import { byteLength, decode, encode, type Json, toText } from './json.ts'
import { checkKeys } from './options.ts'
import type { TaskDefinition, TaskHooks } from './task.ts'

/** What an attempt needs of the world. */
export interface AttemptDeps {
  now(): number
  timer(delayMs: number, fire: () => void): () => void
  /** Calls the task's own code, so that code below it can tell whose it is. */
  enter<T>(run: () => T): T
  /** Told of hooks that throw. */
  warn(message: string, error: unknown): void
  progress(value: unknown): void
  /** Told of the validated input before the function gets it: what is sensitive of it must not be logged either. */
  validated?(value: unknown): void
}

/** What an attempt is told of its task. */
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
  readonly local: boolean
  readonly timeLimitMs: number
  readonly softTimeLimitMs?: number
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
}

/**
 * Runs a task's function once: decodes and validates its input, starts the limits, races the function against them, and says how it ended.
 * Whatever the code does, the outcome comes: at the time limit at the latest, unless the code blocks the event loop.
 */
export function startAttempt(
  definition: TaskDefinition,
  appHooks: TaskHooks,
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
  const context = contextOf(definition, facts, startedAt + facts.timeLimitMs, controller.signal, world, log)

  const cancelHard = world.timer(facts.timeLimitMs, () => {
    const error = new TimeLimitExceededError(facts.timeLimitMs)
    controller.abort(error)
    end(revoked ? { kind: 'revoked' } : { kind: 'threw', error })
  })
  const { softTimeLimitMs } = facts
  const cancelSoft =
    softTimeLimitMs === undefined
      ? () => {}
      : world.timer(softTimeLimitMs, () => controller.abort(new SoftTimeLimitExceededError(softTimeLimitMs)))

  const finished = execute(definition, appHooks, input, facts, context, world).then((result) =>
    end(revoked && result.kind === 'threw' ? { kind: 'revoked' } : result),
  )
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
  }
}

async function execute(
  definition: TaskDefinition,
  appHooks: TaskHooks,
  input: Json | undefined,
  facts: AttemptOptions,
  context: TaskContext,
  world: AttemptDeps,
): Promise<Outcome> {
  let value: unknown
  try {
    const decoded = input === undefined ? undefined : decode(input)
    // Awaited in any case: whoever started the attempt is told of it before the function runs.
    value = await (definition.input === undefined
      ? decoded
      : world.enter(() => validateInput(definition.name, definition.input, decoded, definition.sensitive)))
  } catch (thrown) {
    const error = harmless(thrown)
    // Only a verdict on the input refuses it. A validator that breaks is code that throws: an attempt.
    return error instanceof InputError ? { kind: 'input-refused', error } : { kind: 'threw', error }
  }
  world.validated?.(value)
  const owners = hookOwners(appHooks, definition.hooks)
  if (owners.length > 0)
    await world.enter(() => callHooks(owners, 'onStart', world, (hooks) => hooks.onStart?.(context)))
  return world.enter(() => runToResult(definition, value, context, facts))
}

/** Calls the function, and encodes what it returned: its value may have code of its own, `toJSON()`. */
async function runToResult(
  definition: TaskDefinition,
  value: unknown,
  context: TaskContext,
  facts: AttemptOptions,
): Promise<Outcome> {
  let output: unknown
  try {
    output = await callFunction(definition, value, context)
  } catch (thrown) {
    const error = harmless(thrown)
    if (error instanceof RetrySignal) return { kind: 'asked-retry', options: error.options }
    if (error instanceof SnoozeSignal) return { kind: 'snoozed', delayMs: error.delayMs }
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

/** A proxy may throw when it is asked for its class: everything downstream asks. And `throw undefined` threw something. */
function harmless(thrown: unknown): unknown {
  try {
    void (thrown instanceof Error)
    return somethingThrown(thrown)
  } catch {
    return new TypeError('A value was thrown that throws when it is looked at.')
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

/** Calls one hook of the app, then of the task. One that throws, or takes longer than it may, is told of and changes nothing. */
export async function callHooks(
  owners: readonly TaskHooks[],
  name: string,
  world: Pick<AttemptDeps, 'warn' | 'timer'>,
  call: (hooks: TaskHooks) => void | Promise<void> | undefined,
): Promise<void> {
  for (const hooks of owners) {
    try {
      const called = call(hooks)
      if (called !== undefined) await within(hookLimitMs, called, world)
    } catch (thrown) {
      world.warn(`The hook ${name} failed; the task goes on.`, harmless(thrown))
    }
  }
}

const hookNames = ['onStart', 'onSuccess', 'onRetry', 'onFailure', 'onSettled'] as const satisfies (keyof TaskHooks)[]

/** Whoever has any hook to be called, the app first. */
export function hookOwners(...owners: readonly TaskHooks[]): readonly TaskHooks[] {
  return owners.filter((hooks) => hookNames.some((name) => hooks[name] !== undefined))
}

async function within(limitMs: number, work: Promise<void>, world: Pick<AttemptDeps, 'timer'>): Promise<void> {
  let cancel = () => {}
  const late = new Promise<never>((_resolve, reject) => {
    cancel = world.timer(limitMs, () => reject(new TimeLimitExceededError(limitMs)))
  })
  await Promise.race([work, late]).finally(cancel)
}

export function contextOf(
  definition: TaskDefinition,
  facts: AttemptOptions,
  deadlineAt: number,
  signal: AbortSignal,
  world: AttemptDeps,
  log: TaskLogger,
): TaskContext {
  return {
    id: facts.id,
    task: definition.name,
    queue: facts.queue,
    attempt: facts.attempt,
    retries: facts.attempt - 1,
    maxRetries: facts.maxRetries,
    generation: facts.generation,
    signal,
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
    local: facts.local,
    retry(options: ContextRetryOptions = {}): never {
      checkKeys('ctx.retry', options, ['delay', 'error', 'maxRetries'])
      if (options.delay !== undefined) toMs(options.delay, 'ctx.retry: delay')
      throw new RetrySignal(options)
    },
    snooze(delay: Duration): never {
      throw new SnoozeSignal(Math.max(0, toMs(delay, 'ctx.snooze: delay')))
    },
    progress: (value) => world.progress(value),
  }
}
