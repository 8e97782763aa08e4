import { recordOfMessage } from '../core/call.ts'
import type { TaskRecord } from '../core/record.ts'
import { type Claimant, claimRecord } from '../core/transitions.ts'
import type { NewRecord, Random } from '../ports/index.ts'
import type { CertainLedger, ChangeOutcome, InsertOutcome } from '../protocol/certain-ledger.ts'
import type { Candidate } from './triage.ts'

export type Claim =
  | { readonly status: 'claimed'; readonly candidate: Candidate; readonly record: TaskRecord; readonly token: string }
  /** The record was not as expected. `record`: its current content, if it exists. */
  | { readonly status: 'lost'; readonly candidate: Candidate; readonly record: TaskRecord | undefined }
  /** `maybeClaimed`: the record may say that the task runs. */
  | { readonly status: 'failed'; readonly candidate: Candidate; readonly error: Error; readonly maybeClaimed: boolean }

export interface ClaimOptions {
  readonly ledger: CertainLedger
  readonly random: Random
  readonly queue: string
  readonly now: number
  readonly leaseUntil: number
  readonly claimant: Claimant
  /** These tasks run alone in this process. */
  readonly alone: boolean
  /** Epoch ms until which unclear claims are checked; see `Patience`. */
  readonly doubtUntil?: number | undefined
}

/**
 * Claims a wave: one request for all. A claim is a compare-and-swap on the version of the record:
 *
 *     worker 1: claim v=1 ──► v=2 STARTED, token a ─────────────► settle v=2 ──► v=3
 *     worker 2:      claim v=1 ──► refused: v is 2 ──► held until the lease ends
 */
export async function claimWave(wave: readonly Candidate[], options: ClaimOptions): Promise<readonly Claim[]> {
  const created = wave.filter(({ record }) => record === null)
  const changed = wave.filter(({ record }) => record !== null)
  if (created.length === 0) return changeRecords(changed, options)
  if (changed.length === 0) return createRecords(created, options)
  const claims = await Promise.all([createRecords(created, options), changeRecords(changed, options)])
  return claims.flat()
}

async function changeRecords(candidates: readonly Candidate[], options: ClaimOptions): Promise<readonly Claim[]> {
  const { ledger, random, queue, now, leaseUntil, alone, claimant } = options
  const claiming = candidates.map((candidate) => ({ candidate, token: random.token() }))
  const outcomes = await ledger.change(
    claiming.map(({ candidate, token }) => {
      const { received, record, attempt, opens, crashed } = candidate
      const { id, v } = record ?? received.message
      return claimRecord({
        id,
        // A message without a version is claimed only after its record was read.
        v: v as number,
        queue,
        token,
        now,
        leaseUntil,
        alone,
        claimant,
        record: record ?? undefined,
        attempt,
        opens,
        crashed,
      })
    }),
    options,
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

async function createRecords(candidates: readonly Candidate[], options: ClaimOptions): Promise<readonly Claim[]> {
  const { ledger, random, queue, now, leaseUntil, alone, claimant } = options
  const entries = candidates.map(({ received }): NewRecord => {
    const made = recordOfMessage(received.message, queue, now, random.token())
    return { ...made, record: { ...made.record, state: 'STARTED', startedAt: now, leaseUntil, alone, ...claimant } }
  })
  const outcomes = await ledger.insert(entries, options)
  return candidates.map((candidate, index): Claim => {
    const outcome = outcomes[index] as InsertOutcome
    if (outcome.status === 'exists') return { status: 'lost', candidate, record: outcome.record }
    if (outcome.status === 'failed')
      return { status: 'failed', candidate, error: outcome.error, maybeClaimed: outcome.maybeDone }
    return { status: 'claimed', candidate, record: outcome.record, token: outcome.record.token }
  })
}
