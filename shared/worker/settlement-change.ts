import type { Settlement } from '../core/decide.ts'
import { toErrorData } from '../core/error-data.ts'
import { appendAttempt } from '../core/history.ts'
import { expiresAtSeconds } from '../core/lifetime.ts'
import type { RecordFields, TaskRecord } from '../core/record.ts'
import type { RecordChange } from '../ports/index.ts'

export interface SettledRun {
  /** The record as the claim left it, or as it was read when there was no claim. */
  readonly record: TaskRecord
  /** The claim's own, or a fresh one. */
  readonly token: string
  readonly settlement: Settlement
  readonly now: number
  readonly resultTtlMs: number
  readonly scrub: (text: string) => string
  /** When the run started; absent when nothing ran. */
  readonly startedAt?: number | undefined
  /** The last progress, when it is not written yet. */
  readonly progress?: string | undefined
  /** The generation that the delivery opens: a redrive that ends without a run. */
  readonly opens?: number | undefined
}

type Writable = { -readonly [Field in keyof RecordFields]?: RecordFields[Field] }

/** The one write that a settlement is. */
export function settlementChange({
  record,
  token,
  settlement,
  now,
  resultTtlMs,
  scrub,
  startedAt,
  progress,
  opens,
}: SettledRun): RecordChange {
  const { state, counts, result, error, delayMs, deadLetter } = settlement
  const set: Writable = { state, token }
  // What a later state does not look at stays: `leaseUntil` and `alone` mean something in STARTED only.
  const remove: (keyof RecordFields)[] = []
  if (opens !== undefined) {
    set.generation = opens
    set.attempt = 0
    set.enqueuedAt = now
  }
  if (counts) set.attempt = record.attempt + 1
  if (result !== undefined && result !== '') set.result = result
  if (progress !== undefined) set.progress = progress
  const data = error === undefined ? undefined : toErrorData(error, scrub)
  if (data !== undefined) set.error = JSON.stringify(data)
  else if (record.error !== undefined && state === 'SUCCESS') remove.push('error')
  // What comes back is not over: every settlement is one of the two.
  if (delayMs === undefined) {
    set.finishedAt = now
    set.expiresAt = expiresAtSeconds(now, resultTtlMs, record.keyUntil)
    if (state === 'SUCCESS' || state === 'FAILURE') set.resultUntil = now + resultTtlMs
    if (deadLetter !== undefined) set.reason = deadLetter
    else if (state === 'REVOKED') set.reason = 'revoked'
  } else {
    set.availableAt = now + delayMs
  }
  // A first run that succeeds is told by the record's own times: its history would only cost bytes.
  if (startedAt !== undefined && (state !== 'SUCCESS' || record.attempts !== undefined)) {
    set.attempts = appendAttempt(record.attempts, {
      attempt: record.attempt + 1,
      startedAt,
      endedAt: now,
      outcome: nameOf(settlement),
      ...(data !== undefined && { error: { name: data.name, message: data.message.slice(0, 200) } }),
    })
  }
  return { id: record.id, v: record.v, transition: true, queue: record.queue, set, remove }
}

function nameOf(settlement: Settlement): string {
  if (settlement.deadLetter === 'worker-lost') return 'crash'
  if (settlement.state === 'QUEUED') return settlement.error === undefined ? 'snooze' : 'requeue'
  return settlement.state.toLowerCase()
}
