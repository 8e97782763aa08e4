import { type RunningAttempt, startAttempt } from '../core/attempt.ts'
import { decide, type Settlement } from '../core/decide.ts'
import { errorText, toErrorData } from '../core/error-data.ts'
import type { TaskRecord } from '../core/record.ts'
import { scrubberOf } from '../core/redact.ts'
import type { TaskHooks } from '../core/task.ts'
import type { Ports } from '../ports/index.ts'
import type { CertainLedger } from '../protocol/certain-ledger.ts'
import { currentTask } from '../protocol/current-task.ts'
import { taskLogger } from '../protocol/task-logger.ts'
import type { Arrival, RunnableTask } from './arrival.ts'
import { Progress } from './progress.ts'

/** What the batch tells a run. */
export interface RunSetting {
  readonly ports: Ports
  readonly ledger: CertainLedger
  readonly appHooks: TaskHooks
  readonly queue: string
  readonly arrival: Arrival
  readonly task: RunnableTask
  /** As the claim left it; undefined with the ledger off. */
  readonly record: TaskRecord | undefined
  /** Counted attempts that ended before. */
  readonly attempt: number
  readonly timeLimitMs: number
  readonly requestId: string | undefined
}

export interface Run {
  readonly running: RunningAttempt
  readonly scrub: (text: string) => string
  /** How the run ended, decided. Never rejects. */
  readonly settlement: Promise<Settlement>
  /** To be called when it has ended: the last progress, when it is not written yet. */
  endProgress(): string | undefined
}

/** Starts one run of a task's function. */
export function startRun(setting: RunSetting): Run {
  const { ports, arrival, task, record, attempt } = setting
  const { message, delivery } = arrival
  const { definition, policy } = task
  const scrub = scrubberOf(message.input, definition.sensitive)
  const facts = { task: message.task, id: message.id, queue: setting.queue, attempt: attempt + 1 }
  const log = taskLogger(ports.telemetry, facts, scrub)
  const traceparent = message.traceparent
  const progress =
    record === undefined
      ? undefined
      : new Progress({ clock: ports.clock, telemetry: ports.telemetry, ledger: setting.ledger, record })
  const fail = (error: unknown) => {
    log.error('A promise of this task was rejected and nobody handled it.', {
      error: toErrorData(error, scrub).message,
    })
    running.fail(error)
  }
  const running = startAttempt(
    definition,
    setting.appHooks,
    message.input,
    {
      id: message.id,
      queue: setting.queue,
      attempt: attempt + 1,
      maxRetries: policy.maxRetries,
      generation: record?.generation ?? message.generation,
      headers: message.headers ?? {},
      enqueuedAt: record?.enqueuedAt ?? message.sentAt ?? delivery.sentAt,
      root: message.root ?? message.id,
      receiveCount: delivery.receiveCount,
      messageId: delivery.messageId,
      local: false,
      timeLimitMs: setting.timeLimitMs,
      ignoreResult: task.ignoreResult,
      ...(message.expires !== undefined && { expires: message.expires }),
      ...(message.parent !== undefined && { parent: message.parent }),
      ...(setting.requestId !== undefined && { requestId: setting.requestId }),
      ...(traceparent !== undefined && { traceparent }),
      ...(task.softTimeLimitMs !== undefined && { softTimeLimitMs: task.softTimeLimitMs }),
    },
    {
      now: () => ports.clock.now(),
      timer: (delayMs, fire) => ports.clock.timer(delayMs, fire),
      enter: (run) => currentTask.run({ id: message.id, root: message.root ?? message.id, traceparent, fail }, run),
      warn: (text, error) => log.warn(text, { error: errorText(error) }),
      progress: (value) => progress?.report(value),
      validated: scrub.learn,
    },
    log,
  )
  return {
    running,
    scrub,
    settlement: running.outcome.then((outcome) =>
      decide(outcome, { definition, policy, id: message.id, attempt, random: ports.random.fraction() }),
    ),
    endProgress: () => progress?.end(),
  }
}
