import type { Settlement } from './decide.ts'
import { toErrorData } from './error-data.ts'
import { WorkerLostError } from './errors.ts'
import { failureFields } from './failure-fields.ts'
import { fingerprintOf } from './fingerprint.ts'
import { appendAttempt, attemptOutcome } from './history.ts'
import { expiresAtSeconds } from './lifetime.ts'
import type { AttemptEntry, ErrorData, RecordFields, RevokeReason, TaskRecord } from './record.ts'

/**
 * A compare-and-swap on one record: it applies only if the record exists with version `v`.
 * A transition raises the version by one. Any other change leaves it.
 */
export interface RecordChange {
  readonly id: string
  readonly v: number
  readonly transition: boolean
  /** The record's queue: index attributes are made of it. */
  readonly queue: string
  readonly set: Partial<RecordFields>
  readonly remove?: readonly (keyof RecordFields)[]
}

/**
 * How long a field keeps its meaning.
 *
 * - `always`: every record has it, and every opening writes it.
 * - `opening`: what the caller asked for. A redrive keeps it, reopening a key replaces it.
 * - `generation`: what came of it. A redrive and reopening a key start without it.
 * - `lease`: it means something in STARTED only. What a claim leaves behind is harmless.
 */
type Lifetime = 'always' | 'opening' | 'generation' | 'lease'

const lifetimes = {
  generation: 'always',
  state: 'always',
  task: 'always',
  queue: 'always',
  inputHash: 'always',
  attempt: 'always',
  token: 'always',
  enqueuedAt: 'always',
  input: 'opening',
  inputRef: 'opening',
  keyUntil: 'opening',
  root: 'opening',
  parent: 'opening',
  tenant: 'opening',
  tags: 'opening',
  envelope: 'opening',
  // An operator who redrives a task wants it to run now: its old times do not count.
  expires: 'generation',
  availableAt: 'generation',
  startedAt: 'generation',
  finishedAt: 'generation',
  handBacks: 'generation',
  result: 'generation',
  resultUntil: 'generation',
  error: 'generation',
  attempts: 'generation',
  progress: 'generation',
  revokeRequestedAt: 'generation',
  reason: 'generation',
  fingerprint: 'generation',
  errorName: 'generation',
  errorText: 'generation',
  by: 'generation',
  build: 'generation',
  forgotten: 'generation',
  expiresAt: 'generation',
  leaseUntil: 'lease',
  alone: 'lease',
} as const satisfies Record<keyof RecordFields, Lifetime>

/** What the caller gave and what the task left: `forget()` removes it. */
const payload = [
  'input',
  'inputRef',
  'result',
  'error',
  'errorText',
  'attempts',
  'progress',
  'envelope',
] as const satisfies readonly (keyof RecordFields)[]

const fields = Object.keys(lifetimes) as (keyof RecordFields)[]

/** The fields of these lifetimes that a change does not set. */
function left(set: Partial<RecordFields>, ...ended: readonly Lifetime[]): (keyof RecordFields)[] {
  return fields.filter((field) => ended.includes(lifetimes[field]) && set[field] === undefined)
}

type Writable = { -readonly [Field in keyof RecordFields]?: RecordFields[Field] }

function transition(
  record: Pick<TaskRecord, 'id' | 'v' | 'queue'>,
  set: Partial<RecordFields>,
  remove: readonly (keyof RecordFields)[] = [],
): RecordChange {
  const { id, v, queue } = record
  return { id, v, transition: true, queue, set, ...(remove.length > 0 && { remove }) }
}

function amendment(record: Pick<TaskRecord, 'id' | 'v' | 'queue'>, set: Partial<RecordFields>): RecordChange {
  const { id, v, queue } = record
  return { id, v, transition: false, queue, set }
}

/**
 * Opens an ended record again for another call of its key. The generation rises by two: the one between belongs to the dead letter of the opening
 * that failed, so the redrive of that letter is stale.
 */
export function reopenRecord(record: TaskRecord, wanted: TaskRecord, token: string): RecordChange {
  const { id: _id, v: _v, ...fields } = wanted
  const set: Partial<RecordFields> = { ...fields, token, generation: record.generation + 2 }
  return transition({ ...record, queue: wanted.queue }, set, left(set, 'opening', 'generation', 'lease'))
}

/**
 * Adopts a record that another enqueue inserted, before its message is sent again. The higher version stops the other enqueue from withdrawing a
 * task that was accepted here, should its own send fail.
 */
export function adoptRecord(record: TaskRecord, token: string): RecordChange {
  return transition(record, { token })
}

/** The worker that claims. */
export interface Claimant {
  /** 8 characters, new for every process: its log lines carry them. */
  readonly by: string
  /** Of the code that it runs: at most 12 characters. */
  readonly build?: string
}

export interface ClaimedRun {
  readonly id: string
  /** The version that the claim expects: the record's, or that of the message when the record was not read. */
  readonly v: number
  readonly queue: string
  readonly token: string
  readonly now: number
  readonly leaseUntil: number
  /** Nothing else runs in the process. */
  readonly alone: boolean
  /** Who claims, and with which build. */
  readonly claimant: Claimant
  /** The record as read, if it was. */
  readonly record: TaskRecord | undefined
  /** Counted attempts that ended before this run. */
  readonly attempt: number
  /** The generation that a redriven message opens. */
  readonly opens?: number | undefined
  /** The last run ended with its process. */
  readonly crashed?: 'alone' | 'in-company' | undefined
}

/** Takes the right to run one attempt. */
export function claimRecord(run: ClaimedRun): RecordChange {
  const { token, now, leaseUntil, alone, record, opens, crashed } = run
  const set: Writable = { state: 'STARTED', token, startedAt: now, leaseUntil, alone, ...run.claimant }
  if (opens !== undefined) openGeneration(set, opens, now)
  if (record !== undefined && crashed !== undefined) {
    set.attempt = run.attempt
    set.attempts = appendAttempt(record.attempts, crashedAttempt(record, crashed, now))
  }
  return transition(run, set, opens === undefined ? [] : left(set, 'generation'))
}

/** A redriven message opens the next generation of a task that failed. */
function openGeneration(set: Writable, generation: number, now: number): void {
  set.generation = generation
  set.attempt = 0
  set.enqueuedAt = now
}

function crashedAttempt(record: TaskRecord, crashed: 'alone' | 'in-company', now: number): AttemptEntry {
  const endedAt = Math.min(now, record.leaseUntil ?? now)
  const error = new WorkerLostError(record.id, record.attempt + 1, crashed === 'in-company')
  return {
    attempt: record.attempt + 1,
    startedAt: record.startedAt ?? endedAt,
    endedAt,
    outcome: crashed === 'alone' ? 'crash' : 'crash-in-company',
    ...(record.by !== undefined && { by: record.by }),
    error: { name: error.name, message: error.message.slice(0, 200) },
  }
}

export interface SettledRun {
  /** The record as the claim left it, or as it was read when there was no claim. */
  readonly record: TaskRecord
  /** The claim's own token. A fresh one when nothing was claimed. */
  readonly token: string
  readonly settlement: Settlement
  readonly now: number
  readonly resultTtlMs: number
  readonly scrub: (text: string) => string
  /** The group of a failure. @default fingerprintOf */
  readonly fingerprint?: ((data: ErrorData, reason?: string) => string) | undefined
  /** When the run started. Absent when nothing ran. */
  readonly startedAt?: number | undefined
  /** The last progress, if it was not written yet. */
  readonly progress?: string | undefined
  /** The generation that the delivery opens: a redrive that ends without a run. */
  readonly opens?: number | undefined
}

/** Writes down how a run ended. */
export function settleRecord(run: SettledRun): RecordChange {
  const { record, token, settlement, now, resultTtlMs, scrub, startedAt, progress, opens } = run
  const { state, counts, result, error, delayMs, deadLetter } = settlement
  const set: Writable = { state, token }
  const remove: (keyof RecordFields)[] = []
  if (opens !== undefined) openGeneration(set, opens, now)
  if (counts) set.attempt = record.attempt + 1
  if (result !== undefined && result !== '') set.result = result
  if (progress !== undefined) set.progress = progress
  const data = error === undefined ? undefined : toErrorData(error, scrub)
  if (data !== undefined) set.error = JSON.stringify(data)
  else if (record.error !== undefined && state === 'SUCCESS') remove.push('error')
  if (state === 'FAILURE' && data !== undefined)
    Object.assign(set, failureFields(data, deadLetter, run.fingerprint ?? fingerprintOf))
  if (delayMs === undefined) {
    set.finishedAt = now
    set.expiresAt = expiresAtSeconds(now, resultTtlMs, record.keyUntil)
    if (state === 'SUCCESS' || state === 'FAILURE') set.resultUntil = now + resultTtlMs
    if (deadLetter !== undefined) set.reason = deadLetter
    else if (state === 'REVOKED') set.reason = 'revoked'
  } else {
    set.availableAt = now + delayMs
  }
  // The record's own times tell a first run that succeeds: a history would only cost bytes.
  if (startedAt !== undefined && (state !== 'SUCCESS' || record.attempts !== undefined)) {
    set.attempts = appendAttempt(record.attempts, {
      attempt: record.attempt + 1,
      startedAt,
      endedAt: now,
      outcome: attemptOutcome(settlement),
      ...(record.by !== undefined && { by: record.by }),
      ...(data !== undefined && { error: { name: data.name, message: data.message.slice(0, 200) } }),
    })
  }
  return transition(record, set, remove)
}

/** Ends a task that does not run. */
export function revokeRecord(
  record: TaskRecord,
  token: string,
  now: number,
  resultTtlMs: number,
  reason: RevokeReason,
): RecordChange {
  const set: Partial<RecordFields> = {
    state: 'REVOKED',
    token,
    reason,
    finishedAt: now,
    resultUntil: now + resultTtlMs,
    expiresAt: expiresAtSeconds(now, resultTtlMs, record.keyUntil),
  }
  return transition(record, set, left(set, 'lease'))
}

/** Another time for a task that waits. Messages of its earlier version are judged by the record. */
export function rescheduleRecord(record: TaskRecord, token: string, availableAt: number): RecordChange {
  return transition(record, { availableAt, token })
}

/** Asks a running task to stop. No transition: its worker settles with its own version and token. */
export function requestRevocation(record: TaskRecord, now: number): RecordChange {
  return amendment(record, { revokeRequestedAt: now })
}

/** Removes what the caller gave and what the task left. The rest stays as a tombstone. */
export function forgetRecord(record: TaskRecord): RecordChange {
  return { ...amendment(record, { forgotten: true }), remove: payload }
}

export function writeProgress(record: TaskRecord, progress: string): RecordChange {
  return amendment(record, { progress })
}

export function renewLease(claim: Pick<TaskRecord, 'id' | 'v' | 'queue'>, leaseUntil: number): RecordChange {
  return amendment(claim, { leaseUntil })
}

/** Counts that a suspect was handed back without a run: the third time it goes first. */
export function countHandBack(record: TaskRecord): RecordChange {
  return amendment(record, { handBacks: (record.handBacks ?? 0) + 1 })
}

/** The record after a transition. */
export function changed(record: TaskRecord, { set, remove = [] }: RecordChange): TaskRecord {
  const next: Record<string, unknown> = { ...record, ...set, v: record.v + 1 }
  for (const field of remove) delete next[field]
  return next as unknown as TaskRecord
}
