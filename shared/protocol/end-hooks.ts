import { type AttemptOptions, contextOf } from '../core/attempt.ts'
import type { Settlement } from '../core/decide.ts'
import { callHooks, hookOwners, hooksFor } from '../core/hooks.ts'
import type { Json } from '../core/json.ts'
import { scrubberOf } from '../core/redact.ts'
import type { AroundRuns, TaskDefinition } from '../core/task.ts'
import type { Ports } from '../ports/index.ts'
import { logLeak, surroundingsOf } from './surroundings.ts'
import { taskLogger } from './task-logger.ts'

/** A task that ended without a run. */
export interface EndWithoutRun {
  readonly task: string
  /** Undefined if this process does not know the task. */
  readonly definition: TaskDefinition | undefined
  readonly input: Json | undefined
  /** Of the run that did not take place. */
  readonly options: AttemptOptions
  readonly settlement: Settlement
}

/**
 * Calls the hooks for a task that ended without a run: revoked or expired while it waited, its worker lost, its name unknown. Their context is that of
 * the run that did not take place, with an aborted signal.
 *
 * @returns undefined when there are no hooks
 */
export function callHooksWithoutRun(
  { task, definition, input, options, settlement }: EndWithoutRun,
  around: AroundRuns,
  ports: Pick<Ports, 'clock' | 'telemetry'>,
): Promise<void> | undefined {
  const owners = hookOwners(around.hooks, definition?.hooks ?? {})
  if (owners.length === 0) return undefined
  const scrub = scrubberOf(input, definition?.sensitive ?? [])
  const { id, queue, attempt } = options
  const log = taskLogger(ports.telemetry, { task, id, queue, attempt }, scrub)
  const surroundings = {
    ...surroundingsOf(options, ports, log, (error) => logLeak(log, error, scrub)),
    progress: () => {},
  }
  const signal = AbortSignal.abort(settlement.error)
  const context = contextOf({ name: task }, options, ports.clock.now(), signal, surroundings, log)
  return surroundings.enter(() => callHooks(owners, context, hooksFor(settlement, scrub), surroundings))
}
