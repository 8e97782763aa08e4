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
  /** Undefined when this process does not know the task. */
  readonly definition: TaskDefinition | undefined
  readonly input: Json | undefined
  /** Facts of the run that did not happen. */
  readonly options: AttemptOptions
  readonly settlement: Settlement
}

/**
 * Calls the hooks of a task that ended without a run: revoked or expired while it waited, worker lost, or name unknown. Their context is the one of
 * the run that did not happen, with an aborted signal.
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
