import { type AttemptDeps, type AttemptOptions, type RunningAttempt, startAttempt } from '../core/attempt.ts'
import { decide, type Settlement } from '../core/decide.ts'
import { callHooks, hookOwners, hooksFor } from '../core/hooks.ts'
import type { TaskRecord } from '../core/record.ts'
import { scrubberOf } from '../core/redact.ts'
import type { AroundRuns } from '../core/task.ts'
import type { Ports } from '../ports/index.ts'
import type { CertainLedger } from '../protocol/certain-ledger.ts'
import { callHooksWithoutRun } from '../protocol/end-hooks.ts'
import { logLeak, surroundingsOf } from '../protocol/surroundings.ts'
import { taskLogger } from '../protocol/task-logger.ts'
import type { Lease } from './lease.ts'
import { Progress } from './progress.ts'
import type { ReceivedTask, RunnableTask } from './received-task.ts'

/** What a run needs of its batch. */
export interface RunDeps {
  readonly ports: Ports
  readonly ledger: CertainLedger
  readonly around: AroundRuns
  readonly queueName: string
  readonly requestId: string | undefined
  readonly lease: Pick<Lease, 'latestEndAt'>
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
  const facts = { task: message.task, id: message.id, queue: deps.queueName, attempt: attempt + 1 }
  const log = taskLogger(ports.telemetry, facts, scrub)
  const progress =
    record === undefined ? undefined : new Progress({ clock: ports.clock, telemetry: ports.telemetry, ledger, record })
  const fail = (error: unknown) => {
    logLeak(log, error, scrub)
    running.fail(error)
  }
  const surroundings: AttemptDeps = {
    ...surroundingsOf(options, ports, log, fail),
    progress: (value) => progress?.report(value),
    validated: scrub.learn,
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

/** Calls the hooks for a task that ends without a run. Undefined when there are none. */
export function callHooksOfEnd(
  received: ReceivedTask,
  record: TaskRecord | undefined,
  settlement: Settlement,
  deps: RunDeps,
): Promise<void> | undefined {
  const { message, task } = received
  const attempt = (record?.attempt ?? 0) + (settlement.counts ? 1 : 0)
  const options = attemptOptions({ received, task, record, timeLimitMs: task?.timeLimitMs ?? 0 }, attempt, deps)
  const end = { task: message.task, definition: task?.definition, input: message.input, options, settlement }
  return callHooksWithoutRun(end, deps.around, deps.ports)
}

type Attempted = Pick<ReadyTask, 'received' | 'record' | 'timeLimitMs'> & { readonly task: RunnableTask | undefined }

function attemptOptions(
  { received: { message, delivery }, task, record, timeLimitMs }: Attempted,
  attempt: number,
  { queueName, requestId, lease }: RunDeps,
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
    ...(lease.latestEndAt !== undefined && { latestEndAt: lease.latestEndAt }),
    ...(message.traceparent !== undefined && { traceparent: message.traceparent }),
    ...(message.schedule && { schedule: message.schedule }),
    ...(task?.softTimeLimitMs !== undefined && { softTimeLimitMs: task.softTimeLimitMs }),
  }
}
