import type { AppDefinition } from '../core/app.ts'
import { fingerprintOf } from '../core/fingerprint.ts'
import type { TaskRecord } from '../core/record.ts'
import type { TaskDetail } from '../ports/insight.ts'
import { inputView, payloadView } from './payload.ts'
import { runsOf, shownError, taskRow } from './task-row.ts'

/** The details of one task. @param now epoch ms */
export function taskDetail(
  record: TaskRecord,
  inputText: string | undefined,
  family: readonly TaskRecord[],
  app: AppDefinition,
  now: number,
): TaskDetail {
  const definition = app.tasks.get(record.task)
  const hidden = record.resultUntil !== undefined && record.resultUntil <= now
  const error = shownError(record, now)
  const input = inputView(inputText, definition?.sensitive)
  const result = hidden ? undefined : payloadView(record.result)
  const progress = payloadView(record.progress)
  const { error: _short, ...row } = taskRow(record, now)
  return {
    ...row,
    generation: record.generation,
    ...(definition && { maxAttempts: definition.retry.maxRetries + 1, timeLimitMs: definition.timeLimitMs }),
    attempts: hidden ? [] : runsOf(record),
    ...(error && { error, fingerprint: record.fingerprint ?? fingerprintOf(error, record.reason) }),
    ...(input && { input }),
    ...(result && { result }),
    ...(progress && { progress }),
    sensitive: definition?.sensitive ?? [],
    known: definition !== undefined,
    hidden,
    forgotten: record.forgotten === true,
    ...optional(record),
    root: record.root ?? record.id,
    headers: headersOf(record.envelope),
    family: family.map((each) => taskRow(each, now)),
  }
}

const optionalFields = ['expires', 'revokeRequestedAt', 'resultUntil', 'keyUntil', 'parent'] as const

function optional(record: TaskRecord): Pick<TaskDetail, (typeof optionalFields)[number] | 'leaseUntil'> {
  const lease = record.state === 'STARTED' && record.leaseUntil !== undefined ? { leaseUntil: record.leaseUntil } : {}
  return {
    ...Object.fromEntries(optionalFields.flatMap((name) => (record[name] === undefined ? [] : [[name, record[name]]]))),
    ...lease,
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
