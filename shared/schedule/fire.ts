import { inputOfCall } from '../core/canvas.ts'
import { type Duration, toMs } from '../core/duration.ts'
import { UnknownTaskError } from '../core/errors.ts'
import { decode, encode } from '../core/json.ts'
import { jitterOf, occurrenceId } from '../core/schedule.ts'
import type { ScheduleSpec } from '../core/schedule-record.ts'
import type { CallOptions } from '../enqueue/call-options.ts'
import { type Occurrence, type PreparedCall, prepareCall } from '../enqueue/prepared-call.ts'
import type { ScheduleDeps } from './deps.ts'
import type { Firing } from './plan-release.ts'

/** The outcome of one release. */
export interface FireReport {
  readonly fired: readonly { readonly at: number; readonly id: string }[]
  /** Permanent errors of the other occurrences: the task is unknown, or its schema refuses the input. */
  readonly refused: readonly Error[]
}

/**
 * Enqueues occurrences. An id is derived from schedule and instant, so an existing id is the same occurrence.
 *
 * @throws temporary errors: the table or a queue did not answer
 */
export async function fire(
  name: string,
  spec: ScheduleSpec,
  firings: readonly Firing[],
  deps: ScheduleDeps,
): Promise<FireReport> {
  const fired: { readonly at: number; readonly id: string }[] = []
  const refused: Error[] = []
  const prepared: PreparedCall[] = []
  for (const { at, missed } of firings) {
    const id = occurrenceId(deps.app.name, name, at)
    try {
      prepared.push(await prepareOccurrence(spec, { id, name, at, missed }, deps))
      fired.push({ at, id })
    } catch (error) {
      refused.push(error instanceof Error ? error : new Error(String(error)))
    }
  }
  const outcomes = prepared.length === 0 ? [] : await deps.enqueuer.enqueue(prepared)
  for (const outcome of outcomes) if (outcome.status === 'failed') throw outcome.error
  return { fired, refused }
}

/** Prepares the call of one occurrence. @throws permanent errors */
export async function prepareOccurrence(
  spec: ScheduleSpec,
  occurrence: Occurrence,
  { app, ports }: Pick<ScheduleDeps, 'app' | 'ports'>,
): Promise<PreparedCall> {
  const node = spec.canvas[0]
  const definition = node && app.tasks.get(node.task)
  if (node === undefined || definition === undefined) throw new UnknownTaskError(node?.task ?? '')
  const at = occurrence.at + jitterOf(occurrence.id, spec.rules.jitterMs)
  const { expires, ...options } = (node.options ?? {}) as CallOptions
  // A late occurrence also gets its full time.
  const from = Math.max(at, ports.clock.now())
  const expiresMs =
    expires instanceof Date ? undefined : expires === undefined ? definition.expiresMs : toMs(expires as Duration)
  const input = decode(inputOfCall(node, encode(new Date(occurrence.at))))
  return prepareCall(
    definition,
    input,
    { ...options, eta: new Date(at), ...(expiresMs !== undefined && { expires: new Date(from + expiresMs) }) },
    { app, clock: ports.clock, random: ports.random },
    undefined,
    occurrence,
  )
}
