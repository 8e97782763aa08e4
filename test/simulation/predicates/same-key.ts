import { EnqueueError, IdempotencyConflictError } from '../../../shared/core/errors.ts'
import type { Call } from '../journal.ts'
import type { Script } from '../script.ts'
import type { Predicate } from './predicate.ts'

/** G3: enqueues with one key are one task with one id; an accepted one joined or opened a task with its own input. */
export const oneKeyOneTask: Predicate = function* ({ calls, changes }) {
  const ids = new Map<string, string>()
  for (const { id, step, answer, generation, tag, at } of calls) {
    if (step.task !== 'keyed' || step.kind !== 'enqueue' || id === undefined) continue
    const key = step.script.tag.split('/')[0] ?? ''
    const known = ids.get(key)
    if (known !== undefined && known !== id) yield { id, at, message: `${key} is also ${known}` }
    ids.set(key, id)
    if (answer !== 'accepted') continue
    // Its input is that of the opening it belongs to.
    const opening = changes.find(({ after }) => after.id === id && after.generation === generation)
    const text = opening?.after.input
    if (text !== undefined && (JSON.parse(text) as Script).tag !== tag)
      yield {
        id,
        at,
        message: `accepted ${tag} as generation ${generation}, whose input is ${(JSON.parse(text) as Script).tag}`,
      }
  }
}

/** A refusal that says "will not run" is kept: no run of that opening after it, unless somebody enqueued it again. */
export const refusedTasksDoNotRun: Predicate = function* ({ calls, runs }) {
  for (const { id, answer, error, order = 0, tag } of calls) {
    if (answer !== 'refused' || id === undefined || !(error instanceof EnqueueError) || error.mayRun) continue
    if (calls.some((other) => other.id === id && isOther(other))) continue
    const run = runs.find((each) => each.id === id && each.order > order)
    if (run !== undefined)
      yield { id, at: run.at, message: `ran (${tag}) although its caller was told that it will not` }
  }
  function isOther({ answer, error }: Call): boolean {
    return answer !== 'refused' || (error instanceof EnqueueError && error.mayRun)
  }
}

/** Only these errors are for callers to see. */
export const refusalsAreKnown: Predicate = function* ({ calls }) {
  for (const { id, answer, error, at, tag } of calls) {
    if (answer !== 'refused' || error instanceof EnqueueError || error instanceof IdempotencyConflictError) continue
    yield { ...(id !== undefined && { id }), at, message: `${tag} was refused with ${error?.stack ?? String(error)}` }
  }
}
