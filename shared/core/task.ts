import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { LazyTaskFunction, TaskContext, TaskFunction } from './context.ts'
import { idempotencyTtlMs, resultTtlMs } from './defaults.ts'
import { type Duration, toMs } from './duration.ts'
import { DefinitionError } from './errors.ts'
import { checkTaskName } from './names.ts'
import { checkKeys } from './options.ts'
import { longestTaskMs, type QueueDefinition } from './queue.ts'
import type { ErrorData } from './record.ts'
import { type ErrorMatcher, type RetryOptions, type RetryPolicy, resolveRetry } from './retry.ts'
import type { EndState } from './states.ts'
import { encodeTags } from './tags.ts'

/** `full`: a record per task, with all guarantees. `off`: fire and forget, no table; keeps G1, G5 and G9. */
export type LedgerMode = 'full' | 'off'

/** Called around a task's runs, inside its lease. One that throws is logged and changes nothing. */
export interface TaskHooks {
  onStart?(context: TaskContext): void | Promise<void>
  onSuccess?(context: TaskContext, output: unknown): void | Promise<void>
  onRetry?(context: TaskContext, error: ErrorData, delayMs: number): void | Promise<void>
  onFailure?(context: TaskContext, error: ErrorData): void | Promise<void>
  /** After every counted end of a run, and every end for good. */
  onSettled?(context: TaskContext, state: SettledState): void | Promise<void>
}

/**
 * Wraps a run of a task's function: a trace span, a transaction, a context of your own. Call `next()` once and await it. What `next()` throws is
 * what the function threw: rethrow it, or the run counts as a success without a result.
 *
 * @example
 * app.use(async (ctx, next) => {
 *   await database.transaction(next)
 * })
 */
export type RunMiddleware = (context: TaskContext, next: () => Promise<void>) => void | Promise<void>

/** What an app puts around the runs of all its tasks. */
export interface AroundRuns {
  readonly hooks: TaskHooks
  /** The first one is the outermost. */
  readonly middlewares: readonly RunMiddleware[]
}

/** The states that `onSettled` is called with. */
export type SettledState = Exclude<EndState, 'QUEUED'>

/** Options of a task, without schemas and function. */
export interface TaskOptions<Parsed = unknown> {
  /** One of the app's queues. @default the app's only queue, or `defaults.queue` */
  readonly queue?: string
  /** `false`: never. @default 3 retries, 10 s doubling up to 10 min, full jitter */
  readonly retry?: RetryOptions | false
  /** The attempt is ended after this. @default what a full batch leaves each task of the queue's time-out */
  readonly timeLimit?: Duration
  /** `ctx.signal` is aborted after this, so that the task can end in order. */
  readonly softTimeLimit?: Duration
  /** The task is not started later than this after the enqueue. */
  readonly expires?: Duration
  /** Same key, same task (G3). Receives the validated input. Needs `ledger: 'full'`. */
  readonly idempotencyKey?: (input: Parsed) => string
  /** How long a success holds its key. @default '1d' */
  readonly idempotencyTtl?: Duration
  /** How long results and errors can be read. @default '1d' */
  readonly resultTtl?: Duration
  readonly ledger?: LedgerMode
  /** The tenant of a call. Receives the validated input. @default none */
  readonly tenant?: (input: Parsed) => string | undefined
  /** Every call has these tags: at most 5, 120 bytes together. */
  readonly tags?: readonly string[]
  /** Expected errors: FAILURE without dead letter and alarm, when not retried. */
  readonly throws?: ErrorMatcher | readonly ErrorMatcher[]
  /** Top-level fields of the input that never reach logs, errors or pages. */
  readonly sensitive?: readonly (Parsed extends object ? Extract<keyof Parsed, string> : string)[]
  /** Store no result; `get()` gives undefined at once. */
  readonly ignoreResult?: boolean
  readonly onStart?: TaskHooks['onStart']
  readonly onSuccess?: TaskHooks['onSuccess']
  readonly onRetry?: TaskHooks['onRetry']
  readonly onFailure?: TaskHooks['onFailure']
  readonly onSettled?: TaskHooks['onSettled']
}

/** Options that an app may set for all of its tasks. */
export type TaskDefaults = Pick<
  TaskOptions,
  | 'queue'
  | 'retry'
  | 'timeLimit'
  | 'softTimeLimit'
  | 'expires'
  | 'idempotencyTtl'
  | 'resultTtl'
  | 'ledger'
  | 'ignoreResult'
>

/** A task as producers, workers and infra read it: options with defaults, checked. */
export interface TaskDefinition {
  readonly name: string
  readonly queue: string
  readonly input: StandardSchemaV1 | undefined
  readonly retry: RetryPolicy
  readonly timeLimitMs: number
  readonly softTimeLimitMs: number | undefined
  readonly expiresMs: number | undefined
  readonly idempotencyKey: ((input: unknown) => string) | undefined
  readonly idempotencyTtlMs: number
  readonly resultTtlMs: number
  readonly ledger: LedgerMode
  readonly tenant: ((input: unknown) => string | undefined) | undefined
  readonly tags: readonly string[]
  readonly throws: readonly ErrorMatcher[]
  readonly sensitive: readonly string[]
  readonly ignoreResult: boolean
  readonly hooks: TaskHooks
  /** Undefined for a contract: this process knows the task, but does not run it. */
  readonly run: TaskFunction<unknown, unknown> | LazyTaskFunction<unknown, unknown> | undefined
}

const known: ReadonlySet<string> = new Set([
  'queue',
  'input',
  'output',
  'retry',
  'timeLimit',
  'softTimeLimit',
  'expires',
  'idempotencyKey',
  'idempotencyTtl',
  'resultTtl',
  'ledger',
  'tenant',
  'tags',
  'throws',
  'sensitive',
  'ignoreResult',
  'onStart',
  'onSuccess',
  'onRetry',
  'onFailure',
  'onSettled',
])

/** Options that an app may set for all tasks. */
export const defaultsKnown = [
  'queue',
  'retry',
  'timeLimit',
  'softTimeLimit',
  'expires',
  'idempotencyTtl',
  'resultTtl',
  'ledger',
  'ignoreResult',
] as const satisfies readonly (keyof TaskDefaults)[]

/** Hooks that an app or a task may have. */
export const hooksKnown = [
  'onStart',
  'onSuccess',
  'onRetry',
  'onFailure',
  'onSettled',
] as const satisfies readonly (keyof TaskHooks)[]

/** The parts of a definition. */
export interface TaskSource {
  readonly name: string
  readonly options: TaskOptions<never> & { readonly input?: StandardSchemaV1 }
  readonly run: TaskDefinition['run']
  readonly defaults: TaskDefaults
  readonly queues: Readonly<Record<string, QueueDefinition>>
}

/** @throws {DefinitionError} naming the option, what was expected and what came */
export function resolveTask({ name, options, run, defaults, queues }: TaskSource): TaskDefinition {
  checkTaskName(name)
  const owner = `task '${name}'`
  checkKeys(owner, options, known)
  const queue = queueOf(owner, options.queue ?? defaults.queue, queues)
  const longest = longestTaskMs(queue)
  const timeLimitMs = limit(owner, 'timeLimit', options.timeLimit ?? defaults.timeLimit) ?? longest
  if (timeLimitMs > longest) {
    throw new DefinitionError(
      `${owner}: timeLimit: expected at most ${longest} ms, received ${timeLimitMs} ms. A full batch of queue '${queue.name}' (${queue.batchSize} messages, ${queue.parallelism} at a time, time-out ${queue.timeoutMs} ms) could never finish. Raise the queue's timeout or parallelism, or lower its batchSize.`,
    )
  }
  const softTimeLimitMs = limit(owner, 'softTimeLimit', options.softTimeLimit ?? defaults.softTimeLimit)
  checkLimits(owner, softTimeLimitMs, timeLimitMs)
  const ledger = options.ledger ?? defaults.ledger ?? 'full'
  if (ledger !== 'full' && ledger !== 'off') {
    throw new DefinitionError(`${owner}: ledger: expected 'full' or 'off', received ${JSON.stringify(ledger)}.`)
  }
  if (options.idempotencyKey !== undefined && ledger === 'off') {
    throw new DefinitionError(
      `${owner}: idempotencyKey: needs ledger 'full', received ledger 'off'. Keys are kept in the table.`,
    )
  }
  encodeTags(owner, options.tags)
  const throwing = options.throws ?? []
  return {
    name,
    queue: queue.name,
    input: options.input,
    retry: resolveRetry(options.retry ?? defaults.retry, owner),
    timeLimitMs,
    softTimeLimitMs,
    expiresMs: limit(owner, 'expires', options.expires ?? defaults.expires),
    idempotencyKey: options.idempotencyKey as TaskDefinition['idempotencyKey'],
    idempotencyTtlMs:
      limit(owner, 'idempotencyTtl', options.idempotencyTtl ?? defaults.idempotencyTtl) ?? idempotencyTtlMs,
    resultTtlMs: limit(owner, 'resultTtl', options.resultTtl ?? defaults.resultTtl) ?? resultTtlMs,
    ledger,
    tenant: options.tenant as TaskDefinition['tenant'],
    tags: options.tags ?? [],
    throws: Array.isArray(throwing) ? throwing : [throwing as ErrorMatcher],
    sensitive: (options.sensitive as readonly string[] | undefined) ?? [],
    ignoreResult: options.ignoreResult ?? defaults.ignoreResult ?? false,
    hooks: {
      ...(options.onStart && { onStart: options.onStart }),
      ...(options.onSuccess && { onSuccess: options.onSuccess }),
      ...(options.onRetry && { onRetry: options.onRetry }),
      ...(options.onFailure && { onFailure: options.onFailure }),
      ...(options.onSettled && { onSettled: options.onSettled }),
    },
    run,
  }
}

function queueOf(owner: string, wanted: string | undefined, queues: TaskSource['queues']): QueueDefinition {
  const names = Object.keys(queues)
  const name = wanted ?? (names.length === 1 ? names[0] : undefined)
  const queue = name === undefined || !Object.hasOwn(queues, name) ? undefined : queues[name]
  if (queue === undefined) {
    throw new DefinitionError(
      `${owner}: queue: expected one of ${names.map((each) => `'${each}'`).join(', ')}, received ${name === undefined ? 'none' : `'${name}'`}.`,
    )
  }
  return queue
}

function limit(owner: string, option: string, duration: Duration | undefined): number | undefined {
  if (duration === undefined) return undefined
  const ms = toMs(duration, `${owner}: ${option}`)
  if (ms <= 0)
    throw new DefinitionError(`${owner}: ${option}: expected more than 0, received ${JSON.stringify(duration)}.`)
  return ms
}

/** Soft limit ≤ hard limit, at definition and for each call's own limits. Celery's rule and words. */
export function checkLimits(owner: string, softTimeLimitMs: number | undefined, timeLimitMs: number): void {
  if (softTimeLimitMs !== undefined && softTimeLimitMs > timeLimitMs) {
    throw new DefinitionError(
      `${owner}: softTimeLimit must be less than or equal to timeLimit: expected at most ${timeLimitMs} ms, received ${softTimeLimitMs} ms.`,
    )
  }
}
