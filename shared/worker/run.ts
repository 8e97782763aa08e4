import { type AttemptDeps, type AttemptOptions, contextOf, type RunningAttempt, startAttempt } from '../core/attempt.ts'
import type { TaskLogger } from '../core/context.ts'
import { decide, type Settlement } from '../core/decide.ts'
import { errorText, toErrorData } from '../core/error-data.ts'
import { callHooks, hookOwners, hooksFor } from '../core/hooks.ts'
import type { TaskRecord } from '../core/record.ts'
import { scrubberOf } from '../core/redact.ts'
import type { AroundRuns } from '../core/task.ts'
import type { Ports } from '../ports/index.ts'
import type { CertainLedger } from '../protocol/certain-ledger.ts'
import { currentTask } from '../protocol/current-task.ts'
import { taskLogger } from '../protocol/task-logger.ts'
import { Progress } from './progress.ts'
import type { ReceivedTask, RunnableTask } from './received-task.ts'

/** What a run needs of its batch. */
export interface RunDeps {
  readonly ports: Ports
  readonly ledger: CertainLedger
  readonly around: AroundRuns
  readonly queueName: string
  readonly requestId: string | undefined
}

/** A task whose function is to run now. */
export interface ReadyTask {
  readonly received: ReceivedTask
  readonly task: RunnableTask
  /** As the claim left it. Undefined without ledger. */
  readonly record: TaskRecord | undefined
  /** Counted attempts that ended before. */
  readonly attempt: number
  readonly timeLimitMs: number
}

export interface Run {
  readonly running: RunningAttempt
  readonly scrub: (text: string) => string
  /** How the run ended, decided. Never rejects. */
  readonly settlement: Promise<Settlement>
  /** To be called when it has ended. Returns the last progress, if it was not written yet. */
  endProgress(): string | undefined
  /** Calls the hooks for a settlement of this run. Undefined when there are none. */
  callHooks(settlement: Settlement): Promise<void> | undefined
}

/** Starts one run of the function of a task. */
export function startRun(ready: ReadyTask, deps: RunDeps): Run {
  const { ports, ledger, around } = deps
  const { received, task, record, attempt } = ready
  const { message } = received
  const { definition, policy } = task
  const scrub = scrubberOf(message.input, definition.sensitive)
  const options = attemptOptions(ready, attempt + 1, deps)
  const log = loggerOf(options, message.task, ports, scrub)
  const progress =
    record === undefined ? undefined : new Progress({ clock: ports.clock, telemetry: ports.telemetry, ledger, record })
  const fail = (error: unknown) => {
    logLeak(log, error, scrub)
    running.fail(error)
  }
  const surroundings: AttemptDeps = {
    ...surroundingsOf(options, ports, log, fail),
    progress: (value) => progress?.report(value),
  }
  const running = startAttempt(definition, around, message.input, options, surroundings, log)
  return {
    running,
    scrub,
    settlement: running.outcome.then((outcome) =>
      decide(outcome, { definition, policy, id: message.id, attempt, random: ports.random.fraction() }),
    ),
    endProgress: () => progress?.end(),
    callHooks(settlement) {
      const owners = hookOwners(around.hooks, definition.hooks)
      if (owners.length === 0) return undefined
      return surroundings.enter(() => callHooks(owners, running.context, hooksFor(settlement, scrub), surroundings))
    },
  }
}

/**
 * Calls the hooks for a task that ended without a run: revoked or expired while it waited, its worker lost, its name unknown. Their context is that of
 * the run that did not take place, with an aborted signal. Undefined when there are no hooks.
 */
export function callHooksWithoutRun(
  received: ReceivedTask,
  record: TaskRecord | undefined,
  settlement: Settlement,
  deps: RunDeps,
): Promise<void> | undefined {
  const { ports, around } = deps
  const { message, task } = received
  const owners = hookOwners(around.hooks, task?.definition.hooks ?? {})
  if (owners.length === 0) return undefined
  const attempt = (record?.attempt ?? 0) + (settlement.counts ? 1 : 0)
  const scrub = scrubberOf(message.input, task?.definition.sensitive ?? [])
  const options = attemptOptions({ received, task, record, timeLimitMs: task?.timeLimitMs ?? 0 }, attempt, deps)
  const log = loggerOf(options, message.task, ports, scrub)
  const surroundings: AttemptDeps = {
    ...surroundingsOf(options, ports, log, (error) => logLeak(log, error, scrub)),
    progress: () => {},
  }
  const context = contextOf(
    { name: message.task },
    options,
    ports.clock.now(),
    AbortSignal.abort(settlement.error),
    surroundings,
    log,
  )
  return surroundings.enter(() => callHooks(owners, context, hooksFor(settlement, scrub), surroundings))
}

type Attempted = Pick<ReadyTask, 'received' | 'record' | 'timeLimitMs'> & { readonly task: RunnableTask | undefined }

function attemptOptions(
  { received: { message, delivery }, task, record, timeLimitMs }: Attempted,
  attempt: number,
  { queueName, requestId }: RunDeps,
): AttemptOptions {
  return {
    id: message.id,
    queue: queueName,
    attempt,
    maxRetries: task?.policy.maxRetries ?? 0,
    generation: record?.generation ?? message.generation,
    headers: message.headers ?? {},
    enqueuedAt: record?.enqueuedAt ?? message.sentAt ?? delivery.sentAt,
    root: message.root ?? message.id,
    receiveCount: delivery.receiveCount,
    messageId: delivery.messageId,
    local: false,
    timeLimitMs,
    ignoreResult: task?.ignoreResult ?? false,
    ...(message.expires !== undefined && { expires: message.expires }),
    ...(message.parent !== undefined && { parent: message.parent }),
    ...(requestId !== undefined && { requestId }),
    ...(message.traceparent !== undefined && { traceparent: message.traceparent }),
    ...(message.schedule && { schedule: message.schedule }),
    ...(task?.softTimeLimitMs !== undefined && { softTimeLimitMs: task.softTimeLimitMs }),
  }
}

function loggerOf(
  { id, queue, attempt }: AttemptOptions,
  task: string,
  ports: Ports,
  scrub: (text: string) => string,
): TaskLogger {
  return taskLogger(ports.telemetry, { task, id, queue, attempt }, scrub)
}

function surroundingsOf(
  { id, root, traceparent }: AttemptOptions,
  { clock }: Ports,
  log: TaskLogger,
  fail: (error: unknown) => void,
): Omit<AttemptDeps, 'progress'> {
  return {
    now: () => clock.now(),
    timer: (delayMs, fire) => clock.timer(delayMs, fire),
    enter: (run) => currentTask.run({ id, root, traceparent, fail }, run),
    warn: (text, error) => log.warn(text, error === undefined ? undefined : { error: errorText(error) }),
  }
}

function logLeak(log: TaskLogger, error: unknown, scrub: (text: string) => string): void {
  log.error('A promise of this task was rejected and nobody handled it.', { error: toErrorData(error, scrub).message })
}
