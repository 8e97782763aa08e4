import type { AppDefinition } from '../core/app.ts'
import { parseErrorData } from '../core/error-data.ts'
import { parseAttempts } from '../core/history.ts'
import { decode, type Json } from '../core/json.ts'
import type { AttemptEntry, AttemptOutcome, ErrorData, TaskRecord } from '../core/record.ts'
import { redacted, redactInput } from '../core/redact.ts'
import { type VisibleState, visibleState } from '../core/states.ts'
import { decodeTags } from '../core/tags.ts'
import type { Inputs } from '../ports/index.ts'
import { isPayloadHidden } from './ending.ts'

/** One run, as kept in a task's short history (the last ten). */
export interface AttemptInfo {
  /** 1-based. Runs that did not count repeat the number of the next one that did. */
  readonly attempt: number
  readonly startedAt: Date
  readonly endedAt: Date
  readonly outcome: AttemptOutcome
  /** The worker that ran it: its log lines carry these 8 characters. */
  readonly by?: string
  readonly error?: { readonly name: string; readonly message: string }
}

/** All that is known of a task. */
export interface TaskInfo {
  readonly id: string
  readonly task: string
  readonly queue: string
  readonly state: VisibleState
  /** Why it is REVOKED (`revoked`, `enqueue-failed`), or why its message is a dead letter. */
  readonly reason: TaskRecord['reason']
  /** How often this id was opened anew. */
  readonly generation: number
  /** Counted runs that ended. */
  readonly attempt: number
  /** The last ten. */
  readonly attempts: readonly AttemptInfo[]
  /** As the caller gave it, `sensitive` fields as `'[redacted]'`; all of it, where this process does not know the task. */
  readonly input: unknown
  /** Of a SUCCESS, while it is kept. */
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
  /** Not to be started after this. */
  readonly expires: Date | undefined
  /** While STARTED: its worker is believed to be alive until then. */
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
  /** Of a FAILURE: failures of one cause have the same. */
  readonly fingerprint: string | undefined
  readonly headers: Readonly<Record<string, string>>
}

/** Reads inputs that live in items of their own, and tells of all records in one form. In their order. */
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
  // What is sensitive is said by the definition alone.
  return definition === undefined ? redacted : redactInput(decoded(input), definition.sensitive)
}

/** A first run that succeeded leaves no history: the record's own times tell it. */
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

/** What cannot be read (a newer encoding) is shown as the text it is. */
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
