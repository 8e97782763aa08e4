import { describe, expect, it } from 'vitest'
import { createWorld, type World } from './world.ts'

const counted = (world: World, id: string) => world.runsOf(id).map((run) => run.attempt)

describe('a process that dies', () => {
  it('while it runs one task alone: the crash spends an attempt, and the task runs again', async () => {
    const world = createWorld()
    const handle = await world.until(world.work.delay({ mode: 'exit', value: 'ok' }))
    await world.run()
    expect(world.record(handle.id)).toMatchObject({ state: 'SUCCESS', attempt: 2 })
    expect(counted(world, handle.id)).toEqual([1, 2])
    expect(JSON.parse(world.record(handle.id).attempts ?? '[]')).toMatchObject([
      { attempt: 1, outcome: 'crash', error: { name: 'WorkerLostError' } },
      { attempt: 2, outcome: 'success' },
    ])
  })

  it('whenever it runs one task alone: WorkerLostError after the retries, and every crash is in the history', async () => {
    const world = createWorld()
    const handle = await world.until(world.work.delay({ mode: 'exit', times: 99 }))
    await world.run()
    expect(world.record(handle.id)).toMatchObject({ state: 'FAILURE', attempt: 4, reason: 'worker-lost' })
    expect(world.errorOf(handle.id).name).toBe('WorkerLostError')
    expect(world.dead()).toMatchObject([{ dead: { reason: 'worker-lost' } }])
    const attempts = JSON.parse(world.record(handle.id).attempts ?? '[]') as { attempt: number; outcome: string }[]
    expect(attempts.map(({ attempt, outcome }) => `${attempt} ${outcome}`)).toEqual([
      '1 crash',
      '2 crash',
      '3 crash',
      '4 crash',
    ])
  })

  it('because a task blocks the event loop until the time-out', async () => {
    const world = createWorld({ retry: { maxRetries: 1 } })
    const handle = await world.until(world.work.delay({ mode: 'block' }))
    await world.run()
    expect(world.record(handle.id)).toMatchObject({ state: 'FAILURE', attempt: 2 })
    expect(world.errorOf(handle.id).name).toBe('WorkerLostError')
  })

  it('with retry: false: FAILURE after the one crash', async () => {
    const world = createWorld({ retry: false })
    const handle = await world.until(world.work.delay({ mode: 'exit', times: 99 }))
    await world.run()
    expect(world.record(handle.id)).toMatchObject({ state: 'FAILURE', attempt: 1 })
    expect(counted(world, handle.id)).toEqual([1])
  })

  it('while tasks run one after another (parallelism 1): one that had returned is not blamed', async () => {
    const world = createWorld({ queue: { parallelism: 1, timeout: '10m' }, retry: false, stopped: true })
    const quick = await world.until(world.work.delay({ value: 'quick' }))
    const poison = await world.until(world.work.delay({ mode: 'exit', times: 99 }))
    world.start()
    await world.run()
    expect(world.record(quick.id)).toMatchObject({ state: 'SUCCESS', attempt: 1 })
    expect(world.record(poison.id)).toMatchObject({ state: 'FAILURE', attempt: 1 })
    expect(counted(world, quick.id).length).toBeLessThanOrEqual(2)
  })

  it('could be blamed on a run alone that could not be settled: nothing starts after it', async () => {
    const world = createWorld({ task: { timeLimit: '5s' }, stopped: true })
    const neighbour = await world.until(world.work.delay({ mode: 'sleep', ms: 1_000, value: 'ok' }))
    const poison = await world.until(world.work.delay({ mode: 'exit', times: 2 }))
    let isFull = true
    world.plan = ({ process }) =>
      process.name.startsWith('worker') && isFull
        ? {
            decide: (call) =>
              call.method === 'update' && call.entry.set.state === 'SUCCESS' ? { type: 'throttled' } : undefined,
          }
        : undefined
    world.start()
    while (world.runsOf(neighbour.id).length < 3) await world.clock.advance(1_000)
    isFull = false
    await world.run()
    // The first runs were in company and do not count. What came first of the suspects, alone, could not settle: its message comes again.
    const [, alone] = world.runsOf(neighbour.id)
    expect(world.record(neighbour.id).state).toBe('SUCCESS')
    expect(world.record(poison.id)).toMatchObject({ state: 'SUCCESS', attempt: 2 })
    expect(world.runsOf(poison.id).map(({ context }) => context.requestId)).not.toContain(alone?.context.requestId)
  })

  it('between claim and run: nothing is lost', async () => {
    const world = createWorld()
    let crashes = 0
    world.plan = ({ process, method }) =>
      process.name.startsWith('worker') && method === 'update' && crashes++ === 0 ? { crash: 'after' } : undefined
    const handle = await world.until(world.work.delay({ value: 'ok' }))
    await world.run()
    expect(world.record(handle.id)).toMatchObject({ state: 'SUCCESS', result: '"ok"' })
    expect(world.runsOf(handle.id)).toHaveLength(1)
  })

  it('after its batch is settled, before it answers: nothing runs again', async () => {
    const world = createWorld()
    let crashes = 0
    world.plan = ({ process, method }) =>
      process.name.startsWith('worker') && method === 'add' && crashes++ === 0 ? { crash: 'before' } : undefined
    const handles = await world.until(
      Promise.all([
        world.work.delay({ value: 1 }),
        world.work.delay({ value: 2 }),
        world.work.delay({ mode: 'reject' }),
      ]),
    )
    await world.run()
    expect(handles.map(({ id }) => world.runsOf(id).length)).toEqual([1, 1, 1])
    expect(world.bodies()).toEqual([])
    expect(world.dead()).toHaveLength(2)
    expect(new Set(world.dead().map(({ id, generation }) => `${id} ${generation}`)).size).toBe(1)
  })
})

describe('suspects', () => {
  it('run one by one, after the others are settled, and a poison among them ends as it should', async () => {
    const world = createWorld({ stopped: true })
    const neighbours = []
    for (let index = 0; index < 9; index++) {
      neighbours.push(await world.until(world.work.delay({ mode: 'sleep', ms: 100, value: index })))
    }
    const poison = await world.until(world.work.delay({ mode: 'exit', times: 99 }))
    world.start()
    await world.run()
    expect(world.record(poison.id)).toMatchObject({ state: 'FAILURE', attempt: 4 })
    expect(counted(world, poison.id)).toEqual([1, 1, 2, 3, 4])
    for (const { id } of neighbours) {
      expect(world.record(id)).toMatchObject({ state: 'SUCCESS', attempt: 1 })
      expect(counted(world, id)).toEqual([1, 1])
      expect(JSON.parse(world.record(id).attempts ?? '[]')).toMatchObject([
        { attempt: 1, outcome: 'crash-in-company', error: { message: expect.stringContaining('does not count') } },
        { attempt: 1, outcome: 'success' },
      ])
    }
  })

  it('that never find the time go first after three hand-backs', async () => {
    const world = createWorld({ queue: { timeout: '60s', batchSize: 2 }, task: { timeLimit: '50s' }, stopped: true })
    const suspect = await world.until(world.work.delay({ mode: 'sleep', ms: 20_000, value: 'suspect' }))
    const poison = await world.until(world.work.delay({ mode: 'exit', value: 'poison' }))
    world.start()
    await world.clock.advance(1_000)
    // From now on every batch has a fresh task that takes the time.
    const others = []
    for (let index = 0; index < 40; index++) {
      others.push(await world.until(world.work.delay({ mode: 'sleep', ms: 30_000 })))
      await world.clock.advance(15_000)
    }
    await world.run()
    for (const { id } of [suspect, poison, ...others]) expect(world.record(id).state).toBe('SUCCESS')
    expect(world.record(suspect.id).attempt).toBe(1)
    const handedBack = world.telemetry.ofType('handed-back').filter(({ id }) => id === poison.id)
    expect(handedBack).toHaveLength(3)
    // It did not wait until the others were through.
    const lastRunAt = Math.max(...others.flatMap(({ id }) => world.runsOf(id).map(({ at }) => at)))
    expect(world.runsOf(poison.id).at(-1)?.at).toBeLessThan(lastRunAt - 3 * 60_000)
  })
})

describe('what has not started', () => {
  it('is handed back when the time left is too short, uncounted', async () => {
    const world = createWorld({
      queue: { timeout: '60s', batchSize: 4, parallelism: 2 },
      task: { timeLimit: '25s' },
      stopped: true,
    })
    const handles = []
    for (let index = 0; index < 4; index++) {
      handles.push(await world.until(world.work.delay({ mode: 'deaf', ms: 24_000, value: index })))
    }
    world.plan = ({ process, method, nth }) =>
      process.name === 'worker-0' && method === 'update' && nth < 3
        ? { decide: () => ({ type: 'delayed', delayMs: 15_000 }) }
        : undefined
    world.start()
    await world.run()
    for (const { id } of handles) expect(world.record(id)).toMatchObject({ state: 'SUCCESS', attempt: 1 })
    expect(world.runs).toHaveLength(4)
    expect(world.telemetry.ofType('handed-back').length).toBeGreaterThan(0)
  })
})

describe('a run that begins late', () => {
  it('has a shorter limit, so that it is settled before its process is killed', async () => {
    const world = createWorld({
      queue: { timeout: '60s' },
      task: { timeLimit: '50s' },
      retry: { maxRetries: 1, delay: '10s' },
    })
    world.plan = ({ process, port, nth }) =>
      process.name === 'worker-0' && port === 'controls' && nth === 0
        ? { decide: () => ({ type: 'delayed', delayMs: 25_000 }) }
        : undefined
    const startedAt = world.clock.now()
    const { id } = await world.until(world.work.delay({ mode: 'sleep', ms: 45_000 }))
    await world.run()
    expect(JSON.parse(world.record(id).attempts ?? '[]')).toMatchObject([
      { attempt: 1, outcome: 'retry', error: { name: 'TimeLimitExceededError' } },
      { attempt: 2, outcome: 'success' },
    ])
    expect(world.runs[0]?.at).toBe(startedAt + 25_000)
    expect(world.runs[0]?.endedAt).toBeLessThan(startedAt + 60_000)
  })
})

describe('a finished neighbour', () => {
  it('is settled while another task runs', async () => {
    const world = createWorld({ stopped: true })
    const quick = await world.until(world.work.delay({ value: 1 }))
    await world.until(world.work.delay({ mode: 'sleep', ms: 40_000 }))
    world.start()
    await world.clock.advance(100)
    expect(world.record(quick.id).state).toBe('SUCCESS')
  })

  it('is settled although the hooks of another take their time', async () => {
    const slow = () => new Promise<void>(() => {})
    const world = createWorld({ stopped: true, hooks: { onSuccess: slow, onSettled: slow } })
    const first = await world.until(world.work.delay({ value: 1 }))
    const second = await world.until(world.work.delay({ mode: 'sleep', ms: 200, value: 2 }))
    world.start()
    await world.clock.advance(400)
    expect(world.record(first.id).state).toBe('SUCCESS')
    expect(world.record(second.id).state).toBe('SUCCESS')
  })

  it('not: a claim whose answer takes the time there was is given back, unrun and uncounted', async () => {
    const world = createWorld({ queue: { timeout: '30s' }, task: { timeLimit: '20s' } })
    let claims = 0
    world.plan = ({ process, method }) => ({
      decide: () =>
        process.name.startsWith('worker') && method === 'update' && claims++ === 0
          ? { type: 'delayed', answerDelayMs: 21_000 }
          : undefined,
    })
    const handle = await world.until(world.work.delay({}))
    await world.run()
    expect(world.runsOf(handle.id).map(({ attempt, receiveCount }) => [attempt, receiveCount])).toEqual([[1, 2]])
    expect(world.record(handle.id)).toMatchObject({ state: 'SUCCESS', attempt: 1 })
  })
})
