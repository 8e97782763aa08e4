import { describe, expect, it } from 'vitest'
import { type ContainerWorker, startContainerWorker } from '../../shared/container/index.ts'
import type { TaskContext } from '../../shared/core/context.ts'
import { DefinitionError } from '../../shared/core/errors.ts'
import { seededRandom } from '../../shared/memory/seeded-random.ts'
import type { Ports, Queues, RecordChange, Records } from '../../shared/ports/index.ts'
import { type CallPlan, type ProcessCall, SimulatedProcess } from '../../shared/testing/simulated-process.ts'
import { createBatchWorker, type Invocation, LeaseLostError } from '../../shared/worker/index.ts'
import { createWorld } from './world.ts'

/** A worker in a container: no invocation, so no deadline. Its tasks sleep as long as they are told to. */
function container(
  replace: (records: Records) => Partial<Records> = () => ({}),
  replaceQueues: (queues: Queues) => Partial<Queues> = () => ({}),
) {
  const world = createWorld({ stopped: true, queue: { timeout: '15m' }, retry: false })
  const { clock, telemetry } = world
  const records = { ...world.table.records, ...replace(world.table.records) }
  const queues = { ...world.queues, ...replaceQueues(world.queues) }
  const ports: Ports = { clock, random: seededRandom(2), ...world.table, records, queues, telemetry }
  const worker = createBatchWorker({ app: world.app.definition, ports })
  const contexts: TaskContext[] = []
  world.app.task('nap', { queue: 'main' }, async (ms: number, context) => {
    contexts.push(context)
    await new Promise<void>((resolve, reject) => {
      clock.timer(ms, resolve)
      context.signal.addEventListener('abort', () => reject(context.signal.reason))
    })
    return 'awake'
  })
  const nap = (ms: number) => world.until(world.app.send('nap', ms))
  const receive = () => queues.receive('main', { max: 10, waitSeconds: 0 })
  const work = async (invocation: Invocation = {}) => {
    const deliveries = await receive()
    return worker.work('main', deliveries, invocation)
  }
  return { ...world, worker, contexts, nap, receive, work }
}

describe('a worker without a deadline', () => {
  it('lets a task have its whole limit, and keeps its lease and its message until it has ended', async () => {
    const world = container()
    const { id } = await world.nap(600_000)
    const worked = world.work()
    await world.clock.advance(0)
    expect(world.worker.running).toBe(1)
    const from = world.clock.now()
    for (let second = 5; second < 600; second += 5) {
      await world.clock.advance(5_000)
      expect(world.record(id).leaseUntil).toBeGreaterThan(world.clock.now() + 30_000)
      expect(await world.receive()).toEqual([])
    }
    expect(await world.until(worked)).toEqual({ failed: [] })
    expect(world.clock.now() - from).toBeLessThan(601_000)
    expect(world.record(id)).toMatchObject({ state: 'SUCCESS', attempt: 1, v: 3 })
    expect(world.worker.running).toBe(0)
    expect(world.contexts[0]?.remainingTimeMs()).toBeGreaterThan(0)
  })

  it('hands back what has not started when it is to stop', async () => {
    const world = container()
    const { id } = await world.nap(1)
    const deliveries = await world.receive()
    const work = world.worker.work('main', deliveries, { draining: AbortSignal.abort() })
    expect(await world.until(work)).toEqual({ failed: [deliveries[0]?.messageId] })
    expect(world.record(id)).toMatchObject({ state: 'QUEUED', v: 1 })
    expect(world.telemetry.storyOf(id)).toEqual(['queued', 'handed-back'])
    expect(await world.receive()).toHaveLength(1)
  })

  it('hands back what runs when it cannot wait any longer: aborted, uncounted, settled', async () => {
    const world = container()
    const { id } = await world.nap(600_000)
    const stopping = new AbortController()
    const deliveries = await world.receive()
    const work = world.worker.work('main', deliveries, { stopping: stopping.signal })
    await world.clock.advance(10_000)
    stopping.abort()
    expect(await world.until(work)).toEqual({ failed: [deliveries[0]?.messageId] })
    expect(world.contexts[0]?.signal.reason).toMatchObject({ code: 'worker-stopped' })
    expect(world.record(id)).toMatchObject({ state: 'QUEUED', attempt: 0 })
    expect(world.record(id).error).toBeUndefined()
    expect(world.telemetry.storyOf(id)).toEqual(['queued', 'started', 'handed-back'])
    // Another worker gets it at once.
    await world.clock.advance(1_000)
    expect(await world.receive()).toHaveLength(1)
  })

  it('is told the queues it may be given', async () => {
    const world = container()
    const refused = world.worker.work('other', [], {})
    await expect(refused).rejects.toThrow(DefinitionError)
    await expect(refused).rejects.toThrow("worker: expected deliveries of main, received some of 'other'.")
  })

  it('ends a run whose record has moved on: another worker has taken it over', async () => {
    const world = container()
    const { id } = await world.nap(600_000)
    const worked = world.work()
    await world.clock.advance(1_000)
    await world.table.records.update([{ id, v: 2, transition: true, queue: 'main', set: { token: 'other' } }])
    await world.until(worked)
    expect(world.contexts[0]?.signal.reason).toBeInstanceOf(LeaseLostError)
    expect(world.contexts[0]?.signal.reason).toMatchObject({ code: 'lease-lost', name: 'LeaseLostError' })
    expect(world.record(id)).toMatchObject({ state: 'STARTED', v: 3, token: 'other' })
    expect(world.telemetry.logs.map(({ message }) => message)).toContain(
      'Lease lost; result discarded, another worker may own this task.',
    )
  })

  it('settles nothing, whatever the run made of it', async () => {
    const world = container()
    world.app.task('deaf', { queue: 'main' }, () => new Promise<void>((resolve) => world.clock.timer(30_000, resolve)))
    const { id } = await world.until(world.app.send('deaf', 1))
    const worked = world.work()
    await world.clock.advance(1_000)
    await world.table.records.update([{ id, v: 2, transition: true, queue: 'main', set: { token: 'other' } }])
    await world.until(worked)
    expect(world.record(id)).toMatchObject({ state: 'STARTED', v: 3, token: 'other' })
    expect(world.telemetry.logs.map(({ message }) => message)).toContain(
      'Lease lost; result discarded, another worker may own this task.',
    )
  })

  it('ends it as well when only the renewal finds out', async () => {
    // Reads that are not consistent may be old: here they stay as they were.
    let old: Awaited<ReturnType<Records['read']>> | undefined
    const world = container((table) => ({
      async read(ids, how) {
        const records = await table.read(ids, how)
        if (how.consistent) return records
        old ??= records
        return old
      },
    }))
    const { id } = await world.nap(600_000)
    const worked = world.work()
    await world.clock.advance(10_000)
    await world.table.records.update([{ id, v: 2, transition: true, queue: 'main', set: { token: 'other' } }])
    await world.clock.advance(5_000)
    expect(world.contexts[0]?.signal.aborted).toBe(false)
    await world.until(worked)
    expect(world.contexts[0]?.signal.reason).toBeInstanceOf(LeaseLostError)
  })

  it('concludes nothing from a record that is older than its own, or not to be found', async () => {
    let reads = 0
    const world = container((table) => ({
      async read(ids, how) {
        const records = await table.read(ids, how)
        if (how.consistent) return records
        reads++
        return records.map((record) => (reads % 2 || record === undefined ? undefined : { ...record, v: 1 }))
      },
    }))
    const { id } = await world.nap(60_000)
    await world.until(world.work())
    expect(reads).toBeGreaterThan(10)
    expect(world.record(id)).toMatchObject({ state: 'SUCCESS' })
  })

  it('does not look at tasks that have just begun', async () => {
    let reads = 0
    const world = container((table) => ({
      read(ids, how) {
        if (!how.consistent) reads++
        return table.read(ids, how)
      },
    }))
    await world.nap(2_000)
    const first = world.work()
    await world.clock.advance(1_000)
    await world.nap(6_000)
    const second = world.work()
    // Three seconds after the first began only the second runs, and it is two seconds old.
    await world.clock.advance(2_900)
    expect(world.worker.running).toBe(1)
    expect(reads).toBe(0)
    await world.until(Promise.all([first, second]))
    expect(reads).toBe(1)
  })
})

describe('a lease that cannot be renewed', () => {
  /** The table never answers a renewal. */
  const silent = (table: Records): Partial<Records> => ({
    update: (changes) =>
      changes.every(({ transition }) => !transition) ? new Promise(() => {}) : table.update(changes),
  })

  it('ends the run before another worker may begin, and settles nothing: that was no attempt', async () => {
    const world = container(silent)
    const { id } = await world.nap(600_000)
    const worked = world.work()
    await world.clock.advance(46_000)
    expect(world.contexts[0]?.signal.aborted).toBe(false)
    await world.clock.advance(3_000)
    expect(world.contexts[0]?.signal.reason).toBeInstanceOf(LeaseLostError)
    expect((await world.until(worked)).failed).toHaveLength(1)
    expect(world.record(id)).toMatchObject({ state: 'STARTED', v: 2, attempt: 0 })
    expect(world.telemetry.logs.map(({ message }) => message)).toContain(
      'Lease lost; result discarded, another worker may own this task.',
    )
  })

  it('ends all runs whose leases end, and says of those that shared the process that they did', async () => {
    const world = container(silent)
    const ids = [(await world.nap(600_000)).id, (await world.nap(600_000)).id]
    expect((await world.until(world.work())).failed).toHaveLength(2)
    for (const id of ids) expect(world.record(id)).toMatchObject({ state: 'STARTED', alone: false, attempt: 0 })
  })

  it('leaves a success that came all the same', async () => {
    const world = container(silent)
    world.app.task('deaf', { queue: 'main' }, async () => {
      await new Promise<void>((resolve) => world.clock.timer(55_000, resolve))
      return 'done'
    })
    const { id } = await world.until(world.app.send('deaf', 1))
    await world.until(world.work())
    expect(world.record(id)).toMatchObject({ state: 'SUCCESS', attempt: 1 })
  })

  /** Claims are answered only after so long; what is asked beside them, sooner. */
  const slow = (claimMs: number) => {
    const world = container((table) => ({
      async update(changes) {
        const answers = await table.update(changes)
        if (changes.some(({ set }) => set.state === 'STARTED'))
          await new Promise<void>((resolve) => world.clock.timer(claimMs, resolve))
        return answers
      },
    }))
    return world
  }

  it('is not begun on when half of it is over: the task is given back, unrun and uncounted', async () => {
    const world = slow(31_000)
    const { id } = await world.nap(1)
    await world.until(world.work())
    expect(world.contexts).toEqual([])
    expect(world.record(id)).toMatchObject({ state: 'QUEUED', attempt: 0 })
  })

  it('is renewed by the time of its claim, not of its run', async () => {
    const world = slow(29_000)
    const { id } = await world.nap(100_000)
    const from = world.clock.now()
    const worked = world.work()
    await world.clock.advance(33_000)
    expect(world.record(id).leaseUntil).toBeGreaterThan(from + 29_000 + 60_000)
    await world.until(worked)
    expect(world.record(id)).toMatchObject({ state: 'SUCCESS', attempt: 1 })
  })

  it('is not renewed any more when its run was told to end', async () => {
    let isSilent = true
    const world = container((table) => ({
      update: async (changes) =>
        isSilent && changes.every(({ transition }) => !transition)
          ? changes.map(() => ({ status: 'throttled' as const, error: new Error('throttled') }))
          : table.update(changes),
    }))
    world.app.task('deaf', { queue: 'main' }, async () => {
      await new Promise<void>((resolve) => world.clock.timer(300_000, resolve))
    })
    const { id } = await world.until(world.app.send('deaf', 1))
    const from = world.clock.now()
    const worked = world.work()
    await world.clock.advance(49_000)
    isSilent = false
    await world.clock.advance(60_000)
    // What was asked for before may still come through.
    expect(world.record(id).leaseUntil).toBeLessThan(from + 48_000 + 60_000)
    await world.until(worked)
  })

  it.each([
    ['does not answer', () => new Promise<never>(() => {})],
    ['refuses', () => Promise.reject(new Error('no queue'))],
  ])('is renewed although the queue %s', async (_how, hide) => {
    const world = container(undefined, () => ({ hide }))
    const { id } = await world.nap(200_000)
    await world.until(world.work())
    expect(world.record(id)).toMatchObject({ state: 'SUCCESS', attempt: 1 })
  })

  it('is renewed although the table does not answer the look for revocations', async () => {
    const world = container((table) => ({
      read: (ids, how) => (how.consistent ? table.read(ids, how) : new Promise(() => {})),
    }))
    const { id } = await world.nap(200_000)
    await world.until(world.work())
    expect(world.record(id)).toMatchObject({ state: 'SUCCESS', attempt: 1 })
  })
})

/** A fleet of one container: when its process ends, the next one is started ten seconds later. */
function fleet(concurrency = 4) {
  const world = createWorld({
    stopped: true,
    queue: { timeout: '2m', batchSize: 1 },
    retry: { maxRetries: 1, delay: 1 },
  })
  const { clock, table, queues, telemetry } = world
  const random = seededRandom(3)
  const runs: { readonly name: string; readonly at: number; readonly process: string; readonly beside: number }[] = []
  let process: SimulatedProcess
  let worker: ContainerWorker
  let started = 0
  let isCured = false
  let isSilent: (change: RecordChange) => boolean = () => false
  let readsTakeMs = 0
  world.app.task('nap', { queue: 'main', retry: { maxRetries: 1, delay: 1 } }, async (input: Nap, { signal }) => {
    const here = process
    runs.push({ name: input.name, at: clock.now(), process: here.name, beside: worker.running - 1 })
    await here.sleep(input.ms, signal)
    if (!input.poison || isCured) return input.name
    here.kill()
    return here.end
  })
  const start = async () => {
    const name = `container-${started++}`
    const plan = ({ port, method, entries }: ProcessCall): CallPlan | undefined => {
      if (port === 'records' && method === 'read' && readsTakeMs > 0) {
        const answerDelayMs = readsTakeMs
        return { decide: () => ({ type: 'delayed', answerDelayMs }) }
      }
      return method === 'update' && (entries as readonly RecordChange[]).some(isSilent)
        ? { decide: () => ({ type: 'request-lost' }) }
        : undefined
    }
    process = new SimulatedProcess({ name, clock, random, ...table, queues, telemetry, plan })
    process.onDeath(() => clock.timer(10_000, start, { background: true }))
    worker = await startContainerWorker(
      { definition: world.app.definition, ports: () => process.ports },
      { concurrency },
    )
  }
  return {
    ...world,
    runs,
    start,
    kill: () => process.kill(),
    /** The poison is none any more. */
    cure: () => {
      isCured = true
    },
    /** Requests with such a change get lost. */
    silence: (matches: (change: RecordChange) => boolean) => {
      isSilent = matches
    },
    /** From now on reads see the table as it is, and are answered so long after. */
    slowReads: (ms: number) => {
      readsTakeMs = ms
    },
    naps: async (...inputs: readonly Nap[]) => {
      const handles = await world.until(Promise.all(inputs.map((input) => world.app.send('nap', input))))
      return handles.map(({ id }) => id)
    },
    stop: () => world.until(worker.stop()),
  }
}

interface Nap {
  readonly name: string
  readonly ms: number
  /** Ends its process. */
  readonly poison?: boolean
}

describe('in a container with several places', () => {
  it('a poison costs its neighbours no attempt, although each is alone in its batch', async () => {
    const world = fleet()
    const [poison, ...others] = await world.naps(
      { name: 'poison', ms: 5_000, poison: true },
      ...['a', 'b', 'c'].map((name) => ({ name, ms: 40_000 })),
    )
    await world.start()
    await world.clock.advance(20 * 60_000)
    for (const id of others) expect(world.record(id)).toMatchObject({ state: 'SUCCESS', attempt: 1 })
    expect(world.record(poison ?? '')).toMatchObject({ state: 'FAILURE', attempt: 2, reason: 'worker-lost' })
    await world.stop()
  })

  it('a suspect waits until what runs is settled, and nothing begins beside it', async () => {
    const world = fleet()
    const [, first] = await world.naps({ name: 'poison', ms: 1_000, poison: true }, { name: 'first', ms: 100_000 })
    await world.start()
    await world.clock.advance(3 * 60_000)
    const later = await world.naps(...['x', 'y', 'z'].map((name) => ({ name, ms: 30_000 })))
    await world.clock.advance(20 * 60_000)
    for (const id of [first ?? '', ...later]) expect(world.record(id)).toMatchObject({ state: 'SUCCESS', attempt: 1 })
    const again = world.runs.filter(({ name }) => name === 'poison').slice(1)
    expect(again.length).toBeGreaterThan(0)
    for (const { beside } of again) expect(beside).toBe(0)
    await world.stop()
  })

  it('what waits for its turn is kept hidden: no other worker is given it, and no place waits twice', async () => {
    const world = fleet()
    const [poison] = await world.naps({ name: 'poison', ms: 1_000, poison: true })
    await world.start()
    await world.clock.advance(30_000)
    world.cure()
    await world.naps({ name: 'long', ms: 118_000 }, { name: 'longer', ms: 118_000 })
    // Longer than any message is hidden at a time.
    await world.clock.advance(100_000)
    expect(world.runs.map(({ name }) => name)).toEqual(['poison', 'long', 'longer'])
    await world.clock.advance(60_000)
    expect(world.record(poison ?? '')).toMatchObject({ state: 'SUCCESS' })
    expect(world.telemetry.storyOf(poison ?? '')).toEqual(['queued', 'started', 'suspect', 'started', 'succeeded'])
    await world.stop()
  })

  it.each([
    ['soon after it began', 2_000],
    ['after its lease was renewed', 100_000],
  ])('what ran when a container ended, %s, runs again within a minute and a few seconds', async (_when, afterMs) => {
    const world = fleet()
    const [id] = await world.naps({ name: 'long', ms: 110_000 })
    await world.start()
    await world.clock.advance(afterMs)
    const diedAt = world.clock.now()
    world.kill()
    await world.clock.advance(80_000)
    const [, again] = world.runs
    expect((again?.at ?? 0) - diedAt).toBeLessThan(65_000)
    await world.clock.advance(120_000)
    expect(world.record(id ?? '')).toMatchObject({ state: 'SUCCESS' })
    await world.stop()
  })

  it('nothing begins after a suspect that cannot be settled, until its lease has ended', async () => {
    const world = fleet(4)
    const [suspect] = await world.naps({ name: 'poison', ms: 1_000, poison: true })
    await world.start()
    await world.clock.advance(5_000)
    const record = world.record(suspect ?? '')
    expect(record).toMatchObject({ state: 'STARTED', alone: false })
    let silent = true
    world.silence(({ set }) => silent && set.state !== undefined && set.state !== 'STARTED')
    world.cure()
    // Its message appears again, and it runs alone.
    await world.clock.advance(90_000)
    const [, alone] = world.runs
    expect(alone).toMatchObject({ name: 'poison', beside: 0 })
    const [later] = await world.naps({ name: 'later', ms: 0 })
    silent = false
    await world.clock.advance(10 * 60_000)
    const began = world.runs.find(({ name }) => name === 'later')
    expect((began?.at ?? 0) - (alone?.at ?? 0)).toBeGreaterThan(70_000)
    expect(world.record(later ?? '')).toMatchObject({ state: 'SUCCESS', attempt: 1 })
    expect(world.record(suspect ?? '')).toMatchObject({ state: 'SUCCESS', attempt: 2 })
    await world.stop()
  })

  it.each([
    ['a first receive', 0],
    ['a later one', 1],
  ])(
    'what it saw of a lease may have been renewed while the table answered: %s takes nothing',
    async (_which, before) => {
      const world = fleet(1)
      const [id = ''] = await world.naps({ name: 'long', ms: 110_000 })
      const [body = ''] = world.bodies()
      await world.start()
      await world.clock.advance(1_000)
      await world.queues.send('main', [{ body }])
      const hidden = before === 0 ? [] : await world.until(world.queues.receive('main', { max: 1, waitSeconds: 0 }))
      for (const { receipt } of hidden) await world.queues.hide('main', [{ receipt, delaySeconds: 0 }])
      // The first container has one place, and that is taken.
      world.slowReads(65_000)
      await world.start()
      await world.clock.advance(5_000)
      world.slowReads(0)
      await world.clock.advance(200_000)
      expect(world.runs.map(({ process }) => process)).toEqual(['container-0'])
      expect(world.record(id)).toMatchObject({ state: 'SUCCESS', attempt: 1 })
      await world.stop()
    },
  )

  it('of one place everything is alone: its crash counts at once', async () => {
    const world = fleet(1)
    const [poison] = await world.naps({ name: 'poison', ms: 1_000, poison: true })
    await world.start()
    await world.clock.advance(20 * 60_000)
    expect(world.record(poison ?? '')).toMatchObject({ state: 'FAILURE', attempt: 2 })
    expect(world.runs).toHaveLength(2)
    await world.stop()
  })
})
