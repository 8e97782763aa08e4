import { attemptHistory } from './defaults.ts'
import type { AttemptEntry } from './record.ts'

/** The stored list of runs. Text that cannot be read is an empty list: history is never worth a task. */
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
