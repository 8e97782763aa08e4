/**
 * The states of a task.
 *
 * | State | Who puts a task there | Who takes it out | If nobody does |
 * |---|---|---|---|
 * | QUEUED | enqueue, reopening a key, snooze, requeue | a claim, a revocation | `reconcile` sends it again |
 * | STARTED | a claim | its settlement, or another claim after the lease | `reconcile` sends it again; the claim then finds the crash |
 * | WAITING (reserved for workflows) | the start of a workflow | the end of its tasks | later |
 * | RETRY | a settlement with retries left | a claim, a revocation | `reconcile` sends it again |
 * | SUCCESS | a settlement | nobody, until the key's time to live has passed | expires |
 * | FAILURE | a settlement | a redrive or reopening its key (a new generation) | expires |
 * | IGNORED | `IgnoreError` | nobody | expires |
 * | REVOKED | `revoke()`, a failed enqueue | reopening its key | expires |
 * | EXPIRED | a worker that received it past `expires` | reopening its key | expires |
 *
 * SCHEDULED is not stored: QUEUED is shown as SCHEDULED while `availableAt` lies ahead.
 */
export type TaskState =
  | 'QUEUED'
  | 'STARTED'
  | 'RETRY'
  | 'WAITING'
  | 'SUCCESS'
  | 'FAILURE'
  | 'IGNORED'
  | 'REVOKED'
  | 'EXPIRED'

/** The states that a run can end in, or that end a task without one. */
export type EndState = Exclude<TaskState, 'STARTED' | 'WAITING'>

/** What callers see: the stored states and SCHEDULED. */
export type VisibleState = TaskState | 'SCHEDULED'

const terminal: ReadonlySet<string> = new Set(['SUCCESS', 'FAILURE', 'IGNORED', 'REVOKED', 'EXPIRED'])

/** No delivery of this generation will run the task any more. */
export function isTerminal(state: VisibleState): boolean {
  return terminal.has(state)
}

const givesKeyBack: ReadonlySet<string> = new Set(['FAILURE', 'REVOKED', 'EXPIRED'])

/** The task ended in FAILURE, REVOKED or EXPIRED, so its idempotency key can be used again at once (G3). */
export function gaveKeyBack(state: TaskState): boolean {
  return givesKeyBack.has(state)
}

/** The state as shown at an instant. */
export function visibleState(state: TaskState, availableAt: number | undefined, now: number): VisibleState {
  return state === 'QUEUED' && availableAt !== undefined && availableAt > now ? 'SCHEDULED' : state
}
