import { hash } from 'node:crypto'
import { boundsOf, type Histogram, mergeHistograms } from './histogram.ts'

/** How often tasks ended in each way. `other`: expired, revoked or ignored. `back`: snoozed or requeued, without a counted attempt. */
export interface TaskCounts {
  readonly succeeded: number
  readonly failed: number
  readonly retried: number
  readonly other: number
  readonly dead: number
  readonly back: number
  /** Total run time, ms. */
  readonly runMs: number
  /** Run times, ms. */
  readonly runs: Histogram
}

/** What a batch adds to the statistics of its queue. */
export interface QueueCounts {
  /** By task name. */
  readonly tasks: Readonly<Record<string, TaskCounts>>
  readonly expired: number
  readonly revoked: number
  readonly ignored: number
  /** Time from due to first run, ms, for all tasks of the queue. */
  readonly waits: Histogram
  readonly waitMs: number
}

/** Counters of one item, by attribute. */
export type Counters = Readonly<Record<string, number>>

/** Stands for tasks whose name is not in the item's list. */
export const otherTasks = '*'

export const noTaskCounts: TaskCounts = {
  succeeded: 0,
  failed: 0,
  retried: 0,
  other: 0,
  dead: 0,
  back: 0,
  runMs: 0,
  runs: {},
}

export const noCounts: QueueCounts = { tasks: {}, expired: 0, revoked: 0, ignored: 0, waits: {}, waitMs: 0 }

const letters = {
  succeeded: 's',
  failed: 'f',
  retried: 'r',
  other: 'x',
  dead: 'd',
  back: 'z',
  runMs: 't',
} as const satisfies Record<Exclude<keyof TaskCounts, 'runs'>, string>

const queueAttributes = { expired: 'E', revoked: 'V', ignored: 'I', waitMs: 'W' } as const

type TaskCounter = keyof typeof letters
type QueueCounter = keyof typeof queueAttributes

const taskCounters = Object.keys(letters) as TaskCounter[]
const queueCounters = Object.keys(queueAttributes) as QueueCounter[]
const counterOfLetter = new Map<string, TaskCounter>(taskCounters.map((counter) => [letters[counter], counter]))
const counterOfAttribute = new Map<string, QueueCounter>(
  queueCounters.map((counter) => [queueAttributes[counter], counter]),
)

/** Identifies a list of names in item keys, since a name's position depends on the whole list. 8 characters. */
export function namesHash(names: readonly string[]): string {
  return hash('sha256', JSON.stringify(names), 'base64url').slice(0, 8)
}

/**
 * Converts counts to the counters of a five-minute item. Names are short so that the item fits into one write unit:
 *
 * | attribute | counts |
 * |---|---|
 * | `0s` `0f` `0r` … `4r` | succeeded, failed, retried of the whole queue, by minute |
 * | `s<i> f<i> r<i> x<i> d<i> z<i> t<i>` | succeeded, failed, retried, other ends, dead letters, came back, run ms of name `i` |
 * | `b<i><c>` | runs of name `i` in bucket `c` |
 * | `w<c>`, `W` | the queue's waits in bucket `c`, total wait in ms |
 * | `E V I` | expired, revoked, ignored of the whole queue |
 *
 * `i` is the name's position among the sorted names, or the number of names for any other name. Zeros are left out.
 *
 * @param minute 0 to 4, within the five minutes
 */
export function countersOf(counts: QueueCounts, names: readonly string[], minute: number): Counters {
  const counters: Record<string, number> = {}
  const add = (attribute: string, amount: number): void => {
    if (amount !== 0) counters[attribute] = (counters[attribute] ?? 0) + amount
  }
  for (const [name, task] of Object.entries(counts.tasks)) {
    const position = names.indexOf(name)
    const index = position === -1 ? names.length : position
    for (const counter of taskCounters) add(`${letters[counter]}${index}`, task[counter])
    for (const [bucket, count] of Object.entries(task.runs)) add(`b${index}${bucket}`, count)
    for (const counter of ['succeeded', 'failed', 'retried'] as const)
      add(`${minute}${letters[counter]}`, task[counter])
  }
  for (const counter of queueCounters) add(queueAttributes[counter], counts[counter])
  for (const [bucket, count] of Object.entries(counts.waits)) add(`w${bucket}`, count)
  return counters
}

/** Reads an item's counts. Attributes of later versions are skipped. */
export function countsOf(counters: Counters, names: readonly string[]): QueueCounts {
  const tasks: Record<string, TaskCounts> = {}
  const totals = { expired: 0, revoked: 0, ignored: 0, waitMs: 0 }
  const waits: Record<string, number> = {}
  const change = (index: string, of: (counts: TaskCounts) => Partial<TaskCounts>): void => {
    const name = names[Number(index)] ?? otherTasks
    const counts = tasks[name] ?? noTaskCounts
    tasks[name] = { ...counts, ...of(counts) }
  }
  for (const [attribute, amount] of Object.entries(counters)) {
    const total = counterOfAttribute.get(attribute)
    const [first = '', rest, last = ''] = [attribute[0], attribute.slice(1), attribute.at(-1)]
    const counter = counterOfLetter.get(first)
    if (total !== undefined) totals[total] += amount
    else if (counter !== undefined && /^\d+$/.test(rest))
      change(rest, (counts) => ({ [counter]: counts[counter] + amount }))
    else if (boundsOf(last) === undefined) continue
    else if (first === 'w' && rest === last) waits[last] = (waits[last] ?? 0) + amount
    else if (first === 'b' && /^\d+$/.test(rest.slice(0, -1)))
      change(rest.slice(0, -1), ({ runs }) => ({ runs: mergeHistograms(runs, { [last]: amount }) }))
  }
  return { tasks, ...totals, waits }
}

export function addCounts(a: QueueCounts, b: QueueCounts): QueueCounts {
  const tasks: Record<string, TaskCounts> = { ...a.tasks }
  for (const [name, counts] of Object.entries(b.tasks)) tasks[name] = addTaskCounts(tasks[name] ?? noTaskCounts, counts)
  return {
    tasks,
    expired: a.expired + b.expired,
    revoked: a.revoked + b.revoked,
    ignored: a.ignored + b.ignored,
    waits: mergeHistograms(a.waits, b.waits),
    waitMs: a.waitMs + b.waitMs,
  }
}

export function addTaskCounts(a: TaskCounts, b: TaskCounts): TaskCounts {
  const sum = (counter: TaskCounter): number => a[counter] + b[counter]
  return {
    succeeded: sum('succeeded'),
    failed: sum('failed'),
    retried: sum('retried'),
    other: sum('other'),
    dead: sum('dead'),
    back: sum('back'),
    runMs: sum('runMs'),
    runs: mergeHistograms(a.runs, b.runs),
  }
}

/** The total of all task names. */
export function totalOf({ tasks }: QueueCounts): TaskCounts {
  return Object.values(tasks).reduce(addTaskCounts, noTaskCounts)
}
