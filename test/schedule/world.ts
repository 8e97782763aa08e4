import { createApp, type TaskContext } from 'celeriac'
import type { AppBuilder } from '../../shared/core/app.ts'
import { messageOf, recordOfCall } from '../../shared/core/call.ts'
import { compileCanvas, type DraftSource } from '../../shared/core/canvas.ts'
import { allShards, dueBodyBytes, minuteMs, minuteOf, type ShardRange } from '../../shared/core/due.ts'
import type { Json } from '../../shared/core/json.ts'
import { messageText } from '../../shared/core/message-codec.ts'
import { queueName } from '../../shared/core/names.ts'
import type { TaskRecord } from '../../shared/core/record.ts'
import { cron, occurrenceId, resolveRules, type ScheduleRules, type When } from '../../shared/core/schedule.ts'
import { type ScheduleDefinition, type ScheduleRecord, specHash } from '../../shared/core/schedule-record.ts'
import { Enqueuer } from '../../shared/enqueue/enqueuer.ts'
import type { DueItem, Ports } from '../../shared/ports/index.ts'
import { CertainLedger } from '../../shared/protocol/certain-ledger.ts'
import type { ScheduleDeps } from '../../shared/schedule/deps.ts'
import { occurrencesOf } from '../../shared/schedule/occurrences.ts'
import { runTick, type TickReport } from '../../shared/schedule/tick.ts'
import { createMemoryWorld } from '../../shared/testing/memory-world.ts'

// Virtual time does not wait for a module to be read.
await occurrencesOf(cron('* * * * *'))

/** 2026-05-01T09:00:00Z, a full minute. */
export const nine = Date.parse('2026-05-01T09:00:00Z')

export class Died extends Error {}

/** Asked before each call of a port, and told after it. Throws to let the process die there. */
export interface Watch {
  /** Returns the number of the call. */
  before?(call: string): number | undefined
  after?(call: string, index: number): void
}

/** Every method of these ports goes through the watch. */
function watched<Group extends object>(ports: Group, watch: Watch, prefix = ''): Group {
  return new Proxy(ports, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      const path = prefix === '' ? String(name) : `${prefix}.${String(name)}`
      if (typeof value === 'object' && value !== null && prefix === '' && !local.has(path))
        return watched(value, watch, path)
      if (typeof value !== 'function' || prefix === '') return value
      return async (...given: unknown[]) => {
        const index = watch.before?.(path) ?? 0
        const answer: unknown = await value.apply(target, given)
        watch.after?.(path, index)
        return answer
      }
    },
  })
}

const local: ReadonlySet<string> = new Set(['clock', 'random', 'telemetry'])

/** A process that dies at its nth call of a port, before or after it took effect. What it asks after that has no effect. */
export function dyingAt(nth: number, when: 'before' | 'after'): Watch & { readonly calls: () => readonly string[] } {
  const calls: string[] = []
  let dead = false
  const die = (): never => {
    dead = true
    throw new Died()
  }
  return {
    calls: () => calls,
    before(call) {
      if (dead) die()
      calls.push(call)
      if (when === 'before' && calls.length === nth) die()
      return calls.length
    },
    after(_call, index) {
      if (dead || (when === 'after' && index === nth)) die()
    },
  }
}

export interface TickSettings {
  readonly range?: ShardRange
  readonly schedules?: ReadonlyMap<string, ScheduleDefinition>
  readonly watch?: Watch
  /** How far this process's clock is ahead. */
  readonly skewMs?: number
  readonly deadlineMs?: number
}

/** An app on memory ports, whose ticks are run by the test. */
export function scheduleWorld({
  startAt = nine - 10 * minuteMs,
  isNew = false,
}: {
  readonly startAt?: number
  /** No tick has ever run: the first looks a day back. */
  readonly isNew?: boolean
} = {}) {
  const app = createApp({ name: 'shop', queues: { default: {}, slow: {} }, defaults: { queue: 'default' } })
  ;(app.definition as AppBuilder).parks = true
  const runs: {
    readonly id: string
    readonly at: number
    readonly schedule: TaskContext['schedule']
    readonly input: unknown
  }[] = []
  const run = (input: unknown, ctx: TaskContext) => {
    runs.push({ id: ctx.id, at: clock.now(), schedule: ctx.schedule, input })
  }
  const report = app.task('report', {}, (input: { day?: Date; fill?: string }, ctx) => run(input, ctx))
  const fails = app.task('fails', { retry: false }, (input: unknown, ctx) => {
    run(input, ctx)
    throw new Error('as it should')
  })
  const world = createMemoryWorld(app.definition, { startAt })
  const { clock, model, telemetry } = world
  app.connect(world.ports)
  const { due, schedules, ticks } = world.table
  if (!isNew) {
    void ticks.write([{ range: allShards, token: 'earlier', now: startAt, doneUntil: minuteOf(startAt) - 3 }])
  }

  const depsOf = (watch: Watch = {}, skewMs = 0): ScheduleDeps => {
    const shifted = { ...world.ports.clock, now: () => clock.now() + skewMs, timer: clock.timer.bind(clock) }
    const ports: Ports = watched({ ...world.ports, clock: shifted }, watch)
    const ledger = new CertainLedger(ports)
    return { app: app.definition, ports, ledger, enqueuer: new Enqueuer(ports, ledger) }
  }

  /** One tick. A process that dies leaves no report. */
  const tick = async (settings: TickSettings = {}): Promise<TickReport | undefined> => {
    const { watch, skewMs = 0, deadlineMs = 2 * minuteMs, ...rest } = settings
    const options = { ...rest, deadlineAt: clock.now() + skewMs + deadlineMs }
    try {
      return await clock.runUntilSettled(runTick(depsOf(watch, skewMs), options))
    } catch (error) {
      if (error instanceof Died) return undefined
      throw error
    }
  }

  /** Ticks each minute up to an instant, and works what arrives. Ticks come 7 s after the full minute. */
  const live = async (until: number, settings: TickSettings = {}): Promise<void> => {
    while (clock.now() < until) {
      const next = (minuteOf(clock.now() - 7_000) + 1) * minuteMs + 7_000
      await workUntil(Math.min(next, until))
      if (clock.now() === next) await tick(settings)
    }
  }

  const workUntil = async (until: number): Promise<void> => {
    for (;;) {
      while ((await world.workOnce()) > 0);
      if (clock.now() >= until) return
      const next = Math.min(model.inspect.nextChangeAt() ?? until, until)
      await clock.advance(Math.max(1, next - clock.now()))
    }
  }

  const define = (
    name: string,
    when: When,
    source: DraftSource<Date> = report.s({}),
    rules: ScheduleRules = {},
  ): ScheduleDefinition => {
    const spec = { when, canvas: compileCanvas(source), rules: resolveRules(name, rules) }
    return { name, spec, hash: specHash(spec) }
  }
  const code = (...definitions: readonly ScheduleDefinition[]) => new Map(definitions.map((each) => [each.name, each]))

  const scheduleOf = async (name: string): Promise<ScheduleRecord> => {
    const [record] = await schedules.read([name])
    if (record === undefined) throw new Error(`no schedule ${name}`)
    return record
  }
  const recordOf = async (id: string): Promise<TaskRecord | undefined> => {
    const [record] = await world.ports.records.read([id], { consistent: true })
    return record
  }
  /** What an enqueue leaves that parks: a record, and a due item. */
  const park = async (id: string, at: number, input: Json = {}): Promise<DueItem> => {
    const call = { id, task: 'report', queue: 'default', input, enqueuedAt: clock.now(), availableAt: at }
    const entry = recordOfCall(call, 'token')
    await world.ports.records.insert([entry])
    const body = messageText(messageOf(entry.record, input))
    const small = Buffer.byteLength(body) <= dueBodyBytes
    const item: DueItem = {
      minute: minuteOf(at),
      kind: 'task',
      id,
      at,
      generation: 0,
      queue: 'default',
      ...(small && { body }),
    }
    await due.put([item])
    return item
  }
  const occurrence = (name: string, at: number): string => occurrenceId('shop', name, at)
  const waiting = (queue: 'default' | 'slow' = 'default') => model.inspect.messages(queueName('shop', queue))

  return {
    app,
    clock,
    model,
    telemetry,
    world,
    due,
    schedules,
    ticks,
    runs,
    report,
    fails,
    depsOf,
    tick,
    live,
    workUntil,
    define,
    code,
    scheduleOf,
    recordOf,
    park,
    occurrence,
    waiting,
  }
}
