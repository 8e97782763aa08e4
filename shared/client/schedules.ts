import type { AppDefinition } from '../core/app.ts'
import { type CanvasNode, compileCanvas, type StoredOptions } from '../core/canvas.ts'
import type { Duration } from '../core/duration.ts'
import { CeleriacError, DefinitionError } from '../core/errors.ts'
import type { Ref } from '../core/reference.ts'
import {
  checkScheduleName,
  manualRunId,
  type ResolvedRules,
  resolveRules,
  type ScheduleRules,
  type When,
} from '../core/schedule.ts'
import {
  type ScheduleDefinition,
  type ScheduleRecord,
  type ScheduleSource,
  specHash,
  specOf,
} from '../core/schedule-record.ts'
import { type CallOptions, resolveCall } from '../enqueue/call-options.ts'
import {
  changedSchedule,
  newSchedule,
  pausedSchedule,
  removedSchedule,
  resumedSchedule,
  writeSchedule,
} from '../schedule/change-schedule.ts'
import { prepareOccurrence } from '../schedule/fire.ts'
import { occurrencesOf } from '../schedule/occurrences.ts'
import { firstOccurrence } from '../schedule/plan-release.ts'
import { AsyncResult } from './async-result.ts'
import type { Services } from './services.ts'
import type { Signature } from './signature.ts'

/** What a schedule's occurrences have in common: the rules of the schedule, and the options of each call. */
export interface ScheduleOptions<QueueName extends string = string>
  extends ScheduleRules,
    Omit<CallOptions<QueueName>, 'countdown' | 'eta' | 'expires' | 'taskId' | 'idempotencyKey' | 'traceparent'> {
  /** Not to be started later than this after the occurrence's instant. */
  readonly expires?: Duration
}

/** What a schedule starts: a call, or a function that makes one of the occurrence's instant. The function is called once, now: `at` is a reference. */
export type Scheduled = Signature<unknown, unknown> | ((at: Ref<Date>) => Signature<unknown, unknown>)

/** A schedule as it stands. */
export interface ScheduleInfo {
  readonly name: string
  readonly when: When
  readonly task: string
  /** Defined in code, or created at run time. */
  readonly source: ScheduleSource
  readonly description: string | undefined
  /** The first occurrence that was not released yet. Undefined: it has finished. */
  readonly nextAt: Date | undefined
  /** The last occurrence that was released, up to four minutes ahead of its time. */
  readonly lastAt: Date | undefined
  /** Its task. */
  readonly lastId: string | undefined
  readonly paused: boolean
  /** Occurrences released so far. */
  readonly fired: number
  /** Occurrences that were late and passed over. */
  readonly missed: number
  /** Why the last occurrence could not be enqueued. */
  readonly error: string | undefined
}

/** Schedules at run time. Those of the code can be listed, paused, resumed and run here too; they are changed in code. */
export interface Schedules<QueueName extends string = string> {
  /** @throws {DefinitionError} the rule or an option cannot work. @throws {CeleriacError} `schedule-exists` */
  create(name: string, when: When, call: Scheduled, options?: ScheduleOptions<QueueName>): Promise<ScheduleInfo>
  /** Replaces rule, call and options. What was released already runs. @throws {CeleriacError} `schedule-not-found`, `schedule-in-code` */
  update(name: string, when: When, call: Scheduled, options?: ScheduleOptions<QueueName>): Promise<ScheduleInfo>
  get(name: string): Promise<ScheduleInfo | undefined>
  /** In no order; a page may be empty and still have a cursor. */
  list(query?: { readonly prefix?: string; readonly limit?: number; readonly cursor?: string }): Promise<{
    readonly schedules: readonly ScheduleInfo[]
    readonly cursor?: string
  }>
  pause(name: string): Promise<ScheduleInfo>
  /** Goes on from now. `catchUp`: what passed meanwhile is treated as missed, by the schedule's own rule. */
  resume(name: string, options?: { readonly catchUp?: boolean }): Promise<ScheduleInfo>
  remove(name: string): Promise<void>
  /** Runs it once more, now. Its occurrences stay as they are. */
  runNow(name: string): Promise<AsyncResult<unknown>>
  /** The next instants of a schedule, or of a rule. */
  next(of: string | When, count?: number, options?: { readonly from?: Date }): Promise<readonly Date[]>
}

const ruleNames: ReadonlySet<string> = new Set([
  'catchUp',
  'deadline',
  'jitter',
  'from',
  'until',
  'times',
  'paused',
  'description',
] satisfies (keyof ScheduleRules)[])

const refused: ReadonlySet<string> = new Set(['countdown', 'eta', 'taskId', 'idempotencyKey', 'traceparent'])

/** @throws {DefinitionError} naming the option, what was expected and what came */
export function defineSchedule(
  app: AppDefinition,
  name: string,
  when: When,
  call: Scheduled,
  options: ScheduleOptions = {},
): ScheduleDefinition {
  checkScheduleName(name)
  const owner = `schedule '${name}'`
  if (typeof when !== 'object' || when === null || !('kind' in when)) {
    throw new DefinitionError(`${owner}: when: expected cron(), every(), solar() or once(), received ${String(when)}.`)
  }
  const entries = Object.entries(options as Readonly<Record<string, unknown>>)
  const calls = entries.filter(([option, value]) => !ruleNames.has(option) && value !== undefined)
  for (const [option, value] of calls) {
    if (refused.has(option) || (option === 'expires' && value instanceof Date)) {
      throw new DefinitionError(
        `${owner}: ${option}: expected no ${option === 'expires' ? 'fixed instant' : 'such option'} for what happens again and again, received one.`,
      )
    }
  }
  const [node] = compileCanvas<Date>(call)
  if (node === undefined) throw new DefinitionError(`${owner}: expected a call, received none.`)
  const canvas = [withOptions(node, Object.fromEntries(calls))]
  const task = app.tasks.get(node.task)
  if (task === undefined) throw new DefinitionError(`${owner}: expected a task of this app, received '${node.task}'.`)
  if (task.ledger === 'off') {
    throw new DefinitionError(
      `${owner}: task '${task.name}': needs ledger 'full', received ledger 'off'. Its record is what keeps an occurrence from running twice.`,
    )
  }
  resolveCall(task, (canvas[0]?.options ?? {}) as CallOptions, app, 0)
  const spec = { when, canvas, rules: resolveRules(name, options) }
  return { name, spec, hash: specHash(spec) }
}

function withOptions(node: CanvasNode, options: StoredOptions): CanvasNode {
  const all = { ...node.options, ...options }
  return Object.keys(all).length === 0 ? node : { ...node, options: all }
}

export function createSchedules(services: Services): Schedules {
  const { app, ports } = services
  const read = async (name: string): Promise<ScheduleRecord | undefined> => {
    const [record] = await ports.schedules.read([name])
    return record?.removedAt === undefined ? record : undefined
  }
  /** Reads, changes and writes until nobody came in between. */
  const change = async (
    name: string,
    change: (record: ScheduleRecord, now: number) => ScheduleRecord | Promise<ScheduleRecord>,
  ): Promise<ScheduleInfo> => {
    for (let round = 0; round < 10; round++) {
      const record = await read(name)
      if (record === undefined) throw notFound(name)
      const next = await change(record, ports.clock.now())
      if (next === record || (await writeSchedule(next, record.v, services))) return infoOf((await read(name)) ?? next)
    }
    throw new CeleriacError('schedule-contended', `Schedule '${name}' kept being changed by others. Try again.`)
  }
  const refuseCode = (name: string, record: ScheduleRecord | undefined): void => {
    if (record?.source !== 'code' && !app.schedules.has(name)) return
    throw new CeleriacError(
      'schedule-in-code',
      `Schedule '${name}' is defined in code: change it there and deploy, or choose another name.`,
    )
  }

  return {
    async create(name, when, call, options) {
      const definition = defineSchedule(app, name, when, call, options)
      for (let round = 0; round < 10; round++) {
        const [record] = await ports.schedules.read([name])
        refuseCode(name, record?.removedAt === undefined ? record : undefined)
        if (record !== undefined && record.removedAt === undefined) {
          throw new CeleriacError('schedule-exists', `Schedule '${name}' exists. Change it with schedules.update().`)
        }
        const now = ports.clock.now()
        const next =
          record === undefined
            ? await newSchedule(definition, 'api', now)
            : await changedSchedule(record, definition, 'api', now)
        if (next.nextAt === undefined && when.kind === 'cron' && options?.until === undefined) {
          throw new DefinitionError(`schedule '${name}': '${when.fields}' never comes. Check day and month.`)
        }
        if (await writeSchedule(next, record?.v ?? 0, services)) return infoOf((await read(name)) ?? next)
      }
      throw new CeleriacError('schedule-contended', `Schedule '${name}' kept being changed by others. Try again.`)
    },
    async update(name, when, call, options) {
      const definition = defineSchedule(app, name, when, call, options)
      return change(name, (record, now) => {
        refuseCode(name, record)
        return changedSchedule(record, definition, 'api', now)
      })
    },
    async get(name) {
      const record = await read(name)
      return record && infoOf(record)
    },
    async list({ prefix, limit = 100, cursor } = {}) {
      const page = await ports.schedules.list({
        limit,
        ...(prefix !== undefined && { prefix }),
        ...(cursor !== undefined && { cursor }),
      })
      const schedules = page.records.filter(({ removedAt }) => removedAt === undefined).map(infoOf)
      return { schedules, ...(page.cursor !== undefined && { cursor: page.cursor }) }
    },
    pause: (name) =>
      change(name, (record, now) => (record.pausedAt === undefined ? pausedSchedule(record, now) : record)),
    resume: (name, { catchUp = false } = {}) =>
      change(name, (record, now) =>
        record.pausedAt === undefined ? record : resumedSchedule(record, { catchUp, now }),
      ),
    async remove(name) {
      for (let round = 0; round < 10; round++) {
        const record = await read(name)
        if (record === undefined) return
        refuseCode(name, record)
        if (await writeSchedule(removedSchedule(record, ports.clock.now()), record.v, services)) return
      }
      throw new CeleriacError('schedule-contended', `Schedule '${name}' kept being changed by others. Try again.`)
    },
    async runNow(name) {
      const record = await read(name)
      const definition = record ? specOf(record) : app.schedules.get(name)?.spec
      if (definition === undefined) throw notFound(name)
      const at = ports.clock.now()
      const id = manualRunId(app.name, name, at)
      const prepared = await prepareOccurrence(definition, { id, name, at, missed: 0 }, services)
      const [outcome] = await services.enqueuer.enqueue([prepared])
      if (outcome?.status === 'failed') throw outcome.error
      return new AsyncResult<unknown>(id, services)
    },
    async next(of, count = 5, { from = new Date(ports.clock.now()) } = {}) {
      const { when, rules } = typeof of === 'string' ? await specNamed(of) : { when: of, rules: noRules }
      const occurrences = await occurrencesOf(when)
      const found: Date[] = []
      for (let at = firstOccurrence(occurrences, rules, from.getTime()); at !== undefined && found.length < count; ) {
        found.push(new Date(at))
        at = firstOccurrence(occurrences, rules, at)
      }
      return found
    },
  }

  async function specNamed(name: string) {
    const record = await read(name)
    const spec = record ? specOf(record) : app.schedules.get(name)?.spec
    if (spec === undefined) throw notFound(name)
    return spec
  }
}

const noRules: ResolvedRules = { catchUp: 'last' }

function notFound(name: string): CeleriacError {
  return new CeleriacError(
    'schedule-not-found',
    `No schedule is named '${name}'. Those of new code appear with the next tick.`,
  )
}

function infoOf(record: ScheduleRecord): ScheduleInfo {
  const { name, source, nextAt, lastAt, lastId, fired, missed, error, pausedAt } = record
  const { when, canvas, rules } = specOf(record)
  return {
    name,
    when,
    task: canvas[0]?.task ?? '',
    source,
    description: rules.description,
    nextAt: nextAt === undefined ? undefined : new Date(nextAt),
    lastAt: lastAt === undefined ? undefined : new Date(lastAt),
    lastId,
    paused: pausedAt !== undefined,
    fired,
    missed,
    error,
  }
}
