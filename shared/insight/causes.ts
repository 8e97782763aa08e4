import { fingerprintOf, framesOf, normalMessage } from '../core/fingerprint.ts'
import type { ErrorData, TaskRecord } from '../core/record.ts'
import type { Ports } from '../ports/index.ts'
import type { Cause, CauseDetail, CausesAnswer, Count, Looked, TimeRange } from '../ports/insight.ts'
import { stepOf } from './counts.ts'
import { shownError, taskRow } from './task-row.ts'

/** Failures read for one answer. */
const mostFailures = 2_000
const pageSize = 500
const shownFailures = 200

interface Group {
  readonly fingerprint: string
  readonly error: ErrorData
  readonly reason: string | undefined
  /** The newest first. */
  readonly records: TaskRecord[]
}

const unknownError: ErrorData = { name: 'Error', message: 'The error is no longer kept.' }

/** Groups the newest failures of the queues by their error, newest first. */
export async function findGroups(
  { records, clock }: Pick<Ports, 'records' | 'clock'>,
  queues: readonly string[],
  range: TimeRange,
): Promise<{ readonly groups: readonly Group[]; readonly looked: Looked }> {
  const now = clock.now()
  const perQueue = Math.ceil(mostFailures / queues.length)
  const found = await Promise.all(queues.map((queue) => failuresOf(records, queue, range, perQueue)))
  const groups = new Map<string, Group>()
  const failures = found.flatMap(({ failed }) => failed).sort((a, b) => failedAt(b) - failedAt(a))
  for (const record of failures) {
    const error = shownError(record, now) ?? unknownError
    const fingerprint = record.fingerprint ?? fingerprintOf(error, record.reason)
    const group = groups.get(fingerprint) ?? { fingerprint, error, reason: record.reason, records: [] }
    groups.set(fingerprint, group)
    group.records.push(record)
  }
  const complete = found.every((each) => each.complete)
  const until = complete ? range.from : Math.max(...found.filter((each) => !each.complete).map((each) => each.until))
  return { groups: [...groups.values()], looked: { tasks: failures.length, until, complete } }
}

async function failuresOf(records: Ports['records'], queue: string, { from, to }: TimeRange, most: number) {
  const failed: TaskRecord[] = []
  let cursor: string | undefined
  do {
    const page = await records.listFailures({
      queue,
      from,
      to,
      limit: Math.min(pageSize, most),
      ...(cursor !== undefined && { cursor }),
    })
    cursor = page.cursor
    const found = page.ids.length === 0 ? [] : await records.read(page.ids, { consistent: false })
    // The index lags: a reopened task is no longer a failure.
    failed.push(...found.filter((record) => record !== undefined).filter(({ state }) => state === 'FAILURE'))
  } while (cursor !== undefined && failed.length < most)
  const last = failed.at(-1)
  return { failed, complete: cursor === undefined, until: last === undefined ? to : failedAt(last) }
}

const failedAt = ({ finishedAt, enqueuedAt }: TaskRecord): number => finishedAt ?? enqueuedAt

export function causeOf(group: Group, range: TimeRange): Cause {
  const { fingerprint, error, reason, records } = group
  const times = records.map(failedAt)
  return {
    fingerprint,
    errorName: error.name,
    message: normalMessage(error.message).slice(0, 300),
    tasks: namesOf(records, 'task'),
    queues: namesOf(records, 'queue'),
    count: records.length,
    firstAt: times.at(-1) ?? range.from,
    lastAt: times[0] ?? range.from,
    ...(reason !== undefined && { reason }),
    spark: seriesOf(times, range).failed,
  }
}

export function causesAnswer(groups: readonly Group[], looked: Looked, range: TimeRange): CausesAnswer {
  const causes = groups.map((group) => causeOf(group, range)).sort((a, b) => b.count - a.count || b.lastAt - a.lastAt)
  return { causes, looked }
}

/** @param now epoch ms */
export function causeDetail(group: Group, looked: Looked, range: TimeRange, now: number): CauseDetail {
  const { error, records } = group
  return {
    ...causeOf(group, range),
    frames: framesOf(error.stack ?? ''),
    series: seriesOf(records.map(failedAt), range),
    byTask: countsBy(records, ({ task }) => task),
    byQueue: countsBy(records, ({ queue }) => queue),
    byAttempts: countsBy(records, ({ attempt }) => `after ${attempt} ${attempt === 1 ? 'attempt' : 'attempts'}`),
    failures: records.slice(0, shownFailures).map((record) => taskRow(record, now)),
    looked,
  }
}

function seriesOf(times: readonly number[], range: TimeRange): CauseDetail['series'] {
  const stepMs = stepOf(range)
  const from = Math.floor(range.from / stepMs) * stepMs
  const failed = new Array<number>(Math.max(1, Math.ceil((range.to - from) / stepMs))).fill(0)
  for (const at of times) {
    const step = Math.floor((at - from) / stepMs)
    if (failed[step] !== undefined) failed[step]++
  }
  return { from, stepMs, failed }
}

function countsBy(records: readonly TaskRecord[], nameOf: (record: TaskRecord) => string): readonly Count[] {
  const counts = new Map<string, number>()
  for (const record of records) counts.set(nameOf(record), (counts.get(nameOf(record)) ?? 0) + 1)
  return [...counts]
    .map(([name, count]) => ({ name, count }))
    .sort((a, b) => b.count - a.count)
    .slice(0, 5)
}

function namesOf(records: readonly TaskRecord[], field: 'task' | 'queue'): readonly string[] {
  return countsBy(records, (record) => record[field]).map(({ name }) => name)
}
