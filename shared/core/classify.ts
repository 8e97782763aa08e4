import type { TaskMessage } from './message.ts'
import type { TaskRecord } from './record.ts'
import { isCrashFinal, type RetryPolicy } from './retry.ts'
import { isTerminal } from './states.ts'

/** What to do with a delivery whose record was read. */
export type Verdict =
  /** Claim it at the record's version and run it. `crashed`: the last run ended with its process. */
  | {
      readonly kind: 'run'
      readonly attempt: number
      readonly opens?: number
      readonly alone: boolean
      readonly crashed?: 'alone' | 'in-company'
    }
  /** Terminal already: repeat what follows and acknowledge. */
  | { readonly kind: 'finished' }
  /** Someone else's lease: come back when it ends. */
  | { readonly kind: 'held'; readonly until: number }
  | { readonly kind: 'early'; readonly until: number }
  /** The message belongs to an older generation: acknowledge. */
  | { readonly kind: 'stale' }
  /** The task was asked to stop while it ran; the run is over. */
  | { readonly kind: 'revoked' }
  | { readonly kind: 'expired' }
  /** The task crashed alone and has no retries left. */
  | { readonly kind: 'exhausted'; readonly attempt: number }

/**
 * A task that waits for others is taken out of WAITING by a worker that knows workflows. This one keeps its message, so that nothing is lost, and looks
 * again.
 */
const waitingLookMs = 5 * 60_000

/** Instants of two machines are compared; delays are whole seconds at SQS. */
const earlyToleranceMs = 500

/**
 * The verdict on a delivery. Pure.
 *
 * A lease that ended in STARTED means that a worker died. If the task ran alone, the crash counts as its attempt.
 * Otherwise the culprit is unknown: nothing counts, and it runs alone next.
 */
export function classify(message: TaskMessage, record: TaskRecord, policy: RetryPolicy, now: number): Verdict {
  if (message.generation < record.generation) return { kind: 'stale' }
  if (message.generation > record.generation) return opening(message, record)
  if (isTerminal(record.state)) return { kind: 'finished' }
  if (record.state === 'WAITING') return { kind: 'held', until: now + waitingLookMs }
  if (record.state === 'STARTED') return afterClaim(record, policy, now)
  if (record.revokeRequestedAt !== undefined) return { kind: 'revoked' }
  if (record.expires !== undefined && now > record.expires) return { kind: 'expired' }
  if (record.availableAt !== undefined && record.availableAt > now + earlyToleranceMs)
    return { kind: 'early', until: record.availableAt }
  return { kind: 'run', attempt: record.attempt, alone: false }
}

/** A redriven dead letter opens its generation only if the record failed in the generation before. */
function opening(message: TaskMessage, record: TaskRecord): Verdict {
  if (message.generation !== record.generation + 1 || record.state !== 'FAILURE') return { kind: 'stale' }
  return { kind: 'run', attempt: 0, opens: message.generation, alone: false }
}

function afterClaim(record: TaskRecord, policy: RetryPolicy, now: number): Verdict {
  if (record.leaseUntil !== undefined && record.leaseUntil > now) return { kind: 'held', until: record.leaseUntil }
  if (record.revokeRequestedAt !== undefined) return { kind: 'revoked' }
  if (record.alone !== true) {
    if (record.expires !== undefined && now > record.expires) return { kind: 'expired' }
    return { kind: 'run', attempt: record.attempt, alone: true, crashed: 'in-company' }
  }
  const attempt = record.attempt + 1
  if (isCrashFinal(policy, attempt)) return { kind: 'exhausted', attempt: record.attempt }
  if (record.expires !== undefined && now > record.expires) return { kind: 'expired' }
  return { kind: 'run', attempt, alone: true, crashed: 'alone' }
}
