import {
  LedgerUnavailableError,
  ResultGoneError,
  ResultTimeoutError,
  TaskExpiredError,
  TaskFailedError,
  TaskNotFoundError,
  TaskRevokedError,
} from '../../../shared/core/errors.ts'
import { type Predicate, skewMs } from './predicate.ts'

/** Every caller of get() sees the one result: that of a run of this task's own code. */
export const callersSeeTheResult: Predicate = function* ({ seen, calls, changes }) {
  for (const { id, generation, askedAt, at, value, error } of seen) {
    if (error === undefined) {
      const tags = calls.filter((call) => call.id === id).map(({ tag }) => tag)
      const ignored = value === undefined && changes.some(({ after }) => after.id === id && after.state === 'IGNORED')
      if (!ignored && !tags.some((tag) => value === `done ${tag}`))
        yield { id, at, message: `get() gave ${JSON.stringify(value)}` }
    } else if (error instanceof TaskFailedError) {
      if (!reached('FAILURE')) yield { id, at, message: `get() said that it failed: ${error.message}` }
    } else if (error instanceof TaskExpiredError) {
      if (!reached('EXPIRED')) yield { id, at, message: 'get() said that it expired' }
    } else if (error instanceof TaskRevokedError) {
      if (!reached('REVOKED')) yield { id, at, message: 'get() said that it was revoked' }
    } else if (error instanceof TaskNotFoundError) {
      const record = changes.filter(({ after }) => after.id === id).at(-1)?.after
      // A foreign producer's task has no record before it is first received. The read may have been asked before that, and answered after.
      const unborn = !changes.some((change) => change.after.id === id && change.at <= askedAt)
      const gone =
        (unborn && id.startsWith('foreign')) ||
        (record?.expiresAt !== undefined && record.expiresAt * 1_000 <= at + skewMs)
      if (!gone) yield { id, at, message: 'get() found no task' }
    } else if (
      !(
        error instanceof ResultGoneError ||
        error instanceof ResultTimeoutError ||
        error instanceof LedgerUnavailableError ||
        error.name === 'InjectedFaultError'
      )
    ) {
      yield { id, at, message: `get() threw ${error.stack ?? error.message}` }
    }
    function reached(state: string): boolean {
      return changes.some(({ after }) => after.id === id && after.state === state && after.generation >= generation)
    }
  }
}

/** What revoke() called REVOKED does not run any more, unless it is opened anew. */
export const revokedTasksStayRevoked: Predicate = function* ({ revoked, runs, changes }) {
  for (const { id, order } of revoked) {
    const run = runs.find((each) => each.id === id && each.order > order)
    if (run === undefined) continue
    const reopened = changes.some(
      ({ after, before, order: when }) =>
        after.id === id && when < run.order && after.generation > (before?.generation ?? after.generation),
    )
    if (!reopened) yield { id, at: run.at, message: 'ran after revoke() had said REVOKED' }
  }
}
