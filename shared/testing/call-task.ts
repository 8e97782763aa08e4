import { startAttempt } from '../core/attempt.ts'
import type { TaskLogger } from '../core/context.ts'
import { decide, type Outcome, type Settlement } from '../core/decide.ts'
import { type Duration, toMs } from '../core/duration.ts'
import { decode, encode, type Json } from '../core/json.ts'
import type { TaskDefinition } from '../core/task.ts'

/** A made-up context for one call of a task. */
export interface CallOptions {
  /** 1-based. @default 1 */
  readonly attempt?: number
  /** Time left before the attempt is ended. @default the task's time limit */
  readonly remaining?: Duration
  readonly headers?: Readonly<Record<string, string>>
  readonly id?: string
  /** Abort it to see what the task does when it is revoked or runs out of time. */
  readonly signal?: AbortSignal
}

/** How one call ended, and what a worker would do about it. */
export interface CallReport<Output> {
  /** `SUCCESS`, `RETRY`, `FAILURE`, `IGNORED`, `QUEUED` (snoozed or requeued), `REVOKED`. */
  readonly state: Settlement['state']
  readonly output: Output | undefined
  readonly error: unknown
  /** Before it comes back, ms. */
  readonly delayMs: number | undefined
  readonly deadLetter: string | undefined
  /** Values given to `ctx.progress()`. */
  readonly progress: readonly unknown[]
  readonly logs: readonly { readonly level: string; readonly message: string; readonly fields: unknown }[]
}

/**
 * Calls one task with a made-up context: validated, encoded and decided as a worker would, in this process, on the real clock.
 *
 * @example
 * const report = await callTask(sendEmail, { to: 'ada@example.com', name: 'Ada' }, { attempt: 3, remaining: '30s' })
 * report.state // 'RETRY'
 */
export async function callTask<Input, Output>(
  task: { readonly definition: TaskDefinition; delay(input: Input): Promise<{ get(): Promise<Output> }> },
  input: Input,
  options: CallOptions = {},
): Promise<CallReport<Output>> {
  const { definition } = task
  const progress: unknown[] = []
  const logs: { level: string; message: string; fields: unknown }[] = []
  const attempt = options.attempt ?? 1
  const write = (level: string) => (message: string, fields?: unknown) => void logs.push({ level, message, fields })
  const log: TaskLogger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  const id = options.id ?? 'test-call'
  const running = startAttempt(
    definition,
    { hooks: {}, middlewares: [] },
    encode(input),
    {
      id,
      queue: definition.queue,
      attempt,
      maxRetries: definition.retry.maxRetries,
      generation: 0,
      headers: options.headers ?? {},
      enqueuedAt: Date.now(),
      root: id,
      receiveCount: attempt,
      local: true,
      timeLimitMs:
        options.remaining === undefined ? definition.timeLimitMs : toMs(options.remaining, 'callTask: remaining'),
      ignoreResult: false,
      ...(definition.softTimeLimitMs !== undefined && { softTimeLimitMs: definition.softTimeLimitMs }),
    },
    {
      now: () => Date.now(),
      timer: (delayMs, fire) => {
        const timer = setTimeout(fire, delayMs)
        return () => clearTimeout(timer)
      },
      enter: (run) => run(),
      warn: (message, error) => write('warn')(message, error),
      progress: (value) => void progress.push(value),
    },
    log,
  )
  const onAbort = () =>
    running.abort(options.signal?.reason instanceof Error ? options.signal.reason : new Error('aborted'))
  options.signal?.addEventListener('abort', onAbort, { once: true })
  const outcome: Outcome = await running.outcome
  options.signal?.removeEventListener('abort', onAbort)
  const settlement = decide(outcome, { definition, policy: definition.retry, id, attempt: attempt - 1, random: 1 })
  const { state, result, error, delayMs, deadLetter } = settlement
  const output = result === undefined || result === '' ? undefined : (decode(JSON.parse(result) as Json) as Output)
  return { state, output, error, delayMs, deadLetter, progress, logs }
}
