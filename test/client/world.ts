import { createApp, IgnoreError, type TaskContext } from 'celeriac'
import { z } from 'zod'
import type { AppOptions } from '../../shared/core/app.ts'
import type { TaskMessage } from '../../shared/core/message.ts'
import { parseMessage } from '../../shared/core/message-codec.ts'
import { queueName } from '../../shared/core/names.ts'
import type { TaskRecord } from '../../shared/core/record.ts'
import type { Fault, PortCall } from '../../shared/memory/faults.ts'
import { createMemoryWorld, type MemoryWorld } from '../../shared/testing/memory-world.ts'

/** 2026-01-01T00:00:00Z */
export const start = 1_767_225_600_000

export interface FixtureOptions {
  /** Asked of each entry of each port call; the first that answers decides. */
  readonly faults?: (call: PortCall) => Fault | undefined
  readonly app?: Partial<AppOptions<'emails' | 'slow'>>
}

/** What a fixture task does, so that a case is one line. */
export interface Order {
  readonly x: number
  readonly mode?: 'return' | 'fail' | 'ignore' | 'retry-once' | 'always-retry' | 'nothing'
  readonly secret?: string
  readonly note?: string
}

const order = z.object({
  x: z.number(),
  mode: z.enum(['return', 'fail', 'ignore', 'retry-once', 'always-retry', 'nothing']).default('return'),
  secret: z.string().optional(),
  note: z.string().optional(),
})

export class ExpectedException extends Error {
  override readonly name = 'ExpectedException'
  readonly code = 'expected'
}

/** An app with fixture tasks on the memory ports, its worker, and a look at everything. */
export function fixture(options: FixtureOptions = {}) {
  const app = createApp({ name: 'shop', queues: { emails: {}, slow: {} }, ...options.app })
  const runs: { id: string; x: number; attempt: number; generation: number }[] = []
  const run = async (input: z.output<typeof order>, ctx: TaskContext) => {
    runs.push({ id: ctx.id, x: input.x, attempt: ctx.attempt, generation: ctx.generation })
    if (input.mode === 'fail') throw new ExpectedException('Task expected to fail', { cause: new TypeError('because') })
    if (input.mode === 'ignore') throw new IgnoreError()
    if (input.mode === 'retry-once' && ctx.attempt === 1) ctx.retry({ delay: 1, error: new Error('once') })
    if (input.mode === 'always-retry') ctx.retry({ delay: 30, error: new ExpectedException('again') })
    return input.mode === 'nothing' ? undefined : { doubled: input.x * 2 }
  }
  const defined = { queue: 'emails', input: order, retry: { maxRetries: 3, jitter: false } } as const
  const plain = app.task('plain', { ...defined, sensitive: ['secret'] }, run)
  const keyed = app.task('keyed', { ...defined, idempotencyKey: ({ x }) => `order:${x}`, retry: false }, run)
  const off = app.task('off', { ...defined, ledger: 'off' }, run)
  const silent = app.task('silent', { ...defined, ignoreResult: true }, run)
  const world: MemoryWorld = createMemoryWorld(app.definition, {
    startAt: start,
    ...(options.faults && { faults: options.faults }),
  })
  app.connect(world.ports)
  const { clock, model, ports, telemetry } = world

  /** Works until nothing is due; with `until`, on through time. */
  const work = async (untilMs = 0): Promise<void> => {
    const end = clock.now() + untilMs
    for (;;) {
      while ((await world.workOnce()) > 0);
      if (clock.now() >= end) return
      await clock.advance(Math.min(1_000, end - clock.now()))
    }
  }
  const messages = (queue: 'emails' | 'slow' = 'emails'): TaskMessage[] =>
    model.inspect.messages(queueName('shop', queue)).map(({ body }) => parseMessage(body))
  const record = async (id: string): Promise<TaskRecord> => {
    const [found] = await ports.records.read([id], { consistent: true })
    if (found === undefined) throw new Error(`no record ${id}`)
    return found
  }
  /** Lets time pass until it settles. */
  const settled = <Value>(promise: Promise<Value>): Promise<Value> => clock.runUntilSettled(promise)
  /** What it rejects with. */
  const rejection = async (promise: Promise<unknown>): Promise<unknown> => {
    try {
      const value = await settled(promise)
      return new Error(`expected a rejection, received ${JSON.stringify(value)}`)
    } catch (error) {
      return error
    }
  }
  return {
    app,
    plain,
    keyed,
    off,
    silent,
    world,
    clock,
    model,
    ports,
    telemetry,
    runs,
    work,
    messages,
    record,
    settled,
    rejection,
  }
}

/** Hits the calls of one method: those whose number (from 0) is listed, or all. */
export function hit(method: PortCall['method'], fault: Fault, calls?: readonly number[]) {
  return (call: PortCall): Fault | undefined =>
    call.method === method && (calls === undefined || calls.includes(call.call)) ? fault : undefined
}

/** The first fault that any of them gives. */
export function anyOf(...faults: readonly ((call: PortCall) => Fault | undefined)[]) {
  return (call: PortCall): Fault | undefined => {
    for (const fault of faults) {
      const found = fault(call)
      if (found !== undefined) return found
    }
    return undefined
  }
}
