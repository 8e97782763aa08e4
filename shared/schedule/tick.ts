import { allShards, lastMinuteOf, minuteMs, minuteOf, type ShardRange } from '../core/due.ts'
import { errorText } from '../core/error-data.ts'
import { type ScheduleDefinition, schedulesHash } from '../core/schedule-record.ts'
import type { DueItem, TickState } from '../ports/index.ts'
import type { ScheduleDeps } from './deps.ts'
import { errorOf, releaseSchedule } from './release.ts'
import { releaseTasks } from './release-tasks.ts'
import { syncSchedules } from './sync-schedules.ts'

export interface TickOptions {
  /** @default all */
  readonly range?: ShardRange
  /** Epoch ms at which the process is stopped. */
  readonly deadlineAt: number
  /** The schedules that the app's code defines. */
  readonly schedules?: ReadonlyMap<string, ScheduleDefinition>
}

export interface TickReport {
  /** False: another tick had the lease. */
  readonly worked: boolean
  readonly minutes: number
  readonly tasks: number
  readonly schedules: number
  /** The last minute that was sent completely. */
  readonly doneUntil: number | undefined
  /** Failures that the next tick tries again. */
  readonly failures: number
}

/** Two ticks at once are harmless; the lease avoids double work. */
const leaseMs = 90_000
/** Time kept free before the deadline. */
const marginMs = 5_000
const shardsAtOnce = 8
const schedulesAtOnce = 8
/** The tick writes its progress at its end and, in a backlog, after so many minutes. */
const minutesPerAdvance = 10
/** How far the first tick looks back: producers may have been deployed before it. */
const firstLookBackMs = 24 * 60 * minuteMs

/**
 * Sends what is due within the next three minutes, minute by minute, from where the last tick stopped. No minute is skipped: if the table does not
 * answer, the next tick starts with that minute; if a queue refuses a message, the next tick sends it. Concurrent or crashed ticks send a second copy at worst.
 */
export async function runTick(deps: ScheduleDeps, options: TickOptions): Promise<TickReport> {
  const { range = allShards, deadlineAt, schedules = new Map<string, ScheduleDefinition>() } = options
  const { ports } = deps
  const token = ports.random.token()
  const startedAt = ports.clock.now()
  const count = { tasks: 0, schedules: 0, failures: 0 }
  const states = await ports.ticks.read()
  let doneUntil = doneBefore(range, states) ?? minuteOf(startedAt - firstLookBackMs)
  const lease = { range, token, now: startedAt, leaseUntil: startedAt + leaseMs }
  const [taken] = await ports.ticks.write([lease])
  if (taken?.status === 'refused') return { worked: false, minutes: 0, doneUntil, ...count }
  if (taken?.status !== 'done') throw errorOf(taken)

  const codeHash = range.from === 0 ? await sync(states, schedules, deps, count) : undefined
  const advance = async (ends: boolean): Promise<void> => {
    const now = ports.clock.now()
    const kept = { ...(!ends && { leaseUntil: now + leaseMs }), ...(codeHash !== undefined && { codeHash }) }
    const [answer] = await ports.ticks.write([{ range, token, now, doneUntil, ...kept }])
    // Refused: this tick was slow and another one took over. The work of this one is still valid.
    if (answer?.status !== 'done' && answer?.status !== 'refused') throw errorOf(answer)
  }

  let minutes = 0
  while (doneUntil < lastMinuteOf(ports.clock.now())) {
    if (ports.clock.now() > deadlineAt - marginMs) break
    if (!(await releaseMinute(doneUntil + 1, range, deps, count))) break
    doneUntil++
    minutes++
    if (minutes % minutesPerAdvance === 0) await advance(false)
  }
  await advance(true)
  return { worked: true, minutes, doneUntil, ...count }
}

/**
 * The last minute that is done for all shards of a range. After a change of the ranges, several states may cover a shard: the latest
 * one counts.
 */
function doneBefore(range: ShardRange, states: readonly TickState[]): number | undefined {
  let least: number | undefined
  for (let shard = range.from; shard < range.to; shard++) {
    const done = states.flatMap((state) =>
      state.doneUntil !== undefined && state.range.from <= shard && shard < state.range.to ? [state.doneUntil] : [],
    )
    if (done.length === 0) return undefined
    least = Math.min(least ?? Infinity, Math.max(...done))
  }
  return least
}

/** Returns the hash to write after a successful synchronisation. Undefined: nothing changed, or it failed. */
async function sync(
  states: readonly TickState[],
  schedules: ReadonlyMap<string, ScheduleDefinition>,
  deps: ScheduleDeps,
  count: { failures: number },
): Promise<string | undefined> {
  const hash = schedulesHash(schedules.values())
  const last = states.filter(({ range }) => range.from === 0).sort((a, b) => (b.at ?? 0) - (a.at ?? 0))[0]
  if (last?.codeHash === hash) return undefined
  try {
    await syncSchedules(schedules, deps)
    return hash
  } catch (error) {
    count.failures++
    fail('Schedules could not be synchronised; the next tick tries again.', error, deps)
    return undefined
  }
}

/** Returns whether everything of the minute was sent. */
async function releaseMinute(
  minute: number,
  range: ShardRange,
  deps: ScheduleDeps,
  count: { tasks: number; schedules: number; failures: number },
): Promise<boolean> {
  const failuresBefore = count.failures
  const shards = Array.from({ length: range.to - range.from }, (_, index) => range.from + index)
  await inLanes(shardsAtOnce, shards, async (shard) => {
    try {
      await releaseShard(minute, shard, deps, count)
    } catch (error) {
      count.failures++
      fail('What is due could not be read or removed; the next tick tries again.', error, deps, { minute, shard })
    }
  })
  return count.failures === failuresBefore
}

async function releaseShard(
  minute: number,
  shard: number,
  deps: ScheduleDeps,
  count: { tasks: number; schedules: number; failures: number },
): Promise<void> {
  const { due } = deps.ports
  let cursor: string | undefined
  do {
    const page = await due.list(minute, shard, cursor)
    cursor = page.cursor
    const tasks = page.items.filter(({ kind }) => kind === 'task')
    const schedules = page.items.filter(({ kind }) => kind === 'schedule')
    const sent = tasks.length === 0 ? new Set<DueItem>() : await releaseTasks(tasks, deps)
    const released = await releaseSchedules(schedules, minute, deps)
    count.tasks += sent.size
    count.schedules += released.size
    await postpone(
      page.items.filter((item) => !sent.has(item) && !released.has(item)),
      deps,
    )
    if (page.items.length > 0) await due.remove(page.items)
  } while (cursor !== undefined)
}

async function releaseSchedules(
  items: readonly DueItem[],
  minute: number,
  deps: ScheduleDeps,
): Promise<ReadonlySet<DueItem>> {
  const released = new Set<DueItem>()
  await inLanes(schedulesAtOnce, items, async (item) => {
    try {
      await releaseSchedule(item, { end: (minute + 1) * minuteMs, doneUntil: minute }, deps)
      released.add(item)
    } catch (error) {
      fail('A schedule could not be released; it is tried again in a minute.', error, deps, { schedule: item.id })
    }
  })
  return released
}

/** Moves unsent items to the first minute of the next tick, so that one failing queue does not hold up the others. */
async function postpone(items: readonly DueItem[], { ports }: ScheduleDeps): Promise<void> {
  if (items.length === 0) return
  const minute = lastMinuteOf(ports.clock.now()) + 1
  const answers = await ports.due.put(items.map((item) => ({ ...item, minute })))
  const unclear = answers.find(({ status }) => status !== 'done')
  if (unclear !== undefined) throw errorOf(unclear)
}

function fail(
  message: string,
  error: unknown,
  { ports }: ScheduleDeps,
  fields: Readonly<Record<string, unknown>> = {},
): void {
  ports.telemetry.log('error', message, { ...fields, error: errorText(error) })
}

/** Runs the work for all items, at most `lanes` at a time. The work must not throw. */
async function inLanes<Item>(
  lanes: number,
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane))
}
