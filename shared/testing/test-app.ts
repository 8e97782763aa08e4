import type { InspectedMessage } from '../../localstack/sqs/model/index.ts'
import type { AppDefinition } from '../core/app.ts'
import { type Duration, toMs } from '../core/duration.ts'
import { decode, type Json } from '../core/json.ts'
import { deadQueueName, queueName } from '../core/names.ts'
import { type VisibleState, visibleState } from '../core/states.ts'
import type { Decide, PortMethod } from '../memory/faults.ts'
import type { LogLine } from '../memory/recording-telemetry.ts'
import type { Ports, Queues, TaskEvent } from '../ports/index.ts'
import { type CrashPoint, holdTasks } from './held-tasks.ts'
import { type InjectedFault, InjectedFaults } from './injected-faults.ts'
import { createMemoryWorld } from './memory-world.ts'
import { Turns } from './turns.ts'
import { VirtualTick } from './virtual-tick.ts'

/** What the kit needs of an app: `createApp()` gives it. */
export interface TestableApp {
  readonly definition: AppDefinition
  connect(ports: Ports): void
}

/** A task of the app, or its name. */
export type TaskName = string | { readonly definition: { readonly name: string } }

export interface TestAppOptions {
  /** Of ids and jitter, so that a test is the same every time. @default 1 */
  readonly seed?: number | string
  /** The clock's first instant. @default 2026-01-01T00:00:00Z */
  readonly startAt?: Date
  /** Works what is enqueued, and what it enqueues, before `delay()` resolves: no `run()` is needed. What is due later waits for `advance()`. @default false */
  readonly inline?: boolean
  /** Injects faults into the table and the queues, entry by entry: a lost answer, a throttled claim, a message that gets out twice. For a few in a row: `inject()`. */
  readonly faults?: Decide
  /** Real time a task may take before virtual time goes on around it. @default '1s' */
  readonly patience?: Duration
}

/** A message that was enqueued, as the task's record or, with the ledger off, its message tells. */
export interface EnqueuedTask {
  readonly id: string
  readonly task: string
  readonly queue: string
  readonly input: unknown
  readonly state: VisibleState | undefined
  readonly availableAt: Date | undefined
}

/** A message in a dead-letter queue. */
export interface DeadLetter {
  readonly id: string | undefined
  readonly task: string | undefined
  readonly queue: string
  readonly reason: string
  readonly input: unknown
  readonly error: { readonly name: string; readonly message: string } | undefined
  /** The body as it lies in the queue. */
  readonly body: string
}

/** An app on the memory ports: real client, real worker, a model of SQS, and time that moves when the test says so. */
export interface TestApp {
  /** Works all that is due, and what becomes due at once by it. Resolves with the number of deliveries. */
  run(): Promise<number>
  /** Moves time on, working what becomes due on the way: messages, delays, schedules. Time in which nothing happens costs nothing. */
  advance(duration: Duration): Promise<void>
  readonly now: Date
  /** All that was enqueued, of one task or of all, in order. */
  enqueued(task?: TaskName): Promise<readonly EnqueuedTask[]>
  deadLetters(queue?: string): readonly DeadLetter[]
  /** Sends all dead letters of a queue back, as the AWS console does. Resolves with how many. */
  redrive(queue: string): Promise<number>
  /** Delivers each waiting message of a queue once more: at-least-once delivery, made certain. */
  duplicate(queue: string): Promise<number>
  /**
   * The next run of the task ends its process, as an exhausted memory does: `before` its first line, or `after` its last one, with its effects outside
   * but nothing settled. Called twice: the next two runs. Its batch comes again when its visibility ends: `advance()`.
   */
  crash(task: TaskName, when?: CrashPoint): void
  /** The next calls of table or queues meet a fault. @example test.inject({ at: 'records.update', type: 'throttled', times: 3 }) */
  inject(fault: InjectedFault): void
  readonly events: readonly TaskEvent[]
  readonly logs: readonly LogLine[]
  /** The ports the app is connected to, for what this kit has no word for. */
  readonly ports: Ports
}

/**
 * Connects an app to queues and a table in memory, on a virtual clock.
 *
 * @example
 * const test = createTestApp(app)
 * const handle = await sendEmail.delay({ to: 'ada@example.com', name: 'Ada' })
 * await test.run()
 * await handle.get() // { messageId: '…' }
 */
export function createTestApp(app: TestableApp, options: TestAppOptions = {}): TestApp {
  const definition = app.definition
  const patienceMs = toMs(options.patience ?? 1, 'createTestApp: patience')
  // The worker's view of the app is made once the clock is there.
  let tasks: AppDefinition['tasks'] = definition.tasks
  const view: AppDefinition = {
    ...definition,
    get tasks() {
      return tasks
    },
  }
  const injected = new InjectedFaults()
  const world = createMemoryWorld(view, {
    ...(options.seed !== undefined && { seed: options.seed }),
    ...(options.startAt && { startAt: options.startAt.getTime() }),
    faults: (call) => options.faults?.(call) ?? injected.take(`${call.port}.${call.method}` as PortMethod),
  })
  const { clock, model, ports, telemetry } = world
  const crashes: { readonly task: string; readonly when: CrashPoint }[] = []
  const crashOf = (task: string): CrashPoint | undefined => {
    const next = crashes.findIndex((each) => each.task === task)
    return next === -1 ? undefined : crashes.splice(next, 1)[0]?.when
  }

  const workAll = async (): Promise<number> => {
    // Contracts may be implemented after the test app was made: read at each look.
    tasks = holdTasks(definition.tasks, { clock, patienceMs, crashOf, crash: () => world.crash() })
    let total = 0
    for (;;) {
      const worked = await world.workOnce()
      if (worked === 0) return total
      total += worked
    }
  }

  const virtualTick = new VirtualTick({ app: view, ports, table: world.table, clock })
  const releaseAndWork = async (): Promise<number> => {
    if (virtualTick.nextAt() <= clock.now()) await virtualTick.run()
    return workAll()
  }

  const turns = new Turns(clock, releaseAndWork)
  const queues: Queues = {
    ...ports.queues,
    // Nobody waits for a message in real time, and virtual time does not move by itself.
    receive: (queue, receiveOptions) => ports.queues.receive(queue, { ...receiveOptions, waitSeconds: 0 }),
    async send(queue, messages) {
      const answers = await ports.queues.send(queue, messages)
      // What tasks enqueue is worked in the turn that works them.
      if (options.inline && !turns.isTaken) await turns.take(workAll)
      return answers
    },
  }
  app.connect({ ...ports, queues, clock: turns.clock })

  const messagesOf = (name: string) => model.inspect.messages(name)

  const test: TestApp = {
    run: () => turns.take(releaseAndWork),
    advance: (duration) =>
      turns.take(async () => {
        const end = clock.now() + toMs(duration, 'advance')
        await releaseAndWork()
        while (clock.now() < end) {
          const next = Math.min(model.inspect.nextChangeAt() ?? end, virtualTick.nextAt(), end)
          await clock.advance(Math.max(1, next - clock.now()))
          await releaseAndWork()
        }
      }),
    get now() {
      return new Date(clock.now())
    },
    async enqueued(task) {
      const name = task === undefined ? undefined : nameOf(task)
      const ids = telemetry.ofType('queued').filter((event) => name === undefined || event.task === name)
      const records = await ports.records.read([...new Set(ids.map((event) => event.id))], { consistent: true })
      const byId = new Map(records.flatMap((record) => (record === undefined ? [] : [[record.id, record] as const])))
      const apart = records.flatMap((record) =>
        record?.inputRef === undefined ? [] : [{ id: record.id, ref: record.inputRef }],
      )
      const texts = await ports.inputs.read(apart)
      const inputs = new Map(apart.map(({ id }, index) => [id, texts[index]]))
      return ids.map(({ id, task: each, queue, availableAt }) => {
        const record = byId.get(id)
        const text = record?.input ?? inputs.get(id)
        return {
          id,
          task: each,
          queue,
          input:
            text === undefined
              ? inputOfMessage(messagesOf(queueName(definition.prefix, queue)), id)
              : decode(JSON.parse(text) as Json),
          state: record && visibleState(record.state, record.availableAt, clock.now()),
          availableAt: availableAt === undefined ? undefined : new Date(availableAt),
        }
      })
    },
    deadLetters(queue) {
      const queues = queue === undefined ? Object.keys(definition.queues) : [queue]
      return queues.flatMap((each) =>
        messagesOf(deadQueueName(definition.prefix, each)).map((message) => deadLetterOf(message, each)),
      )
    },
    async redrive(queue) {
      const dead = await ports.queues.receive(queue, { max: 10, waitSeconds: 0, dead: true })
      if (dead.length === 0) return 0
      await ports.queues.send(
        queue,
        dead.map(({ body }) => ({ body })),
      )
      await ports.queues.acknowledge(
        queue,
        dead.map(({ receipt }) => receipt),
        { dead: true },
      )
      return dead.length + (await test.redrive(queue))
    },
    async duplicate(queue) {
      const bodies = messagesOf(queueName(definition.prefix, queue)).map(({ body }) => ({ body }))
      await ports.queues.send(queue, bodies)
      return bodies.length
    },
    crash: (task, when = 'after') => void crashes.push({ task: nameOf(task), when }),
    inject: (fault) => injected.add(fault),
    events: telemetry.events,
    logs: telemetry.logs,
    ports,
  }
  return test
}

/** A task's name, of itself or of its name. */
export function nameOf(task: TaskName): string {
  return typeof task === 'string' ? task : task.definition.name
}

function parsed(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function inputOfMessage(messages: readonly InspectedMessage[], id: string): unknown {
  const message = messages.map(({ body }) => parsed(body)).find((each) => each.id === id)
  return message?.input === undefined ? undefined : decode(message.input as Json)
}

function deadLetterOf({ body, messageAttributes }: InspectedMessage, queue: string): DeadLetter {
  const message = parsed(body)
  const note = message.dead as { reason?: string; error?: { name: string; message: string } } | undefined
  return {
    id: typeof message.id === 'string' ? message.id : undefined,
    task: typeof message.task === 'string' ? message.task : undefined,
    queue,
    reason: note?.reason ?? messageAttributes?.reason?.StringValue ?? 'max-receives',
    input: message.input === undefined ? undefined : decode(message.input as Json),
    error: note?.error && { name: note.error.name, message: note.error.message },
    body,
  }
}
