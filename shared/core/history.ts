import type { Settlement } from './decide.ts'
import { attemptHistory } from './defaults.ts'
import type { AttemptEntry, AttemptOutcome } from './record.ts'

/** The stored list of runs. Text that cannot be read is an empty list: a task must not fail because of its history. */
export function parseAttempts(text: string | undefined): readonly AttemptEntry[] {
  if (text === undefined) return []
  try {
    const entries: unknown = JSON.parse(text)
    return Array.isArray(entries) ? (entries as AttemptEntry[]) : []
  } catch {
    return []
  }
}

/** The list with one more run, cut to the last ten. */
export function appendAttempt(text: string | undefined, entry: AttemptEntry): string {
  return JSON.stringify([...parseAttempts(text), entry].slice(-attemptHistory))
}

const outcomes = {
  SUCCESS: 'success',
  RETRY: 'retry',
  FAILURE: 'failure',
  IGNORED: 'ignored',
  REVOKED: 'revoked',
  EXPIRED: 'expired',
} as const satisfies Record<Exclude<Settlement['state'], 'QUEUED'>, AttemptOutcome>

/** The name of a settled run's outcome in the history. */
export function attemptOutcome({ state, deadLetter, error, handedBack }: Settlement): AttemptOutcome {
  if (deadLetter === 'worker-lost') return 'crash'
  if (handedBack) return 'handed-back'
  if (state === 'QUEUED') return error === undefined ? 'snooze' : 'requeue'
  return outcomes[state]
}
