import { type AppDefinition, timesOf } from '../core/app.ts'
import { attentionOf, type Finding, type QueueSituation } from '../core/attention.ts'
import { attentionDefaults } from '../core/defaults.ts'
import { DefinitionError, TaskNotFoundError } from '../core/errors.ts'
import type { TaskRecord } from '../core/record.ts'
import { matchesSearch, needsInput, parseSearch, type SearchableTask } from '../core/search.ts'
import { dayMs } from '../core/table.ts'
import { decodeTags } from '../core/tags.ts'
import type { Ports } from '../ports/index.ts'
import type { Insight, NameRow, QueueRow, RunningTask, TaskRow, TimeRange } from '../ports/insight.ts'
import { causeDetail, causesAnswer, findGroups } from './causes.ts'
import { rememberEnded } from './ended-records.ts'
import { searchableInput } from './payload.ts'
import { type Sample, Sampler } from './sample.ts'
import { settingsOf } from './settings.ts'
import { taskDetail } from './task-detail.ts'
import { shownError, taskRow } from './task-row.ts'
import { placeOf, walkNewest } from './walk.ts'

/** The most tasks that one page of a search reads. The answer says how far it got; the next page continues there. */
const mostSearched = 2_000
const mostRunningSearched = 3_000

/**
 * The read side over the ports of the table and the queues: the same for memory, the embedded engine and AWS.
 *
 * Figures are computed from the newest records, at most 3,000. Every answer says how far it looked.
 */
export function createInsight(app: AppDefinition, ports: Ports): Insight {
  const { records, inputs, clock } = ports
  const queueNames = Object.keys(app.queues)
  const figures = rememberEnded(records, clock)
  const sampler = new Sampler(figures, clock, queueNames)

  const sensitiveOf = (task: string): readonly string[] | undefined => app.tasks.get(task)?.sensitive

  const textOf = async (record: TaskRecord): Promise<string | undefined> => {
    if (record.forgotten === true) return undefined
    if (record.inputRef === undefined) return record.input
    const [text] = await inputs.read([{ id: record.id, ref: record.inputRef }])
    return text
  }

  const queueRow = async (queue: string, sample: Sample): Promise<QueueRow> => {
    const [depth, control] = await Promise.all([ports.queues.depth(queue), ports.controls.read(queue)])
    const counts = sample.byQueue.get(queue) ?? sample.all
    const lately = counts.figures(attentionDefaults.recentMs, sample.looked.until)
    const due = sample.oldestDue.get(queue)
    const concurrency = app.queues[queue]?.concurrency
    const leaves = depth.waiting > 0 && control.pausedAt === undefined && lately.finishedPerMinute > 0
    return {
      queue,
      ...lately,
      ...depth,
      ...(control.pausedAt !== undefined && { pausedAt: control.pausedAt }),
      ...(concurrency !== undefined && { concurrency }),
      ...(due !== undefined && depth.waiting + depth.inFlight > 0 && { oldestMs: clock.now() - due }),
      ...(leaves && { emptyInMs: (depth.waiting / lately.finishedPerMinute) * 60_000 }),
      spark: counts.spark(),
    }
  }

  const look = async (range: TimeRange) => {
    const sample = await sampler.of(range)
    const rows = await Promise.all(queueNames.map((queue) => queueRow(queue, sample)))
    const recent = { from: range.to - attentionDefaults.recentMs, to: range.to }
    const attention = (await Promise.all(rows.map((row) => findings(row, sample, recent)))).flat().sort(bySeverity)
    return { sample, rows, attention }
  }

  const findings = async (row: QueueRow, sample: Sample, recent: TimeRange): Promise<readonly Finding[]> => {
    const counts = sample.byQueue.get(row.queue) ?? sample.all
    const { succeeded, failed } = counts.since(recent.from)
    const before = { succeeded: row.succeeded - succeeded, failed: row.failed - failed }
    const ended = before.succeeded + before.failed
    const groups = failed === 0 ? [] : (await findGroups(ports, [row.queue], recent)).groups
    const [main] = causesAnswer(groups, sample.looked, recent).causes
    const minutes = (recent.to - Math.max(recent.from, sample.looked.until)) / 60_000
    const situation: QueueSituation = {
      ...row,
      visibilityMs: timesOf(app, row.queue).visibilityMs,
      recent: {
        succeeded,
        failed,
        crashed: groups.flatMap((group) => group.records).filter(({ reason }) => reason === 'worker-lost').length,
      },
      usualFailedShare: ended === 0 ? undefined : before.failed / ended,
      arrivedPerMinute: counts.arrivedSince(recent.from) / minutes,
      mainCause: main && {
        name: main.errorName,
        fingerprint: main.fingerprint,
        count: main.count,
        firstAt: main.firstAt,
      },
    }
    return attentionOf(situation, clock.now())
  }

  const namesIn = (sample: Sample): readonly NameRow[] => {
    const seen = [...sample.byName.values()].map(({ task, queue, counts }) => ({
      task,
      queue,
      known: app.tasks.has(task),
      open: counts.open,
      ...counts.figures(attentionDefaults.recentMs, sample.looked.until),
      spark: counts.spark(),
    }))
    const quiet = [...app.tasks.values()].filter(({ name }) => !seen.some(({ task }) => task === name))
    const none = { succeeded: 0, failed: 0, retried: 0, finishedPerMinute: 0, open: 0, spark: [] }
    return [
      ...seen.sort((a, b) => b.succeeded + b.failed - (a.succeeded + a.failed)),
      ...quiet.map(({ name, queue }) => ({ task: name, queue, known: true, ...none })),
    ]
  }

  return {
    async overview(range) {
      const [{ sample, rows, attention }, { groups, looked }] = await Promise.all([
        look(range),
        findGroups(ports, queueNames, range),
      ])
      const sum = (name: 'waiting' | 'dead'): number => rows.reduce((total, row) => total + row[name], 0)
      return {
        attention,
        figures: {
          ...sample.all.figures(attentionDefaults.recentMs, sample.looked.until),
          waiting: sum('waiting'),
          dead: sum('dead'),
        },
        series: sample.all.series(),
        queues: rows,
        causes: causesAnswer(groups, looked, range).causes.slice(0, 5),
        latest: sample.latest.map((record) => taskRow(record, clock.now())),
        looked: sample.looked,
      }
    },

    async queues(range) {
      const sample = await sampler.of(range)
      return { queues: await Promise.all(queueNames.map((queue) => queueRow(queue, sample))), looked: sample.looked }
    },

    async queue(queue, range) {
      if (!Object.hasOwn(app.queues, queue)) {
        throw new DefinitionError(`queue: expected one of ${queueNames.join(', ')}, received '${queue}'.`)
      }
      const { sample, rows, attention } = await look(range)
      return {
        ...(rows.find((row) => row.queue === queue) as QueueRow),
        series: (sample.byQueue.get(queue) ?? sample.all).series(),
        names: namesIn(sample).filter((name) => name.queue === queue),
        settings: settingsOf(app, queue),
        attention: attention.filter((finding) => finding.queue === queue),
        looked: sample.looked,
      }
    },

    async tasks({ search: text = '', limit, cursor, from, to }) {
      const now = clock.now()
      const search = parseSearch(text, now)
      const queues = queuesOf(search.clauses, queueNames)
      const withInput = needsInput(search)
      const found: TaskRow[] = []
      const options = { queues, from, to, after: cursor, mostTasks: mostSearched, pageSize: Math.max(limit, 100) }
      const candidates: TaskRecord[] = []
      const walked = await walkNewest(records, options, (record) => {
        // Inputs in their own items are read later; everything else is decided here.
        if (!withInput && !matchesSearch(search, searchable(record, now, undefined), now)) return 'go-on'
        candidates.push(record)
        return !withInput && candidates.length >= limit ? 'stop' : 'go-on'
      })
      let place = walked.place
      for (const record of candidates) {
        if (withInput) {
          const input = searchableInput(await textOf(record), sensitiveOf(record.task))
          if (!matchesSearch(search, searchable(record, now, input), now)) continue
        }
        found.push(taskRow(record, now))
        if (found.length >= limit) {
          place = placeOf(record)
          break
        }
      }
      const { tasks, until, complete } = walked
      return {
        tasks: found,
        ...(place !== undefined && { cursor: place }),
        issues: search.issues,
        looked: { tasks, until, complete },
      }
    },

    async task(id) {
      const [record] = await records.read([id], { consistent: true })
      if (record === undefined) throw new TaskNotFoundError(id)
      const relatives = [...new Set([record.root, record.parent])].filter(
        (each) => each !== undefined && each !== id,
      ) as string[]
      const [text, family] = await Promise.all([textOf(record), records.read(relatives, { consistent: false })])
      return taskDetail(
        record,
        text,
        family.filter((each) => each !== undefined),
        app,
        clock.now(),
      )
    },

    async causes({ queue, ...range }) {
      const { groups, looked } = await findGroups(ports, queue === undefined ? queueNames : [queue], range)
      return causesAnswer(groups, looked, range)
    },

    async cause(fingerprint, { queue, ...range }) {
      const { groups, looked } = await findGroups(ports, queue === undefined ? queueNames : [queue], range)
      const group = groups.find((each) => each.fingerprint === fingerprint)
      return group && causeDetail(group, looked, range, clock.now())
    },

    async running() {
      const now = clock.now()
      const tasks: RunningTask[] = []
      // Tasks older than a day rarely still run, and the walk is bounded anyway.
      const options = {
        queues: queueNames,
        from: now - 14 * dayMs,
        to: now + 1,
        after: undefined,
        mostTasks: mostRunningSearched,
        pageSize: 500,
      }
      const [walked, depths] = await Promise.all([
        walkNewest(figures, options, (record) => {
          if (record.state === 'STARTED') tasks.push(runningTask(record, app, now))
          return 'go-on'
        }),
        Promise.all(queueNames.map((queue) => ports.queues.depth(queue))),
      ])
      const { tasks: seen, until, complete } = walked
      tasks.sort((a, b) => (a.startedAt ?? now) - (b.startedAt ?? now))
      const inFlight = depths.reduce((sum, depth) => sum + depth.inFlight, 0)
      return { tasks, inFlight, looked: { tasks: seen, until, complete } }
    },

    async names(range) {
      const sample = await sampler.of(range)
      return { names: namesIn(sample), looked: sample.looked }
    },
  }
}

const severities = ['bad', 'warning', 'note'] as const

function bySeverity(a: Finding, b: Finding): number {
  return severities.indexOf(a.severity) - severities.indexOf(b.severity) || (b.since ?? 0) - (a.since ?? 0)
}

/** A search that names a queue reads only that queue. */
function queuesOf(clauses: ReturnType<typeof parseSearch>['clauses'], all: readonly string[]): readonly string[] {
  const named = clauses.find((terms) =>
    terms.every((term) => term.field === 'queue' && !term.negated && !term.value.includes('*')),
  )
  if (named === undefined) return all
  const wanted = named.map(({ value }) => String(value).toLowerCase())
  return all.filter((queue) => wanted.includes(queue.toLowerCase()))
}

function searchable(record: TaskRecord, now: number, input: unknown): SearchableTask {
  const error = shownError(record, now)
  return {
    ...record,
    root: record.root ?? record.id,
    tags: decodeTags(record.tags),
    errorText: error && `${error.name}: ${error.message}`,
    input: () => input,
  }
}

function runningTask(record: TaskRecord, app: AppDefinition, now: number): RunningTask {
  const { leaseUntil, revokeRequestedAt, progress } = record
  const timeLimitMs = app.tasks.get(record.task)?.timeLimitMs
  return {
    ...taskRow(record, now),
    ...(timeLimitMs !== undefined && { timeLimitMs }),
    ...(leaseUntil !== undefined && { leaseUntil }),
    ...(revokeRequestedAt !== undefined && { revokeRequestedAt }),
    ...(progress !== undefined && { progress: progress.slice(0, 200) }),
  }
}
