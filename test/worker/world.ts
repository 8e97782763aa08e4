import { createSqsModel, type SqsModel } from '../../localstack/sqs/model/index.ts'
import { buildApp } from '../../shared/client/app.ts'
import type { PlainTaskOptions } from '../../shared/client/task-types.ts'
import { type AppOptions, timesOf } from '../../shared/core/app.ts'
import type { TaskContext } from '../../shared/core/context.ts'
import { parseErrorData } from '../../shared/core/error-data.ts'
import { IgnoreError, RejectError } from '../../shared/core/errors.ts'
import type { TaskMessage } from '../../shared/core/message.ts'
import type { ErrorData, TaskRecord } from '../../shared/core/record.ts'
import type { RetryOptions } from '../../shared/core/retry.ts'
import type { Decide } from '../../shared/memory/faults.ts'
import { createQueues } from '../../shared/memory/queue-setup.ts'
import { createMemoryQueues } from '../../shared/memory/queues.ts'
import { type RecordingTelemetry, recordingTelemetry } from '../../shared/memory/recording-telemetry.ts'
import { seededRandom } from '../../shared/memory/seeded-random.ts'
import { createMemoryTable, type MemoryTable } from '../../shared/memory/table.ts'
import { VirtualClock } from '../../shared/memory/virtual-clock.ts'
import type { Delivery, Queues } from '../../shared/ports/index.ts'
import { type CallPlan, type ProcessCall, SimulatedProcess } from '../../shared/testing/simulated-process.ts'
import { createBatchWorker } from '../../shared/worker/index.ts'
import { type InvocationEnd, type Invoked, Mapping } from '../simulation/mapping.ts'

/** What the fixture task does. All in one, so that a case is one line. */
export type Mode =
  | 'return'
  | 'throw'
  /** Throws in the first `times` attempts. */
  | 'throw-first'
  | 'retry'
  | 'reject'
  /** RejectError({ requeue: true }) in the first `times` runs. */
  | 'requeue'
  | 'ignore'
  /** Snoozes `ms` in the first `times` runs. */
  | 'snooze'
  /** Sleeps `ms`, listening to its signal. */
  | 'sleep'
  /** Sleeps `ms` whatever its signal says. */
  | 'deaf'
  /** Ends its process in the first `times` runs. */
  | 'exit'
  /** Blocks the event loop after `ms`, until its process is killed. */
  | 'block'
  /** Leaves a rejection that nobody handles, then sleeps `ms`. */
  | 'leak'
  | 'function'
  | 'progress'

export interface WorkInput {
  readonly mode?: Mode
  readonly value?: unknown
  readonly times?: number
  readonly ms?: number
}

/** One run of the fixture task's code. */
export interface SeenRun {
  readonly id: string
  readonly attempt: number
  readonly generation: number
  readonly receiveCount: number
  readonly at: number
  readonly process: string
  readonly context: TaskContext
  /** When the function returned or threw. */
  endedAt?: number
}

export interface WorldOptions {
  readonly queue?: AppOptions['queues'][string]
  readonly queues?: AppOptions['queues']
  readonly task?: PlainTaskOptions<WorkInput, string>
  readonly retry?: RetryOptions | false
  /** Invocations at a time. @default 1 */
  readonly concurrency?: number
  readonly seed?: number
  /** How far the clock of the n-th worker process is ahead. */
  readonly skewMs?: (process: number) => number
  readonly shape?: (
    queue: string,
    deliveries: readonly Delivery[],
  ) => { deliveries: readonly Delivery[]; delayMs: number } | undefined
  readonly deletes?: (queue: string, delivery: Delivery) => boolean
  readonly hooks?: AppOptions['hooks']
  /** Do not begin to receive. */
  readonly stopped?: boolean
}

/** What the plan of one world may say of a call; see `world.plan`. */
export type Plan = (call: ProcessCall) => CallPlan | undefined

export type World = ReturnType<typeof createWorld>

/**
 * An app with one fixture task on the memory ports and a virtual clock: a client process, and worker processes behind a mapping that receives,
 * invokes, kills and deletes as Lambda's does. Every process can be killed between any two of its steps.
 */
export function createWorld(options: WorldOptions = {}) {
  const clock = new VirtualClock()
  const random = seededRandom(options.seed ?? 1)
  const telemetry: RecordingTelemetry = recordingTelemetry()
  const model: SqsModel = createSqsModel({
    clock: { now: () => clock.now(), setTimer: (delayMs, fire) => clock.timer(delayMs, fire) },
    ids: () => random.uuid(clock.now()),
    random: () => random.fraction(),
  })
  const table: MemoryTable = createMemoryTable({ clock })
  const app = buildApp(
    {
      name: 'fixture',
      queues: options.queues ?? { main: options.queue ?? {} },
      ...(options.hooks && { hooks: options.hooks }),
    } as AppOptions<string>,
    {
      clock,
      random,
      telemetry,
      variables: {},
      connectAws: () => Promise.reject(new Error('There is no AWS here.')),
    },
  )
  const runs: SeenRun[] = []
  const times = new Map<string, number>()
  const processes = new Map<string, SimulatedProcess>()
  const environments: SimulatedProcess[] = []

  const processOf = (context: TaskContext): SimulatedProcess => {
    const process = processes.get(String(context.requestId).split('/')[0] ?? '')
    if (process === undefined) throw new Error(`No process runs ${context.id}.`)
    return process
  }

  const work = app.task(
    'work',
    {
      queue: Object.keys(app.definition.queues)[0] ?? 'main',
      ...options.task,
      ...(options.retry !== undefined && { retry: options.retry }),
    },
    async (input: WorkInput, context: TaskContext): Promise<unknown> => {
      const run: SeenRun = {
        id: context.id,
        attempt: context.attempt,
        generation: context.generation,
        receiveCount: context.receiveCount,
        at: clock.now(),
        process: processOf(context).name,
        context,
      }
      runs.push(run)
      const nth = (times.get(context.id) ?? 0) + 1
      times.set(context.id, nth)
      try {
        return await behave(input ?? {}, context, nth, processOf(context))
      } finally {
        run.endedAt = clock.now()
      }
    },
  )

  const plainQueues: Queues = createMemoryQueues({ model, prefix: app.prefix })
  const watched: Queues = {
    ...plainQueues,
    async send(queue, messages) {
      const answers = await plainQueues.send(queue, messages)
      changed()
      return answers
    },
    async hide(queue, requests) {
      const answers = await plainQueues.hide(queue, requests)
      changed()
      return answers
    },
    async acknowledge(queue, receipts, how) {
      const answers = await plainQueues.acknowledge(queue, receipts, how)
      changed()
      return answers
    },
    async receive(queue, how) {
      const deliveries = await plainQueues.receive(queue, how)
      changed(false)
      return deliveries
    },
  }

  const world = {
    /** Decides on each call of each process. Undefined: as it should be. */
    plan: undefined as Plan | undefined,
    invocations: [] as (Invoked & { end?: InvocationEnd; error?: unknown })[],
  }
  const processAs = (name: string, skewMs: number): SimulatedProcess => {
    const process = new SimulatedProcess({
      name,
      clock,
      random,
      telemetry,
      ...table,
      queues: watched,
      skewMs,
      plan: (call) => world.plan?.(call),
    })
    processes.set(name, process)
    return process
  }

  let client = processAs('client-0', 0)
  app.connect(client.ports)

  const mappings = new Map<string, Mapping>()
  let cancelAlarm: (() => void) | undefined
  /** Wakes the mappings now, and when the next hidden or delayed message appears. */
  const changed = (wake = true): void => {
    cancelAlarm?.()
    cancelAlarm = undefined
    const at = model.inspect.nextChangeAt()
    // What is visible already waits for a receive, not for the time to pass.
    if (at !== undefined && at > clock.now()) cancelAlarm = clock.timer(at - clock.now(), () => changed())
    if (wake) for (const mapping of mappings.values()) mapping.wake()
  }

  const start = (): void => {
    createQueues(model, app.definition)
    for (const queue of Object.values(app.definition.queues)) {
      const mapping = new Mapping({
        clock,
        queues: watched,
        queue,
        ...timesOf(app.definition, queue.name),
        concurrency: options.concurrency ?? 1,
        spawn() {
          const nth = environments.length
          const process = processAs(`worker-${nth}`, options.skewMs?.(nth) ?? 0)
          environments.push(process)
          return { process, worker: createBatchWorker({ app: app.definition, ports: process.ports }) }
        },
        ...(options.shape && { shape: options.shape }),
        ...(options.deletes && { deletes: options.deletes }),
        onInvoke: (invocation) => void world.invocations.push(invocation),
        onEnd(invocation, end, error) {
          Object.assign(invocation, { end, error })
        },
      })
      mappings.set(queue.name, mapping)
      if (options.stopped) mapping.enabled = false
    }
    changed()
  }
  start()

  const queueUrl = (name: string) => model.getQueueUrl({ QueueName: name }).QueueUrl
  const firstQueue = Object.keys(app.definition.queues)[0] ?? 'main'

  return Object.assign(world, {
    app,
    work,
    clock,
    model,
    table,
    queues: watched,
    telemetry,
    runs,
    environments,
    mappings,
    processOf,
    /** The client's process; a new one takes its place when it has died. */
    get client() {
      return client
    },
    restartClient() {
      client.kill()
      client = processAs(`client-${processes.size}`, 0)
      app.connect(client.ports)
    },
    runsOf: (id: string) => runs.filter((run) => run.id === id),
    /** The record of a task, whether or not it has expired. */
    record(id: string): TaskRecord {
      const record = table.records.all().find((each) => each.id === id)
      if (record === undefined) throw new Error(`No record of ${id}.`)
      return record
    },
    errorOf(id: string): ErrorData {
      return parseErrorData(this.record(id).error ?? '')
    },
    /** Bodies in a queue at SQS. */
    bodies: (queue: string = firstQueue) => model.inspect.messages(`${app.prefix}-${queue}`).map(({ body }) => body),
    deadBodies: (queue: string = firstQueue) =>
      model.inspect.messages(`${app.prefix}-${queue}-dead`).map(({ body }) => body),
    dead(queue: string = firstQueue): readonly TaskMessage[] {
      return this.deadBodies(queue).map((body) => JSON.parse(body) as TaskMessage)
    },
    deadAttributes: (queue: string = firstQueue) =>
      model.inspect
        .messages(`${app.prefix}-${queue}-dead`)
        .map(({ messageAttributes }) => messageAttributes?.reason?.StringValue),
    /** Sends a body as any producer may. */
    sendRaw(body: string, queue: string = firstQueue, delaySeconds = 0) {
      model.sendMessage({ QueueUrl: queueUrl(`${app.prefix}-${queue}`), MessageBody: body, DelaySeconds: delaySeconds })
      changed()
    },
    /** The AWS console's redrive. */
    async redrive(queue: string = firstQueue) {
      const arn = (name: string) =>
        model.getQueueAttributes({ QueueUrl: queueUrl(name), AttributeNames: ['QueueArn'] }).Attributes?.QueueArn ?? ''
      model.startMessageMoveTask({
        SourceArn: arn(`${app.prefix}-${queue}-dead`),
        DestinationArn: arn(`${app.prefix}-${queue}`),
      })
      await clock.advance(1_000)
      changed()
    },
    start: () => {
      for (const mapping of mappings.values()) mapping.enabled = true
    },
    stop: () => {
      for (const mapping of mappings.values()) mapping.enabled = false
    },
    /** Until nothing is left to happen. */
    run: () => clock.runUntilIdle({ timerLimit: 100_000 }),
    /** Until the promise settles. */
    until: <Value>(work: Promise<Value>) => clock.runUntilSettled(work),
    /** Faults of worker processes alone. */
    faultsOfWorkers(decide: Decide): void {
      const counts = new Map<string, number>()
      world.plan = ({ process, method }) => {
        if (!process.name.startsWith('worker')) return undefined
        const call = counts.get(method) ?? 0
        counts.set(method, call + 1)
        return { decide: (each) => decide({ ...each, call } as typeof each) }
      }
    },
  })
}

async function behave(
  input: WorkInput,
  context: TaskContext,
  nth: number,
  process: SimulatedProcess,
): Promise<unknown> {
  const { mode = 'return', value, times = 1, ms = 1_000 } = input
  switch (mode) {
    case 'return':
      return value
    case 'throw':
      throw new TypeError(`run ${nth} failed`)
    case 'throw-first':
      if (context.attempt <= times) throw new TypeError(`attempt ${context.attempt} failed`)
      return value
    case 'retry':
      return context.retry({ delay: ms / 1_000 })
    case 'reject':
      throw new RejectError('not today')
    case 'requeue':
      if (nth <= times) throw new RejectError('again', { requeue: true })
      return value
    case 'ignore':
      throw new IgnoreError()
    case 'snooze':
      return nth <= times ? context.snooze(ms / 1_000) : value
    case 'sleep':
      await process.sleep(ms, context.signal)
      return value
    case 'deaf':
      await process.sleep(ms)
      return value
    case 'exit':
      if (nth > times) return value
      process.kill()
      return process.end
    case 'block':
      await process.sleep(input.ms ?? 0)
      // The time-out kills it; until then nothing of the process goes on.
      process.freeze()
      return process.end
    case 'leak':
      void Promise.reject(new RangeError('nobody handles this'))
      await process.sleep(ms)
      return value
    case 'function':
      return () => value
    case 'progress':
      context.progress({ done: 1 })
      await process.sleep(ms, context.signal)
      context.progress({ done: 2 })
      await process.sleep(ms, context.signal)
      return value
  }
}
