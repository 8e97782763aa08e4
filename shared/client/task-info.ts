import type { AppDefinition } from '../core/app.ts'
import { parseErrorData } from '../core/error-data.ts'
import { parseAttempts } from '../core/history.ts'
import { decode, type Json } from '../core/json.ts'
import type { AttemptEntry, AttemptOutcome, ErrorData, TaskRecord } from '../core/record.ts'
import { redacted, redactInput } from '../core/redact.ts'
import { type VisibleState, visibleState } from '../core/states.ts'
import { decodeTags } from '../core/tags.ts'
import type { Inputs } from '../ports/index.ts'
import { isPayloadHidden } from './task-result.ts'

/** One run, as kept in a task's short history (the last ten). */
export interface AttemptInfo {
  /** 1-based. Uncounted runs have the number of the next counted run. */
  readonly attempt: number
  readonly startedAt: Date
  readonly endedAt: Date
  readonly outcome: AttemptOutcome
  /** The worker that ran it: its log lines carry these 8 characters. */
  readonly by?: string
  readonly error?: { readonly name: string; readonly message: string }
}

/** Everything that is known about a task. */
export interface TaskInfo {
  readonly id: string
  readonly task: string
  readonly queue: string
  readonly state: VisibleState
  /** Why it is REVOKED (`revoked`, `enqueue-failed`), or why its message is a dead letter. */
  readonly reason: TaskRecord['reason']
  /** The generation: how often this id was opened again. */
  readonly generation: number
  /** Number of counted attempts that ended. */
  readonly attempt: number
  /** The last ten runs. */
  readonly attempts: readonly AttemptInfo[]
  /** The caller's input, with `sensitive` fields as `'[redacted]'`. If this process does not know the task, the whole input is redacted. */
  readonly input: unknown
  /** The result of a SUCCESS, while it is kept. */
  readonly result: unknown
  /** The last error, kept while the task is retried. */
  readonly error: ErrorData | undefined
  /** The last value of `ctx.progress()`. */
  readonly progress: unknown
  /** Result and error are no longer kept. */
  readonly hidden: boolean
  readonly enqueuedAt: Date
  readonly availableAt: Date | undefined
  readonly startedAt: Date | undefined
  readonly finishedAt: Date | undefined
  /** The task is not started after this instant. */
  readonly expires: Date | undefined
  /** While STARTED: end of the lease. Until then its worker is assumed to be alive. */
  readonly leaseUntil: Date | undefined
  readonly revokeRequestedAt: Date | undefined
  readonly resultUntil: Date | undefined
  readonly keyUntil: Date | undefined
  /** First task of the tree; its own id when it was called from outside. */
  readonly root: string
  readonly parent: string | undefined
  readonly tenant: string | undefined
  readonly tags: readonly string[]
  /** The worker that claimed it last, and the build of its code. */
  readonly by: string | undefined
  readonly build: string | undefined
  /** For a FAILURE: failures of one cause have the same fingerprint. */
  readonly fingerprint: string | undefined
  readonly headers: Readonly<Record<string, string>>
}

/** Turns records into infos, in the same order. Reads input items where needed. */
export async function describeRecords(
  records: readonly TaskRecord[],
  app: AppDefinition,
  inputs: Pick<Inputs, 'read'>,
  now: number,
): Promise<readonly TaskInfo[]> {
  const refs = records.flatMap(({ id, inputRef, forgotten }) =>
    inputRef === undefined || forgotten === true ? [] : [{ id, ref: inputRef }],
  )
  const texts = refs.length === 0 ? [] : await inputs.read(refs)
  const placed = new Map(refs.map(({ id }, index) => [id, texts[index]]))
  return records.map((record) => describe(record, record.input ?? placed.get(record.id), app, now))
}

function describe(record: TaskRecord, input: string | undefined, app: AppDefinition, now: number): TaskInfo {
  const hidden = isPayloadHidden(record, now)
  return {
    id: record.id,
    task: record.task,
    queue: record.queue,
    state: visibleState(record.state, record.availableAt, now),
    reason: record.reason,
    generation: record.generation,
    attempt: record.attempt,
    attempts: hidden ? [] : attemptsOf(record).map(attemptInfo),
    input: shownInput(record, input, app),
    result: hidden ? undefined : decoded(record.result),
    error: hidden || record.error === undefined ? undefined : parseErrorData(record.error),
    progress: decoded(record.progress),
    hidden,
    enqueuedAt: new Date(record.enqueuedAt),
    availableAt: dateOf(record.availableAt),
    startedAt: dateOf(record.startedAt),
    finishedAt: dateOf(record.finishedAt),
    expires: dateOf(record.expires),
    leaseUntil: record.state === 'STARTED' ? dateOf(record.leaseUntil) : undefined,
    revokeRequestedAt: dateOf(record.revokeRequestedAt),
    resultUntil: dateOf(record.resultUntil),
    keyUntil: dateOf(record.keyUntil),
    root: record.root ?? record.id,
    parent: record.parent,
    tenant: record.tenant,
    tags: decodeTags(record.tags),
    by: record.by,
    build: record.build,
    fingerprint: record.fingerprint,
    headers: headersOf(record.envelope),
  }
}

function shownInput(record: TaskRecord, input: string | undefined, app: AppDefinition): unknown {
  if (record.forgotten === true || input === undefined) return undefined
  const definition = app.tasks.get(record.task)
  // Only the definition says which fields are sensitive.
  return definition === undefined ? redacted : redactInput(decoded(input), definition.sensitive)
}

/** A first run that succeeded leaves no history, so its entry is made from the record's own times. */
function attemptsOf(record: TaskRecord): readonly AttemptEntry[] {
  const { attempts, state, attempt, startedAt, finishedAt, by } = record
  if (attempts !== undefined) return parseAttempts(attempts)
  if (state !== 'SUCCESS' || startedAt === undefined || finishedAt === undefined) return []
  return [{ attempt, startedAt, endedAt: finishedAt, outcome: 'success', ...(by !== undefined && { by }) }]
}

function attemptInfo({ attempt, startedAt, endedAt, outcome, by, error }: AttemptEntry): AttemptInfo {
  const times = { startedAt: new Date(startedAt), endedAt: new Date(endedAt) }
  return { attempt, ...times, outcome, ...(by !== undefined && { by }), ...(error && { error }) }
}

/** A value that cannot be decoded (a newer encoding) is shown as its raw text. */
function decoded(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return decode(JSON.parse(text) as Json)
  } catch {
    return text
  }
}

function headersOf(envelope: string | undefined): Readonly<Record<string, string>> {
  if (envelope === undefined) return {}
  try {
    return (JSON.parse(envelope) as { headers?: Record<string, string> }).headers ?? {}
  } catch {
    return {}
  }
}

function dateOf(at: number | undefined): Date | undefined {
  return at === undefined ? undefined : new Date(at)
}
