import { recordOfMessage } from '../core/call.ts'
import { toErrorData } from '../core/error-data.ts'
import { WorkerLostError } from '../core/errors.ts'
import { appendAttempt } from '../core/history.ts'
import type { RecordFields, TaskRecord } from '../core/record.ts'
import type { Clock, NewRecord, Random, RecordChange } from '../ports/index.ts'
import type { CertainLedger, ChangeOutcome, InsertOutcome } from '../protocol/certain-ledger.ts'
import type { Arrival, RunnableTask } from './arrival.ts'

/** A delivery that may run, if its claim succeeds. */
export interface Candidate {
  readonly arrival: Arrival
  readonly task: RunnableTask
  /** The record as read; `undefined`: a first receive, claimed by the message's own version; `null`: there is none, the claim creates it. */
  readonly record: TaskRecord | null | undefined
  /** Counted attempts that ended before this run. */
  readonly attempt: number
  /** The generation this delivery opens. */
  readonly opens?: number
  readonly crashed?: 'alone' | 'in-company'
  /** Has to run while nothing else does. */
  readonly alone: boolean
}

export type Claim =
  | { readonly status: 'claimed'; readonly candidate: Candidate; readonly record: TaskRecord; readonly token: string }
  /** The record was not as thought; as it is now, when there is one. */
  | { readonly status: 'lost'; readonly candidate: Candidate; readonly record: TaskRecord | undefined }
  /** `maybeClaimed`: the record may say that it runs. */
  | { readonly status: 'failed'; readonly candidate: Candidate; readonly error: Error; readonly maybeClaimed: boolean }

export type RefusedClaim = Exclude<Claim, { readonly status: 'claimed' }>

export interface ClaimSetting {
  readonly ledger: CertainLedger
  readonly clock: Clock
  readonly random: Random
  readonly queue: string
  readonly leaseUntil: number
  /** Nothing else will run in this process while these do. */
  readonly alone: boolean
  /** Until then, epoch ms, claims that may have been made are asked about; see `Patience`. */
  readonly doubtUntil?: number | undefined
}

/**
 * Claims a wave: one request for all. A claim is a compare-and-swap on the record's version:
 *
 *     worker 1: claim v=1 ──► v=2 STARTED, token a ─────────────► settle v=2 ──► v=3
 *     worker 2:      claim v=1 ──► refused: v is 2 ──► held until the lease ends
 */
export function claimWave(candidates: readonly Candidate[], setting: ClaimSetting): Promise<readonly Claim[]> {
  const now = setting.clock.now()
  const created = candidates.filter((candidate) => candidate.record === null)
  const changed = candidates.filter((candidate) => candidate.record !== null)
  if (created.length === 0) return change(changed, setting, now)
  if (changed.length === 0) return create(created, setting, now)
  return Promise.all([create(created, setting, now), change(changed, setting, now)]).then((claims) => claims.flat())
}

async function change(candidates: readonly Candidate[], setting: ClaimSetting, now: number): Promise<readonly Claim[]> {
  const claiming = candidates.map((candidate) => ({ candidate, token: setting.random.token() }))
  const outcomes = await setting.ledger.change(
    claiming.map(({ candidate, token }) => claimChange(candidate, token, setting, now)),
    setting,
  )
  return claiming.map(({ candidate, token }, index): Claim => {
    const outcome = outcomes[index] as ChangeOutcome
    if (outcome.status === 'lost') return { status: 'lost', candidate, record: outcome.record }
    if (outcome.status === 'failed')
      return { status: 'failed', candidate, error: outcome.error, maybeClaimed: outcome.maybeDone }
    return outcome.record === undefined
      ? { status: 'failed', candidate, error: new Error('The ledger returned no record.'), maybeClaimed: true }
      : { status: 'claimed', candidate, record: outcome.record, token }
  })
}

async function create(candidates: readonly Candidate[], setting: ClaimSetting, now: number): Promise<readonly Claim[]> {
  const entries = candidates.map((candidate): NewRecord => {
    const made = recordOfMessage(candidate.arrival.message, setting.queue, now, setting.random.token())
    const started = { state: 'STARTED', startedAt: now, leaseUntil: setting.leaseUntil, alone: setting.alone } as const
    return { ...made, record: { ...made.record, ...started } }
  })
  const outcomes = await setting.ledger.insert(entries, setting)
  return candidates.map((candidate, index): Claim => {
    const outcome = outcomes[index] as InsertOutcome
    if (outcome.status === 'exists') return { status: 'lost', candidate, record: outcome.record }
    if (outcome.status === 'failed')
      return { status: 'failed', candidate, error: outcome.error, maybeClaimed: outcome.maybeDone }
    return { status: 'claimed', candidate, record: outcome.record, token: outcome.record.token }
  })
}

/** Left from the opening before, when an generation is opened anew. */
const ofAnOpening: readonly (keyof RecordFields)[] = [
  'error',
  'attempts',
  'result',
  'resultUntil',
  'finishedAt',
  'expiresAt',
  'availableAt',
  'expires',
  'reason',
  'progress',
  'revokeRequestedAt',
  'handBacks',
  'forgotten',
]

function claimChange(
  candidate: Candidate,
  token: string,
  { queue, leaseUntil, alone }: ClaimSetting,
  now: number,
): RecordChange {
  const { arrival, record, attempt, opens, crashed } = candidate
  const set: { -readonly [Field in keyof RecordFields]?: RecordFields[Field] } = {
    state: 'STARTED',
    token,
    startedAt: now,
    leaseUntil,
    alone,
  }
  if (opens !== undefined) {
    set.generation = opens
    set.attempt = 0
    set.enqueuedAt = now
  }
  if (record && crashed !== undefined) {
    const ended = Math.min(now, record.leaseUntil ?? now)
    const lost = toErrorData(new WorkerLostError(record.id, record.attempt + 1, crashed !== 'alone'))
    set.attempt = attempt
    set.attempts = appendAttempt(record.attempts, {
      attempt: record.attempt + 1,
      startedAt: record.startedAt ?? ended,
      endedAt: ended,
      outcome: crashed === 'alone' ? 'crash' : 'crash-in-company',
      error: { name: lost.name, message: lost.message.slice(0, 200) },
    })
  }
  return {
    id: arrival.message.id,
    // Without a look only a message that carries its record's version is claimed.
    v: (record ?? arrival.message).v as number,
    transition: true,
    queue,
    set,
    ...(opens !== undefined && { remove: ofAnOpening }),
  }
}
