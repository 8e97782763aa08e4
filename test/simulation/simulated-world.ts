import { createSqsModel, type SqsModel } from '../../localstack/sqs/model/index.ts'
import { AsyncResult } from '../../shared/client/async-result.ts'
import type { BulkEnqueue } from '../../shared/client/bulk-enqueue.ts'
import { enqueueMany } from '../../shared/client/enqueue-calls.ts'
import { ResultPoller } from '../../shared/client/result-poller.ts'
import type { Services } from '../../shared/client/services.ts'
import { timesOf } from '../../shared/core/app.ts'
import type { TaskContext } from '../../shared/core/context.ts'
import { encode, toText } from '../../shared/core/json.ts'
import { queueName } from '../../shared/core/names.ts'
import { Enqueuer } from '../../shared/enqueue/enqueuer.ts'
import { Gatherer } from '../../shared/enqueue/gatherer.ts'
import { type PreparedCall, prepareCall } from '../../shared/enqueue/prepared-call.ts'
import { RecordOpener } from '../../shared/enqueue/record-opener.ts'
import { createQueues } from '../../shared/memory/queue-setup.ts'
import { createMemoryQueues } from '../../shared/memory/queues.ts'
import { type SeededRandom, seededRandom } from '../../shared/memory/seeded-random.ts'
import { sweepTable } from '../../shared/memory/table.ts'
import { VirtualClock } from '../../shared/memory/virtual-clock.ts'
import type { Delivery, Queues, RecordChange, Telemetry } from '../../shared/ports/index.ts'
import { scopeTasksBy } from '../../shared/protocol/current-task.ts'
import { reconcile } from '../../shared/protocol/reconcile.ts'
import { type ProcessCall, SimulatedProcess } from '../../shared/testing/simulated-process.ts'
import { createBatchWorker } from '../../shared/worker/index.ts'
import { watchLeaks } from '../../shared/worker/leaks.ts'
import { appOf, definitionOf, enlist, type QueueName, queueNames, type Version, versions } from './apps.ts'
import { Container } from './container.ts'
import type { Coverage } from './coverage.ts'
import { type Call, emptyJournal, type Journal, type Run } from './journal.ts'
import { Mapping } from './mapping.ts'
import type { Misfortunes } from './misfortunes.ts'
import type { SimulatedParts } from './parts.ts'
import { RecordedTable, recordedQueues } from './recorded-ports.ts'
import { actOf, play, type Script } from './script.ts'
import { SimulatedScope } from './simulated-scope.ts'
import type { Step } from './steps.ts'
import { transitionOf, transitionWanted } from './transitions.ts'

const silent: Telemetry = { event() {}, log() {} }

const minute = 60_000

/** After its last step and this, a world is left in peace until nothing happens any more. */
const unrestMs = 5 * minute

let worlds = 0

/** A client process: the app as a producer has it. */
interface Client {
  readonly process: SimulatedProcess
  readonly services: Services
}

export interface WorldOptions {
  readonly seed: string
  readonly misfortunes: Misfortunes
  readonly coverage?: Coverage
  /** Invocations at a time, of each queue. */
  readonly concurrency: number
  /** Processes that poll all queues, beside the functions. */
  readonly containers: number
  /** Give up after so many timers: something goes round in circles. */
  readonly timerLimit: number
  readonly parts: SimulatedParts
}

/** Clients, operators, functions, queues and a table, in one process, on one virtual clock, from one seed. */
export class SimulatedWorld {
  readonly journal: Journal = emptyJournal()
  readonly clock = new VirtualClock(undefined, { stepsPerTurn: 64 })
  readonly #options: WorldOptions
  readonly #name = `w${worlds++}`
  readonly #startAt = this.clock.now()
  readonly #random: SeededRandom
  readonly #model: SqsModel
  readonly #table: RecordedTable
  readonly #queues: Queues
  readonly #mappings = new Map<string, Mapping>()
  readonly #processes = new Map<string, SimulatedProcess>()
  readonly #clients: Client[] = []
  readonly #runsOf = new Map<string, number>()
  readonly #claimsUsed = new Set<string>()
  readonly #batches = new Map<string, number>()
  readonly #pending = new Set<Promise<void>>()
  readonly #scope = new SimulatedScope(this.clock)
  #deletes = 0
  #order = 0
  readonly #containers: Container[] = []
  #version: Version = 'full'
  #cancelAlarm: (() => void) | undefined
  #alarmAt: number | undefined

  constructor(options: WorldOptions) {
    this.#options = options
    this.#random = seededRandom(options.seed)
    const { clock } = this
    let messages = 0
    this.#model = createSqsModel({
      clock: { now: () => clock.now(), setTimer: (delayMs, fire) => clock.timer(delayMs, fire) },
      ids: () => `m-${messages++}`,
      random: () => this.#random.fraction(),
      checksums: false,
    })
    createQueues(this.#model, versions.full)
    this.#table = new RecordedTable(
      clock,
      this.journal,
      () => this.#order++,
      (process, nth) => options.misfortunes.isStale(process, nth),
    )
    this.#queues = recordedQueues(
      createMemoryQueues({ model: this.#model, prefix: versions.full.prefix }),
      clock,
      this.journal,
      (queue) => this.#changed(queue),
    )
    for (const queue of queueNames) this.#mappings.set(queue, this.#mapping(queue))
  }

  /** Plays the steps, then leaves the world in peace until nothing is left to happen. */
  async play(steps: readonly Step[]): Promise<Journal> {
    const dismiss = enlist(this.#name, (script, context) => {
      const requestId = context.requestId ?? ''
      const name = requestId.slice(requestId.indexOf(':') + 1, requestId.indexOf('/'))
      const process = this.#processes.get(name)
      if (process === undefined) throw new Error(`No process ${name}.`)
      return this.#run(script, context, process, requestId)
    })
    const restoreScope = scopeTasksBy(this.#scope)
    // Workers come and go all the time, and would change the listeners of this process as often.
    const stopWatching = watchLeaks()
    try {
      this.#startContainers(steps)
      for (const step of steps) this.clock.timer(step.at, () => this.#take(step))
      const last = steps.reduce((latest, { at }) => Math.max(latest, at), 0)
      this.clock.timer(last + unrestMs, () => this.#calmDown())
      await this.clock.runUntilIdle({ timerLimit: this.#options.timerLimit })
      await this.#lookAtResults()
      this.#takeStock()
    } finally {
      stopWatching()
      restoreScope()
      dismiss()
      this.#model.close()
    }
    return this.journal
  }

  // Processes

  #process(name: string): SimulatedProcess {
    const { misfortunes } = this.#options
    const process = new SimulatedProcess({
      name,
      clock: this.clock,
      random: this.#random.fork(name),
      telemetry: silent,
      ...this.#table.of(name),
      queues: this.#queues,
      skewMs: misfortunes.skewOf(name),
      plan: (call) => this.#plan(call),
    })
    Object.assign(process.ports, this.#options.parts.portsOf(process.ports, name))
    this.#processes.set(name, process)
    process.onDeath(() => this.journal.deaths.push({ at: this.clock.now(), order: this.#order++, process: name }))
    return process
  }

  #plan(call: ProcessCall) {
    const { misfortunes, coverage } = this.#options
    const plan = misfortunes.ofCall(call)
    const { name } = call.process
    if (plan !== undefined && !this.journal.troubledAt.has(name)) this.journal.troubledAt.set(name, this.clock.now())
    if (call.method === 'update') {
      for (const entry of call.entries as readonly RecordChange[]) {
        if (entry.transition && entry.set.state !== undefined && entry.set.state !== 'STARTED')
          this.journal.settlings.push({ at: this.clock.now(), process: call.process.name, id: entry.id })
      }
    }
    if (plan !== undefined && coverage !== undefined) {
      for (const [index, entry] of call.entries.entries()) {
        const hit =
          plan.crash !== undefined
            ? `crash-${plan.crash}`
            : // Only its index matters to the plans of this world.
              plan.decide?.({ ...call, index, call: 0, entry } as never)?.type
        if (hit === undefined) continue
        coverage.call(hit, `${call.port}.${call.method}`)
        if (call.method === 'update') {
          const change = entry as RecordChange
          coverage.transition(hit, transitionWanted(this.#table.records.get(change.id), change))
        } else if (call.method === 'insert') {
          coverage.transition(hit, transitionOf(undefined, (entry as { record: { state: 'QUEUED' } }).record))
        }
      }
    }
    return plan
  }

  #client(nth: number): Client {
    const known = this.#clients[nth]
    if (known !== undefined && !known.process.isDead) return known
    const process = this.#process(`client-${nth}-${this.#processes.size}`)
    const { ports } = process
    const { worker, existingTask } = this.#options.parts
    const ledger = worker.createLedger(ports)
    const opener = new RecordOpener(ports, ledger, existingTask)
    const enqueuer = new Enqueuer(ports, ledger, opener)
    const services: Services = {
      app: versions.full,
      ports,
      ledger,
      enqueuer,
      gatherer: new Gatherer(enqueuer),
      poller: new ResultPoller(ports),
    }
    const client = { process, services }
    this.#clients[nth] = client
    return client
  }

  #mapping(queue: QueueName): Mapping {
    const { misfortunes, concurrency, parts } = this.#options
    const definition = versions.full.queues[queue]
    if (definition === undefined) throw new Error(`No queue ${queue}.`)
    const liveQueue = queueName(versions.full.prefix, queue)
    let spawned = 0
    return new Mapping({
      clock: this.clock,
      queues: this.#queues,
      queue: definition,
      ...timesOf(versions.full, queue),
      concurrency,
      requestPrefix: `${this.#name}:`,
      isEmpty: () => this.#model.inspect.counts(liveQueue).visible === 0,
      spawn: () => {
        const process = this.#process(`${queue}-${spawned++}`)
        const options = { app: versions[this.#version], ports: process.ports }
        return { process, worker: createBatchWorker(options, parts.worker) }
      },
      shape: (name, deliveries) => this.#shape(name, deliveries),
      deletes: (name) => !misfortunes.isUndeleted(name, this.#deletes++),
      onEnd: ({ requestId }, end, error) => {
        if (end === 'rejected') this.journal.rejections.push({ at: this.clock.now(), requestId, error })
      },
      lingersMs: (requestId) => {
        for (const each of misfortunes.ofInvocation(this.#local(requestId), definition.timeoutMs)) {
          if (each.kind === 'lingering') return each.forMs
          if (each.kind === 'killed') return -each.afterMs
        }
        return 0
      },
    })
  }

  /** They work the queues that tasks of these steps are in. */
  #startContainers(steps: readonly Step[]): void {
    const queues = [...new Set(steps.flatMap((step) => ('task' in step ? [definitionOf(step.task).queue] : [])))]
    if (queues.length === 0) return
    for (let nth = 0; nth < this.#options.containers; nth++) {
      const container = this.#container(nth, queues)
      this.#containers.push(container)
      container.start()
    }
  }

  #container(nth: number, queues: readonly string[]): Container {
    const { misfortunes } = this.#options
    let spawned = 0
    return new Container({
      clock: this.clock,
      queues,
      parts: this.#options.parts.worker,
      spawn: () => this.#process(`container-${nth}-${spawned++}`),
      appOf: (process) => appOf(this.#version, (script, context) => this.#run(script, context, process, process.name)),
      killedAfterMs: (process) => {
        const killed = misfortunes.ofInvocation(process.name, 20 * minute).find(({ kind }) => kind === 'killed')
        return killed?.kind === 'killed' ? killed.afterMs : undefined
      },
    })
  }

  /** Names in misfortunes must not depend on how many worlds there were before. */
  #local(requestId: string): string {
    return requestId.slice(requestId.indexOf(':') + 1)
  }

  #shape(queue: string, deliveries: readonly Delivery[]) {
    const nth = this.#batches.get(queue) ?? 0
    this.#batches.set(queue, nth + 1)
    let shaped = deliveries
    let delayMs = 0
    for (const each of this.#options.misfortunes.ofBatch(queue, nth)) {
      if (each.kind === 'batch-lost') return undefined
      if (each.kind === 'batch-late') delayMs = each.delayMs
      if (each.kind === 'batch-reversed') shaped = [...shaped].reverse()
      if (each.kind === 'batch-twins') shaped = shaped.slice(0, 9).concat(shaped.slice(0, 1))
      if (each.kind === 'batch-again') {
        this.clock.timer(each.delayMs, () => this.#mappings.get(queue)?.deliverAgain(deliveries))
      }
    }
    return { deliveries: shaped, delayMs }
  }

  /** Wakes the mapping of a queue now, and all of them when the next hidden or delayed message appears. */
  #changed(queue: string | undefined): void {
    const at = this.#nextChangeAt()
    if (at !== this.#alarmAt) {
      this.#cancelAlarm?.()
      this.#alarmAt = at
      this.#cancelAlarm = at === undefined ? undefined : this.clock.timer(at - this.clock.now(), () => this.#wakeAll())
    }
    if (queue !== undefined) this.#mappings.get(queue)?.wake()
  }

  /** The model moves its queues on when it is asked: one whose mapping is busy must not hide the changes of the others. */
  #nextChangeAt(): number | undefined {
    const { inspect } = this.#model
    const at = inspect.nextChangeAt()
    if (at === undefined || at > this.clock.now()) return at
    for (const name of inspect.queues()) inspect.counts(name)
    return inspect.nextChangeAt()
  }

  #wakeAll(): void {
    this.#cancelAlarm?.()
    this.#cancelAlarm = undefined
    this.#alarmAt = undefined
    for (const mapping of this.#mappings.values()) mapping.wake()
    this.#changed(undefined)
  }

  // Runs

  async #run(script: Script, context: TaskContext, process: SimulatedProcess, requestId: string): Promise<unknown> {
    const record = this.#table.records.get(context.id)
    const last = this.#table.last.get(context.id)
    const claim = `${context.id} ${record?.v} ${record?.token}`
    const nth = this.#runsOf.get(context.id) ?? 0
    this.#runsOf.set(context.id, nth + 1)
    const run: Run = {
      order: this.#order++,
      at: this.clock.now(),
      id: context.id,
      task: context.task,
      tag: script.tag,
      generation: context.generation,
      attempt: context.attempt,
      process: process.name,
      requestId,
      record,
      inputMissing:
        record?.inputRef !== undefined && !this.#table.table.inputs.holds({ id: record.id, ref: record.inputRef }),
      holder: last?.process,
      claimUsed: this.#claimsUsed.has(claim),
      deaf: actOf(script, nth).deaf === true,
      limitAt: context.deadline.getTime() - process.skewMs,
    }
    if (record !== undefined) this.#claimsUsed.add(claim)
    this.journal.runs.push(run)
    const task = this.#scope.getStore()
    return play(script, nth, context, process, {
      leak: (error) => this.#scope.leak(task, error),
      ended: (action) => {
        run.endedAt = this.clock.now()
        run.ended = action
      },
      blocked: () => {
        run.blockedAt = this.clock.now()
        // A function ends with its time-out; a container that does not answer is killed by who asks for its health.
        if (context.requestId === undefined) this.clock.timer(2 * minute, () => process.kill())
      },
    })
  }

  // Steps

  #take(step: Step): void {
    const taken = this.#perform(step).catch((error: unknown) => {
      this.journal.surprises.push({ at: this.clock.now(), what: step.kind, error })
    })
    this.#pending.add(taken)
    void taken.finally(() => this.#pending.delete(taken))
  }

  async #perform(step: Step): Promise<void> {
    switch (step.kind) {
      case 'enqueue':
        return this.#enqueue(step)
      case 'bulk':
        return this.#bulk(step)
      case 'foreign':
        return this.#foreign(step)
      case 'get':
        return this.#get(step)
      case 'revoke':
        return this.#revoke(step)
      case 'forget':
        return this.#handle(step.of, step.client)?.forget().catch(expected)
      case 'reconcile': {
        await reconcile(versions.full, this.#client(step.client).process.ports).catch(expected)
        return
      }
      case 'pause':
      case 'resume': {
        const control = step.kind === 'pause' ? { pausedAt: this.clock.now() } : {}
        return this.#client(step.client).process.ports.controls.write(step.queue, control).catch(expected)
      }
      case 'redrive':
        return step.by === 'us' ? this.#redrive(step.queue) : this.#moveDeadLetters(step.queue)
      case 'deploy':
        return this.#deploy(step.version)
      case 'outage': {
        const mapping = this.#mappings.get(step.queue)
        if (mapping === undefined) return
        mapping.enabled = false
        this.clock.timer(step.forMs, () => {
          mapping.enabled = true
        })
        return
      }
      case 'garbage':
        this.journal.garbage.push({ queue: step.queue, body: step.body })
        await this.#queues.send(step.queue, [{ body: step.body }])
        return
      case 'sweep':
        return sweepTable(this.#table.table)
      default:
        return step satisfies never
    }
  }

  async #enqueue(step: Step & { readonly kind: 'enqueue' }): Promise<void> {
    const { services, process } = this.#client(step.client)
    const call: Call = { call: step.call, index: 0, step, at: this.clock.now(), tag: step.script.tag, answer: 'none' }
    this.journal.calls.push(call)
    const options = {
      ...(step.countdownMs !== undefined && { countdown: step.countdownMs / 1_000 }),
      ...(step.expiresMs !== undefined && { expires: step.expiresMs / 1_000 }),
      ...(step.maxRetries !== undefined && { retry: { maxRetries: step.maxRetries } }),
    }
    const { app, ports } = services
    const drafted: PreparedCall = await prepareCall(definitionOf(step.task), step.script, options, { app, ...ports })
    call.id = drafted.call.id
    const [outcome] = await services.enqueuer.enqueue([drafted])
    // A process that died meanwhile tells nobody.
    if (process.isDead || outcome === undefined) return
    call.answeredAt = this.clock.now()
    call.order = this.#order++
    if (outcome.status === 'accepted')
      Object.assign(call, {
        answer: 'accepted',
        generation: outcome.opening?.generation ?? 0,
        deduplicated: outcome.deduplicated,
      })
    else Object.assign(call, { answer: 'refused', error: outcome.error })
  }

  async #bulk(step: Step & { readonly kind: 'bulk' }): Promise<void> {
    const { services, process } = this.#client(step.client)
    const calls = step.scripts.map((script, index): Call => {
      const call: Call = { call: step.call, index, step, at: this.clock.now(), tag: script.tag, answer: 'none' }
      this.journal.calls.push(call)
      return call
    })
    const bulk: BulkEnqueue<Script, unknown> = enqueueMany(services, definitionOf(step.task), step.scripts, {})
    for await (const entry of bulk) {
      if (process.isDead) return
      const call = calls[entry.index]
      if (call === undefined || call.answer !== 'none') throw new Error(`A second fate of entry ${entry.index}.`)
      call.answeredAt = this.clock.now()
      call.order = this.#order++
      if (entry.error === undefined) Object.assign(call, { answer: 'accepted', id: entry.handle.id, generation: 0 })
      else {
        // The identity of what was refused is in the error, when it has one.
        const id = (entry.error as { readonly id?: string }).id
        Object.assign(call, { answer: 'refused', error: entry.error, ...(id !== undefined && { id }) })
      }
    }
    if (!process.isDead && calls.some(({ answer }) => answer === 'none'))
      throw new Error('A bulk enqueue ended without telling the fate of every entry.')
  }

  async #foreign(step: Step & { readonly kind: 'foreign' }): Promise<void> {
    const id = `foreign-${step.call}`
    this.journal.calls.push({
      call: step.call,
      index: 0,
      step,
      at: this.clock.now(),
      tag: step.script.tag,
      answer: 'accepted',
      id,
      generation: 0,
      order: this.#order++,
    })
    const body = `{"celeriac":1,"id":"${id}","task":"${step.task}","input":${toText(encode(step.script))}}`
    await this.#queues.send(
      definitionOf(step.task).queue,
      Array.from({ length: step.copies }, () => ({ body })),
    )
  }

  /** A handle of what a call enqueued, if it was and has a record. */
  #handle(of: number, client: number): AsyncResult | undefined {
    const call = this.journal.calls.find((each) => each.call === of && each.answer === 'accepted')
    if (call?.id === undefined || definitionOf(call.step.task).ledger === 'off') return undefined
    return new AsyncResult(call.id, this.#client(client).services, { generation: call.generation ?? 0 })
  }

  async #get({ of, client, timeoutMs }: Step & { readonly kind: 'get' }): Promise<void> {
    const handle = this.#handle(of, client)
    const call = this.journal.calls.find((each) => each.call === of && each.answer === 'accepted')
    if (handle !== undefined && call !== undefined) await this.#look(handle, call.generation ?? 0, timeoutMs)
  }

  async #look(handle: AsyncResult, generation: number, timeoutMs: number): Promise<void> {
    const askedAt = this.clock.now()
    const seen = await handle.get({ timeout: timeoutMs / 1_000 }).then(
      (value) => ({ value }),
      (error: Error) => ({ error }),
    )
    this.journal.seen.push({ askedAt, at: this.clock.now(), id: handle.id, generation, ...seen })
  }

  async #revoke({ of, client }: Step & { readonly kind: 'revoke' | 'forget' }): Promise<void> {
    const handle = this.#handle(of, client)
    if (handle === undefined) return
    const state = await handle.revoke().catch(expected)
    if (state === 'REVOKED') this.journal.revoked.push({ at: this.clock.now(), order: this.#order++, id: handle.id })
  }

  /** Message by message, as a tool of ours does: sent back first, deleted after. */
  async #redrive(queue: QueueName): Promise<void> {
    for (;;) {
      const letters = await this.#queues.receive(queue, { max: 10, waitSeconds: 0, dead: true })
      if (letters.length === 0) return
      await this.#queues.send(
        queue,
        letters.map(({ body }) => ({ body })),
      )
      await this.#queues.acknowledge(
        queue,
        letters.map(({ receipt }) => receipt),
        { dead: true },
      )
    }
  }

  async #moveDeadLetters(queue: QueueName): Promise<void> {
    const arnOf = (name: string): string => {
      const { QueueUrl } = this.#model.getQueueUrl({ QueueName: name })
      return this.#model.getQueueAttributes({ QueueUrl, AttributeNames: ['QueueArn'] }).Attributes?.QueueArn ?? ''
    }
    const name = `${versions.full.prefix}-${queue}`
    try {
      this.#model.startMessageMoveTask({ SourceArn: arnOf(`${name}-dead`), DestinationArn: arnOf(name) })
    } catch {
      // One at a time for each queue.
    }
    for (let look = 0; look < 5; look++) this.clock.timer(look * 100, () => this.#wakeAll())
  }

  async #deploy(version: Version): Promise<void> {
    this.#version = version
    for (const mapping of this.#mappings.values()) mapping.retire()
    for (const container of this.#containers) container.retire()
  }

  // The end

  #calmDown(): void {
    this.#options.misfortunes.calm = true
    this.#version = 'full'
    // What they leave behind is the functions' to finish: only those are woken by what there is to do.
    for (const container of this.#containers) container.shut()
    for (const mapping of this.#mappings.values()) {
      mapping.retire()
      mapping.enabled = true
    }
    for (const queue of queueNames) void this.#table.table.controls.write(queue, {})
    this.#wakeAll()
  }

  /** Every handle that was given out is asked once more. */
  async #lookAtResults(): Promise<void> {
    const looks = this.journal.calls.map(async ({ call, id, generation, answer, step }) => {
      if (answer !== 'accepted' || id === undefined || definitionOf(step.task).ledger === 'off') return
      const handle = new AsyncResult(id, this.#client(call % 2).services, { generation: generation ?? 0 })
      await this.#look(handle, generation ?? 0, 0)
    })
    await this.clock.runUntilSettled(Promise.all(looks))
  }

  #takeStock(): void {
    this.journal.records = this.#table.table.records.all()
    this.journal.endedAt = this.clock.now() - this.#startAt
    const bodiesOf = (queue: string, suffix: string) =>
      this.#model.inspect.messages(`${versions.full.prefix}-${queue}${suffix}`).map(({ body }) => ({ queue, body }))
    this.journal.leftovers = queueNames.flatMap((queue) => bodiesOf(queue, ''))
    // What SQS itself moved is among the dead, too.
    const known = new Set(this.journal.letters.map(({ body }) => body))
    for (const queue of queueNames) {
      for (const { body } of bodiesOf(queue, '-dead')) {
        if (!known.has(body)) this.journal.letters.push({ at: this.clock.now(), queue, body })
      }
    }
  }
}

/** Refusals and faults are what the steps are for; what must not be refused is the predicates' to say. */
function expected(): undefined {
  return undefined
}
