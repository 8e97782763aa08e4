import type { AppDefinition } from '../core/app.ts'
import { maxDelayMs } from '../core/defaults.ts'
import { latestMs } from '../core/due.ts'
import { type Duration, formatMs, toMs } from '../core/duration.ts'
import { DefinitionError } from '../core/errors.ts'
import type { MessageOptions } from '../core/message.ts'
import { checkTaskId } from '../core/names.ts'
import { checkKeys } from '../core/options.ts'
import { longestTaskMs, type QueueDefinition } from '../core/queue.ts'
import { type RetryOptions, resolveRetry } from '../core/retry.ts'
import { checkTenant, encodeTags } from '../core/tags.ts'
import { checkLimits, type TaskDefinition } from '../core/task.ts'

/** What one call may say differently from its task's definition. */
export interface CallOptions<QueueName extends string = string> {
  /** Run at the earliest after this, at most 15 minutes. 0 or less: at once. */
  readonly countdown?: Duration
  /**
   * Run at the earliest at this instant, at most 15 minutes ahead. One that has passed: at once. As a text: ISO 8601 with its time zone,
   * `'2026-01-31T09:00:00Z'`.
   */
  readonly eta?: Date | string
  /** Not to be started later than this: an instant (a Date or ISO 8601 text, as for `eta`), or a time after the enqueue. */
  readonly expires?: Duration | Date | string
  /** Another queue of the app. */
  readonly queue?: QueueName
  /** An id of your own. The same id again is the same task, as with a key. @default a UUIDv7, or made of the key */
  readonly taskId?: string
  /** Same key, same task (G3). @default what the task's own `idempotencyKey` says */
  readonly idempotencyKey?: string
  /** Whom it is done for: 1 to 64 bytes. People filter by it, and queues can be fair by it. @default what the task's own `tenant` says */
  readonly tenant?: string
  /** What people filter by: at most 5, 120 bytes together, without `|`. Added to the task's own. */
  readonly tags?: readonly string[]
  /** Given to the task as `ctx.headers`. Stored with the task and kept over its retries. At most some 47 KB, since a record has room for 400 KB. */
  readonly headers?: Readonly<Record<string, string>>
  /** `false`: no retries. What is left out is the task's own. */
  readonly retry?: Pick<RetryOptions, 'maxRetries' | 'delay' | 'maxDelay'> | false
  readonly timeLimit?: Duration
  readonly softTimeLimit?: Duration
  readonly ignoreResult?: boolean
  /** W3C trace context. @default the header `traceparent`, or that of the running task */
  readonly traceparent?: string
}

/** One call's options, checked. Instants in epoch ms. */
export interface ResolvedCall {
  readonly queue: string
  readonly enqueuedAt: number
  readonly availableAt?: number
  readonly expires?: number
  readonly tenant?: string
  readonly tags?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  readonly options?: MessageOptions
  readonly ignoreResult: boolean
}

/** Their names. */
export const callOptions = [
  'countdown',
  'eta',
  'expires',
  'queue',
  'taskId',
  'idempotencyKey',
  'tenant',
  'tags',
  'headers',
  'retry',
  'timeLimit',
  'softTimeLimit',
  'ignoreResult',
  'traceparent',
] as const satisfies readonly (keyof CallOptions)[]

/** @throws {DefinitionError} naming the option, what was expected and what came */
export function resolveCall(
  definition: TaskDefinition,
  options: CallOptions,
  { queues, parks }: Pick<AppDefinition, 'queues' | 'parks'>,
  now: number,
): ResolvedCall {
  const owner = `task '${definition.name}': applyAsync`
  checkKeys(owner, options, callOptions)
  const queue = options.queue ?? definition.queue
  if (!Object.hasOwn(queues, queue)) {
    const names = Object.keys(queues).map((name) => `'${name}'`)
    throw new DefinitionError(`${owner}: queue: expected one of ${names.join(', ')}, received '${queue}'.`)
  }
  checkName(owner, 'taskId', options.taskId)
  checkTaskId(owner, options.taskId)
  checkName(owner, 'idempotencyKey', options.idempotencyKey)
  if (options.taskId !== undefined && options.idempotencyKey !== undefined) {
    throw new DefinitionError(
      `${owner}: expected taskId or idempotencyKey, received both. A key makes the id: leave one out.`,
    )
  }
  if (options.idempotencyKey !== undefined && definition.ledger === 'off') {
    throw new DefinitionError(
      `${owner}: idempotencyKey: needs ledger 'full', received ledger 'off'. Keys are kept in the table.`,
    )
  }
  checkHeaders(owner, options.headers)
  checkTenant(owner, options.tenant)
  const tags = [...definition.tags, ...(options.tags ?? [])]
  encodeTags(owner, tags)
  const availableAt = availableAtOf(owner, options, now, parks)
  const expires = expiresOf(owner, options.expires, definition.expiresMs, now)
  const overrides = overridesOf(owner, definition, options, queues[queue])
  return {
    queue,
    enqueuedAt: now,
    ignoreResult: options.ignoreResult ?? definition.ignoreResult,
    ...(availableAt !== undefined && { availableAt }),
    ...(expires !== undefined && { expires }),
    ...(options.tenant !== undefined && { tenant: options.tenant }),
    ...(tags.length > 0 && { tags }),
    ...(options.headers && { headers: options.headers }),
    ...(overrides && { options: overrides }),
  }
}

/** An id is part of a DynamoDB key: at most 2,048 bytes, and UTF-8 has no lone surrogates. */
function checkName(owner: string, option: string, value: string | undefined): void {
  if (value === undefined) return
  if (typeof value !== 'string' || value === '' || Buffer.byteLength(value) > 1_024 || /\p{Surrogate}/u.test(value)) {
    throw new DefinitionError(
      `${owner}: ${option}: expected a text of 1 to 1,024 bytes, received ${(JSON.stringify(value) ?? String(value)).slice(0, 80)}.`,
    )
  }
}

function checkHeaders(owner: string, headers: CallOptions['headers']): void {
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (typeof value !== 'string')
      throw new DefinitionError(`${owner}: headers.${name}: expected a text, received ${typeof value}.`)
  }
}

/** When a call may run. Undefined: at once. */
export function availableAtOf(
  owner: string,
  { countdown, eta }: Pick<CallOptions, 'countdown' | 'eta'>,
  now: number,
  parks: boolean,
): number | undefined {
  if (countdown !== undefined && eta !== undefined) {
    throw new DefinitionError(`${owner}: expected countdown or eta, received both. Leave one out.`)
  }
  if (eta === undefined && countdown === undefined) return undefined
  const option = eta === undefined ? 'countdown' : 'eta'
  const delayMs = eta === undefined ? toMs(countdown ?? 0, `${owner}: countdown`) : instant(owner, option, eta) - now
  if (!parks && delayMs > maxDelayMs) {
    throw new DefinitionError(
      `${owner}: ${option}: expected at most ${formatMs(maxDelayMs)} ahead, received ${formatMs(delayMs)}. SQS delays no longer; longer waits need schedules, which this version does not have.`,
    )
  }
  if (now + delayMs > latestMs) {
    throw new DefinitionError(
      `${owner}: ${option}: expected an instant before ${new Date(latestMs).toISOString()}, received ${formatMs(delayMs)} ahead.`,
    )
  }
  return delayMs > 0 ? now + delayMs : undefined
}

function expiresOf(
  owner: string,
  expires: CallOptions['expires'],
  defaultMs: number | undefined,
  now: number,
): number | undefined {
  if (expires instanceof Date || (typeof expires === 'string' && iso.test(expires)))
    return instant(owner, 'expires', expires)
  if (expires !== undefined) return now + toMs(expires as Duration, `${owner}: expires`)
  return defaultMs === undefined ? undefined : now + defaultMs
}

/** Without a time zone it would mean another instant on each machine. */
const iso = /^\d{4}-(\d\d)-(\d\d)T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/i

function instant(owner: string, option: string, value: Date | string): number {
  const at = value instanceof Date ? value.getTime() : typeof value === 'string' ? parseIso(value) : Number.NaN
  if (Number.isNaN(at)) {
    throw new DefinitionError(
      `${owner}: ${option}: expected a valid Date, received ${String(value)}. As a text, write it with its time zone: '2026-01-31T09:00:00Z'.`,
    )
  }
  return at
}

function parseIso(text: string): number {
  const [, month, day] = iso.exec(text) ?? []
  // Date.parse() takes 31 February for 3 March.
  const last = new Date(Date.UTC(Number(text.slice(0, 4)), Number(month), 0)).getUTCDate()
  return day === undefined || Number(day) > last ? Number.NaN : Date.parse(text)
}

function overridesOf(
  owner: string,
  definition: TaskDefinition,
  options: CallOptions,
  queue: QueueDefinition | undefined,
): MessageOptions | undefined {
  const timeLimitMs = limitOf(owner, 'timeLimit', options.timeLimit)
  const softTimeLimitMs = limitOf(owner, 'softTimeLimit', options.softTimeLimit)
  const longest = queue === undefined ? Number.POSITIVE_INFINITY : longestTaskMs(queue)
  if (timeLimitMs !== undefined && timeLimitMs > longest) {
    throw new DefinitionError(
      `${owner}: timeLimit: expected at most ${longest} ms, which is what a full batch of queue '${queue?.name}' leaves a task, received ${timeLimitMs} ms.`,
    )
  }
  checkLimits(owner, softTimeLimitMs ?? definition.softTimeLimitMs, timeLimitMs ?? definition.timeLimitMs)
  const overrides: MessageOptions = {
    ...retryOf(owner, options.retry),
    ...(timeLimitMs !== undefined && { timeLimitMs }),
    ...(softTimeLimitMs !== undefined && { softTimeLimitMs }),
    ...(options.ignoreResult !== undefined && { ignoreResult: options.ignoreResult }),
  }
  return Object.keys(overrides).length === 0 ? undefined : overrides
}

function limitOf(owner: string, option: string, duration: Duration | undefined): number | undefined {
  if (duration === undefined) return undefined
  const ms = toMs(duration, `${owner}: ${option}`)
  if (ms <= 0)
    throw new DefinitionError(`${owner}: ${option}: expected more than 0, received ${JSON.stringify(duration)}.`)
  return ms
}

function retryOf(owner: string, retry: CallOptions['retry']): MessageOptions {
  if (retry === undefined) return {}
  if (retry === false) return { maxRetries: 0 }
  checkKeys(`${owner}: retry`, retry, ['maxRetries', 'delay', 'maxDelay'])
  const policy = resolveRetry(retry, owner)
  return {
    // JSON has no Infinity.
    ...(retry.maxRetries !== undefined && { maxRetries: Math.min(policy.maxRetries, Number.MAX_SAFE_INTEGER) }),
    ...(retry.delay !== undefined && { retryDelayMs: policy.delayMs }),
    ...(retry.maxDelay !== undefined && { retryMaxDelayMs: policy.maxDelayMs }),
  }
}
