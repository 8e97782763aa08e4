import { describe, expect, it } from 'vitest'
import { EnqueueError } from '../../shared/core/errors.ts'
import { sweepTable } from '../../shared/memory/table.ts'
import type { RecordChange } from '../../shared/ports/index.ts'
import { createWorld, type World } from '../worker/world.ts'

const day = 24 * 3_600_000

/** The message as it lies in the queue, sent once more: at-least-once delivery, made certain. */
function copyMessages(world: World): void {
  for (const body of world.bodies()) world.sendRaw(body)
}

function isClaim(entry: unknown): boolean {
  return (entry as RecordChange).set.state === 'STARTED'
}

function isSettlement(entry: unknown): boolean {
  const { state } = (entry as RecordChange).set
  return state !== undefined && state !== 'STARTED'
}

/** One fault, at the first call of a worker that matches. */
function once(world: World, matches: (entry: unknown) => boolean, type: 'answer-lost' | 'repeated' | 'request-lost') {
  let hits = 0
  world.faultsOfWorkers((call) =>
    call.method === 'update' && matches(call.entry) && hits++ === 0 ? { type } : undefined,
  )
  return () => hits
}

const keyed = { task: { idempotencyKey: (input: { value?: unknown }) => String(input.value) } }

describe('claim written but the answer lost', () => {
  it.each(['answer-lost', 'repeated'] as const)('%s: the task runs once, by whoever wrote the claim', async (type) => {
    const world = createWorld({ concurrency: 2 })
    const hits = once(world, isClaim, type)
    const handle = await world.until(world.work.delay({ value: 1 }))
    await world.run()
    expect(hits()).toBeGreaterThan(0)
    expect(world.runs).toHaveLength(1)
    expect(world.record(handle.id)).toMatchObject({ state: 'SUCCESS', attempt: 1, v: 3 })
    expect(world.bodies()).toEqual([])
  })

  it('and the table stays silent: nothing runs by that claim, nothing is lost', async () => {
    const world = createWorld()
    const from = world.clock.now()
    world.faultsOfWorkers((call) =>
      call.port !== 'queues' && world.clock.now() < from + 30_000
        ? { type: call.method === 'update' ? 'answer-lost' : 'request-lost' }
        : undefined,
    )
    const handle = await world.until(world.work.delay({ value: 1 }))
    await world.run()
    expect(world.runs).toHaveLength(1)
    expect(world.record(handle.id)).toMatchObject({ state: 'SUCCESS', result: '1' })
  })
})

describe('settle written but the answer lost', () => {
  it.each(['answer-lost', 'repeated'] as const)('%s: one run, one success, acknowledged', async (type) => {
    const world = createWorld()
    const hits = once(world, isSettlement, type)
    const handle = await world.until(world.work.delay({ value: 1 }))
    await world.run()
    expect(hits()).toBeGreaterThan(0)
    expect(world.runs).toHaveLength(1)
    expect(world.record(handle.id)).toMatchObject({ state: 'SUCCESS', attempt: 1, v: 3 })
    expect(world.invocations).toHaveLength(1)
    expect(world.bodies()).toEqual([])
  })

  it.each(['answer-lost', 'repeated'] as const)('%s, of a failure: its dead letter is sent', async (type) => {
    const world = createWorld({ retry: false })
    once(world, isSettlement, type)
    const handle = await world.until(world.work.delay({ mode: 'throw' }))
    await world.run()
    expect(world.record(handle.id)).toMatchObject({ state: 'FAILURE', attempt: 1 })
    expect(world.dead()).toMatchObject([{ id: handle.id, generation: 1 }])
  })

  it('and the process dies then: the message finds the truth, and what follows is repeated', async () => {
    const world = createWorld({ retry: false })
    let crashes = 0
    world.plan = ({ process, method, entries }) =>
      process.name.startsWith('worker') && method === 'update' && entries.some(isSettlement) && crashes++ === 0
        ? { crash: 'after' }
        : undefined
    const handle = await world.until(world.work.delay({ mode: 'throw' }))
    await world.run()
    expect(crashes).toBe(1)
    expect(world.runs).toHaveLength(1)
    expect(world.record(handle.id)).toMatchObject({ state: 'FAILURE', attempt: 1 })
    expect(world.dead()).toMatchObject([
      { id: handle.id, generation: 1, dead: { reason: 'failure', error: { name: 'TypeError' } } },
    ])
    expect(world.bodies()).toEqual([])
  })
})

describe('crash between record and send, then the same key again', () => {
  it('the second enqueue sends the message: one task, one run', async () => {
    const world = createWorld(keyed)
    world.plan = ({ process, method }) =>
      process.name === 'client-0' && method === 'send' ? { crash: 'before' } : undefined
    void world.work.delay({ value: 'key' })
    await world.run()
    expect(world.table.records.all()).toMatchObject([{ state: 'QUEUED' }])
    expect(world.bodies()).toEqual([])
    world.restartClient()
    const handle = await world.until(world.work.delay({ value: 'key' }))
    expect(handle.deduplicated).toBe(true)
    await world.run()
    expect(world.table.records.all()).toMatchObject([{ id: handle.id, state: 'SUCCESS', generation: 0 }])
    expect(world.runs).toHaveLength(1)
  })

  it('or reconcile does, without a key', async () => {
    const world = createWorld()
    world.plan = ({ process, method }) =>
      process.name === 'client-0' && method === 'send' ? { crash: 'before' } : undefined
    void world.work.delay({ value: 'no key' })
    await world.run()
    world.restartClient()
    await world.clock.advance(3_600_000)
    const report = await world.until(world.app.reconcile())
    expect(report).toMatchObject({ examined: 1, open: 1, sentAgain: [{ state: 'QUEUED' }], failed: [] })
    await world.run()
    expect(world.table.records.all()).toMatchObject([{ state: 'SUCCESS', result: '"no key"' }])
  })
})

describe('send timed out but taken, then the same key again', () => {
  it('the first is withdrawn and told so, its message is acknowledged unrun, the second runs', async () => {
    const world = createWorld({ ...keyed, stopped: true })
    world.plan = ({ process, method }) =>
      process.name === 'client-0' && method === 'send' ? { decide: () => ({ type: 'answer-lost' }) } : undefined
    const refused = await world.until(world.work.delay({ value: 'key' }).catch((error: unknown) => error))
    expect(refused).toBeInstanceOf(EnqueueError)
    expect(refused).toMatchObject({ maybeSent: true, mayRun: false })
    expect(world.table.records.all()).toMatchObject([{ state: 'REVOKED', reason: 'enqueue-failed' }])
    expect(world.bodies()).toHaveLength(1)
    world.plan = undefined
    const handle = await world.until(world.work.delay({ value: 'key' }))
    expect(handle.id).toBe((refused as EnqueueError).id)
    world.start()
    await world.run()
    expect(world.runs).toMatchObject([{ id: handle.id, generation: 2, attempt: 1 }])
    expect(world.record(handle.id)).toMatchObject({ state: 'SUCCESS', generation: 2 })
    expect(world.bodies()).toEqual([])
  })

  it('but not again: the message that got out is acknowledged unrun', async () => {
    const world = createWorld(keyed)
    world.plan = ({ process, method }) =>
      process.name === 'client-0' && method === 'send'
        ? { decide: () => ({ type: 'answer-lost', delayMs: 0, answerDelayMs: 0 }) }
        : undefined
    world.stop()
    await world.until(world.work.delay({ value: 'key' }).catch(() => {}))
    world.start()
    await world.run()
    expect(world.runs).toEqual([])
    expect(world.bodies()).toEqual([])
    expect(world.dead()).toEqual([])
  })

  it('and a worker was quicker than the withdrawal: accepted after all', async () => {
    const world = createWorld(keyed)
    world.plan = ({ process, method }) =>
      process.name === 'client-0' && method === 'send'
        ? { decide: () => ({ type: 'answer-lost', answerDelayMs: 5_000 }) }
        : undefined
    const handle = await world.until(world.work.delay({ value: 'key' }))
    await world.run()
    expect(world.runs).toHaveLength(1)
    expect(await world.until(handle.get())).toBe('key')
  })
})

describe('two copies of a message when one is exhausted', () => {
  it('neither runs it once more, and one dead letter is told by id and generation', async () => {
    const world = createWorld({ concurrency: 2, stopped: true })
    const handle = await world.until(world.work.delay({ mode: 'exit', times: 99 }))
    copyMessages(world)
    world.start()
    await world.run()
    expect(world.runs.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4])
    expect(world.record(handle.id)).toMatchObject({ state: 'FAILURE', attempt: 4, reason: 'worker-lost' })
    expect(new Set(world.dead().map(({ id, generation }) => `${id} ${generation}`))).toEqual(
      new Set([`${handle.id} 1`]),
    )
    expect(world.bodies()).toEqual([])
  })

  it('the same for a task that throws', async () => {
    const world = createWorld({ concurrency: 3, stopped: true, retry: { maxRetries: 1, delay: '5s', jitter: false } })
    const handle = await world.until(world.work.delay({ mode: 'throw' }))
    copyMessages(world)
    copyMessages(world)
    world.start()
    await world.run()
    expect(world.runs.map(({ attempt }) => attempt)).toEqual([1, 2])
    expect(world.record(handle.id)).toMatchObject({ state: 'FAILURE', attempt: 2 })
    expect(world.bodies()).toEqual([])
  })
})

describe('duplicate of one id inside a batch', () => {
  it('one goes on, the others wait for it and are acknowledged', async () => {
    const world = createWorld({ stopped: true })
    const handle = await world.until(world.work.delay({ mode: 'sleep', value: 1 }))
    copyMessages(world)
    copyMessages(world)
    const neighbour = await world.until(world.work.delay({ value: 2 }))
    world.start()
    await world.run()
    expect(world.invocations[0]?.deliveries).toHaveLength(5)
    expect(world.runsOf(handle.id)).toHaveLength(1)
    expect(world.runsOf(neighbour.id)).toHaveLength(1)
    expect(world.bodies()).toEqual([])
    expect(world.invocations.every(({ end }) => end === 'answered')).toBe(true)
  })

  it('also when the one that goes on is retried', async () => {
    const world = createWorld({ stopped: true, retry: { delay: '20s', jitter: false } })
    const handle = await world.until(world.work.delay({ mode: 'throw-first', times: 2, value: 1 }))
    copyMessages(world)
    world.start()
    await world.run()
    expect(world.runsOf(handle.id).map(({ attempt }) => attempt)).toEqual([1, 2, 3])
    const [first, second, third] = world.runsOf(handle.id)
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(20_000)
    expect((third?.at ?? 0) - (second?.at ?? 0)).toBeGreaterThanOrEqual(39_500)
    expect(world.bodies()).toEqual([])
  })

  it('the very same message twice, when its record cannot be read: its second delivery does not acknowledge the first', async () => {
    const world = createWorld({
      shape: (_queue, [first]) => (first ? { deliveries: [first, first], delayMs: 0 } : undefined),
    })
    let reads = 0
    let letters = 0
    world.faultsOfWorkers(({ method }) => {
      // The failure is recorded, and its dead letter does not get out; then its record cannot be read at first.
      if (method === 'sendDead' && letters++ === 0) return { type: 'throttled' }
      if (method === 'read' && world.invocations.length === 2 && reads++ === 0) return { type: 'request-lost' }
      return undefined
    })
    const { id } = await world.until(world.work.delay({ mode: 'reject' }))
    await world.run()
    expect(reads).toBeGreaterThan(0)
    expect(world.record(id)).toMatchObject({ state: 'FAILURE' })
    expect(world.dead().map((letter) => letter.id)).toEqual([id])
    expect(world.bodies()).toEqual([])
  })

  it('also when it is the very same message twice', async () => {
    const world = createWorld({
      shape: (_queue, deliveries) => ({ deliveries: [...deliveries, ...deliveries], delayMs: 0 }),
    })
    const handle = await world.until(world.work.delay({ mode: 'throw-first', value: 1 }))
    await world.run()
    expect(world.runsOf(handle.id).map(({ attempt }) => attempt)).toEqual([1, 2])
    expect(world.record(handle.id).state).toBe('SUCCESS')
    expect(world.bodies()).toEqual([])
  })
})

describe('nine finished, the tenth hangs until the kill', () => {
  it('the nine are not run again; the tenth is a suspect, and its crashes alone are its own', async () => {
    const world = createWorld({ stopped: true })
    const nine = []
    for (let index = 0; index < 9; index++) nine.push(await world.until(world.work.delay({ value: index })))
    const tenth = await world.until(world.work.delay({ mode: 'block', ms: 1_000 }))
    world.start()
    await world.run()
    expect(world.invocations[0]).toMatchObject({ end: 'killed' })
    for (const { id } of nine) {
      expect(world.runsOf(id)).toHaveLength(1)
      expect(world.record(id)).toMatchObject({ state: 'SUCCESS', attempt: 1 })
    }
    expect(world.runsOf(tenth.id).map(({ attempt }) => attempt)).toEqual([1, 1, 2, 3, 4])
    expect(world.record(tenth.id)).toMatchObject({ state: 'FAILURE', attempt: 4, reason: 'worker-lost' })
    expect(world.bodies()).toEqual([])
  })

  it('when it merely ignores its signal, its hard limit ends it before the kill', async () => {
    const world = createWorld({ stopped: true, retry: false })
    for (let index = 0; index < 9; index++) await world.until(world.work.delay({ value: index }))
    const tenth = await world.until(world.work.delay({ mode: 'deaf', ms: 300_000 }))
    world.start()
    await world.run()
    expect(world.invocations).toMatchObject([{ end: 'answered' }])
    expect(world.errorOf(tenth.id).name).toBe('TimeLimitExceededError')
  })
})

describe('late duplicate', () => {
  it.each([1, 6.9])('after resultTtl, %s days after the end: acknowledged unrun', async (days) => {
    const world = createWorld({ task: { resultTtl: '1s' }, stopped: true })
    const handle = await world.until(world.work.delay({ value: 1 }))
    const [body] = world.bodies()
    world.start()
    await world.run()
    await world.clock.advance(days * day)
    sweepTable(world.table)
    world.sendRaw(body ?? '')
    await world.run()
    expect(world.runs).toHaveLength(1)
    expect(world.bodies()).toEqual([])
    await expect(world.until(handle.get())).rejects.toMatchObject({ code: 'result-gone' })
  })

  it('after forget(): acknowledged unrun, and nothing of the input or result comes back', async () => {
    const world = createWorld({ stopped: true })
    const handle = await world.until(world.work.delay({ value: 'x'.repeat(2_000) }))
    const [body] = world.bodies()
    world.start()
    await world.run()
    await world.until(handle.forget())
    world.sendRaw(body ?? '')
    await world.run()
    expect(world.runs).toHaveLength(1)
    expect(world.bodies()).toEqual([])
    expect(JSON.stringify(world.record(handle.id))).not.toContain('xxx')
    await expect(world.until(handle.get())).rejects.toMatchObject({ code: 'result-gone' })
  })

  it('of a failure that was forgotten: its dead letter is not sent again without its reason', async () => {
    const world = createWorld({ stopped: true, retry: false })
    const handle = await world.until(world.work.delay({ mode: 'throw' }))
    const [body] = world.bodies()
    world.start()
    await world.run()
    await world.until(handle.forget())
    world.sendRaw(body ?? '')
    await world.run()
    expect(world.runs).toHaveLength(1)
    for (const { dead } of world.dead()) expect(dead?.reason).toBe('failure')
  })
})

describe('revoke between claim and settle', () => {
  const slowClaim = (world: World) =>
    world.faultsOfWorkers((call) =>
      call.method === 'update' && isClaim(call.entry) ? { type: 'delayed', answerDelayMs: 2_000 } : undefined,
    )

  it('before the run begins: it ends in REVOKED once its signal says so', async () => {
    const world = createWorld()
    slowClaim(world)
    const handle = await world.until(world.work.delay({ mode: 'sleep', ms: 30_000 }))
    await world.clock.advance(1_000)
    expect(await world.until(handle.revoke())).toBe('STARTED')
    await world.run()
    expect(world.record(handle.id)).toMatchObject({ state: 'REVOKED', reason: 'revoked' })
    expect(world.runs).toHaveLength(1)
    expect(world.bodies()).toEqual([])
  })

  it('too late for a quick one: it succeeded, and says so', async () => {
    const world = createWorld()
    slowClaim(world)
    const handle = await world.until(world.work.delay({ value: 'quick' }))
    await world.clock.advance(1_000)
    await world.until(handle.revoke())
    await world.run()
    expect(world.record(handle.id).state).toBe('SUCCESS')
    expect(await world.until(handle.get())).toBe('quick')
  })

  it('and the process dies: it does not run again', async () => {
    const world = createWorld()
    slowClaim(world)
    const handle = await world.until(world.work.delay({ mode: 'exit', times: 99 }))
    await world.clock.advance(1_000)
    await world.until(handle.revoke())
    await world.run()
    expect(world.runs).toHaveLength(1)
    expect(world.record(handle.id).state).toBe('REVOKED')
    expect(world.bodies()).toEqual([])
  })
})

describe('poison in company', () => {
  it.each([
    { times: 99, state: 'FAILURE', attempts: [1, 1, 2, 3, 4] },
    { times: 3, state: 'SUCCESS', attempts: [1, 1, 2, 3] },
  ])(
    'ends its process $times times: $state after 1 uncounted and then counted runs',
    async ({ times, state, attempts }) => {
      const world = createWorld({ stopped: true })
      const poison = await world.until(world.work.delay({ mode: 'exit', times }))
      const neighbours = []
      for (let index = 0; index < 9; index++) {
        neighbours.push(await world.until(world.work.delay({ mode: 'sleep', ms: 500, value: index })))
      }
      world.start()
      await world.run()
      expect(world.runsOf(poison.id).map(({ attempt }) => attempt)).toEqual(attempts)
      expect(world.record(poison.id)).toMatchObject({ state, attempt: attempts.at(-1) })
      for (const { id } of neighbours) {
        expect(world.runsOf(id).map(({ attempt }) => attempt)).toEqual([1, 1])
        expect(world.record(id)).toMatchObject({ state: 'SUCCESS', attempt: 1 })
      }
      if (state === 'FAILURE') {
        expect(world.errorOf(poison.id).name).toBe('WorkerLostError')
        expect(world.dead()).toMatchObject([{ id: poison.id, dead: { reason: 'worker-lost', attempt: 4 } }])
      }
      expect(world.bodies()).toEqual([])
    },
  )
})

describe('queue paused for eight days', () => {
  it('nothing is lost, nothing runs, nothing is counted; resumed, all of it runs', async () => {
    const world = createWorld({ queue: { batchSize: 10 }, retry: { delay: '20m', maxDelay: '20m', jitter: false } })
    const waiting = await world.until(world.work.delay({ mode: 'throw-first', value: 'waiting' }))
    await world.clock.advance(1_000)
    expect(world.record(waiting.id).state).toBe('RETRY')
    await world.until(world.app.pause('main'))
    await world.clock.advance(6_000)
    const handles = []
    for (let index = 0; index < 12; index++)
      handles.push(await world.until(world.work.delay({ value: 'x'.repeat(index * 200) })))
    const runs = world.runs.length
    await world.clock.advance(8 * day)
    expect(world.runs).toHaveLength(runs)
    expect(world.bodies()).toHaveLength(13)
    expect(world.dead()).toEqual([])
    const resumedAt = world.clock.now()
    await world.until(world.app.resume('main'))
    await world.run()
    for (const { id } of handles) expect(world.record(id)).toMatchObject({ state: 'SUCCESS', attempt: 1 })
    expect(world.record(waiting.id)).toMatchObject({ state: 'SUCCESS', attempt: 2 })
    expect(world.clock.now() - resumedAt).toBeLessThan(20 * 60_000)
    expect(world.bodies()).toEqual([])
  })

  it('a late copy of a task that had ended does not outlive its record', async () => {
    let deletes = 0
    const world = createWorld({ deletes: () => deletes++ > 0 })
    const handle = await world.until(world.work.delay({ value: 'once' }))
    await world.clock.advance(1_000)
    await world.until(world.app.pause('main'))
    await world.clock.advance(9 * day)
    expect(world.bodies()).toEqual([])
    await world.until(world.app.resume('main'))
    await world.run()
    expect(world.runsOf(handle.id)).toHaveLength(1)
  })

  it('nor does a copy of one that was revoked, however late it comes again', async () => {
    // Found by the simulator: copies were sent unread for half the retention, and each may come again for the whole of it.
    const world = createWorld()
    await world.until(world.app.pause('main'))
    const handle = await world.until(world.work.delay({ value: 'never' }))
    await world.clock.advance(60_000)
    expect(await world.until(handle.revoke())).toBe('REVOKED')
    await world.clock.advance(3 * day)
    expect(world.bodies()).toEqual([])
    const ghosts = world.invocations.at(-1)?.deliveries ?? []
    expect(ghosts).toHaveLength(1)
    await world.until(world.app.resume('main'))
    await world.clock.advanceTo((ghosts[0]?.sentAt ?? 0) + 7 * day - 60_000)
    world.mappings.get('main')?.deliverAgain(ghosts)
    await world.run()
    expect(world.runs).toEqual([])
  })

  it('a failure among them sends the dead letter that is still owed', async () => {
    const world = createWorld({ retry: false })
    world.plan = ({ method }) => ({ decide: () => (method === 'sendDead' ? { type: 'request-lost' } : undefined) })
    const handle = await world.until(world.work.delay({ mode: 'throw' }))
    await world.clock.advance(1_000)
    expect(world.record(handle.id)).toMatchObject({ state: 'FAILURE' })
    expect(world.dead()).toEqual([])
    await world.until(world.app.pause('main'))
    world.plan = undefined
    await world.clock.advance(4 * day)
    expect(world.bodies()).toEqual([])
    expect(world.dead()).toMatchObject([{ id: handle.id, dead: { reason: 'failure' } }])
  })

  it("a foreign producer's dead letter, sent back into a paused queue, still opens its own generation", async () => {
    const world = createWorld({ retry: false })
    world.sendRaw('{"celeriac":1,"id":"foreign","task":"work","input":{"mode":"throw"}}')
    await world.clock.advance(1_000)
    expect(world.dead()).toMatchObject([{ id: 'foreign', generation: 1 }])
    await world.until(world.app.pause('main'))
    await world.clock.advance(6_000)
    await world.redrive()
    // Long enough for copies of it to be sent.
    await world.clock.advance(20 * 60_000)
    await world.until(world.app.resume('main'))
    await world.run()
    expect(world.runsOf('foreign').map(({ generation, attempt }) => [generation, attempt])).toEqual([
      [0, 1],
      [1, 1],
    ])
    expect(world.record('foreign')).toMatchObject({ state: 'FAILURE', generation: 1 })
  })

  it("a second copy of a foreign producer's task, sent afresh in the pause, does not resume it before its next attempt", async () => {
    const world = createWorld({ retry: { delay: '3h', maxDelay: '3h', jitter: false } })
    const body = '{"celeriac":1,"id":"foreign","task":"work","input":{"mode":"throw-first"}}'
    world.sendRaw(body)
    await world.clock.advance(1_000)
    await world.until(world.app.pause('main'))
    await world.clock.advance(6_000)
    world.sendRaw(body)
    // Long enough for copies of it to be sent, and one of them to arrive.
    await world.clock.advance(20 * 60_000)
    await world.until(world.app.resume('main'))
    await world.run()
    const [first, second] = world.runsOf('foreign')
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(3 * 3_600_000)
    expect(world.record('foreign')).toMatchObject({ state: 'SUCCESS', attempt: 2 })
  })

  it("a foreign producer's task that crashed in company is still a suspect after the pause", async () => {
    const world = createWorld({ stopped: true })
    world.sendRaw('{"celeriac":1,"id":"crashes","task":"work","input":{"mode":"exit","times":1}}')
    world.sendRaw('{"celeriac":1,"id":"neighbour","task":"work","input":{"mode":"sleep","ms":5000}}')
    world.start()
    await world.clock.advance(1_000)
    await world.until(world.app.pause('main'))
    await world.clock.advance(30 * 60_000)
    await world.until(world.app.resume('main'))
    await world.run()
    for (const id of ['crashes', 'neighbour'])
      expect(world.record(id)).toMatchObject({ state: 'SUCCESS', attempt: 1, alone: true })
  })

  it('at an odd millisecond: every copy is a message that a worker can read', async () => {
    const world = createWorld({ stopped: true })
    await world.clock.advance(333)
    await world.until(world.app.pause('main'))
    const handle = await world.until(world.work.delay({ value: 1 }))
    await world.clock.advance(300_001)
    world.start()
    await world.clock.advance(400_001)
    await world.until(world.app.resume('main'))
    await world.run()
    expect(world.deadBodies()).toEqual([])
    expect(world.record(handle.id)).toMatchObject({ state: 'SUCCESS', attempt: 1 })
  })

  it('paused and resumed at once: what was early stays early', async () => {
    const world = createWorld({ retry: { delay: '40m', maxDelay: '40m', jitter: false } })
    const handle = await world.until(world.work.delay({ mode: 'throw-first', value: 1 }))
    await world.clock.advance(10 * 60_000)
    await world.until(world.app.pause('main'))
    // The copy that was sent for a quarter of an hour arrives in the pause, and waits long enough to be sent afresh.
    await world.clock.advance(15 * 60_000)
    await world.until(world.app.resume('main'))
    await world.run()
    const [first, second] = world.runs
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(40 * 60_000 - 500)
    expect(world.record(handle.id)).toMatchObject({ state: 'SUCCESS', attempt: 2 })
  })
})

describe('clocks 9 s apart', () => {
  it.each([
    [9_000, 0],
    [0, 9_000],
    [-4_500, 4_500],
  ])('of two workers (%s and %s ms ahead): no run begins while another holds the lease', async (first, second) => {
    const world = createWorld({ concurrency: 2, skewMs: (nth) => (nth % 2 === 0 ? first : second), stopped: true })
    const handle = await world.until(world.work.delay({ mode: 'block', ms: 1_000 }))
    copyMessages(world)
    world.start()
    await world.run()
    const runs = world.runsOf(handle.id)
    expect(runs.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4])
    for (const [index, run] of runs.slice(1).entries()) {
      const before = runs[index]
      const died = world.environments.find(({ name }) => name === before?.process)?.endedAt ?? Number.POSITIVE_INFINITY
      expect(run.at).toBeGreaterThanOrEqual(died)
    }
  })

  it('of client and worker: a countdown is not cut by more than that, and nothing is lost', async () => {
    const world = createWorld({ skewMs: () => 9_000 })
    const handle = await world.until(world.work.applyAsync({ value: 1 }, { countdown: 60 }))
    const start = world.clock.now()
    await world.run()
    expect(world.record(handle.id).state).toBe('SUCCESS')
    expect((world.runs[0]?.at ?? 0) - start).toBeGreaterThanOrEqual(51_000)
  })
})

describe('redrive twice', () => {
  it('one dead letter, sent back, fails again and is sent back again: each opens one generation', async () => {
    const world = createWorld({ retry: false })
    const handle = await world.until(world.work.delay({ mode: 'exit', times: 2, value: 'third time' }))
    await world.run()
    expect(world.dead()).toMatchObject([{ generation: 1 }])
    await world.redrive()
    await world.run()
    expect(world.record(handle.id)).toMatchObject({ state: 'FAILURE', generation: 1, attempt: 1 })
    expect(world.dead()).toMatchObject([{ generation: 2 }])
    await world.redrive()
    await world.run()
    expect(world.record(handle.id)).toMatchObject({ state: 'SUCCESS', generation: 2, attempt: 1 })
    expect(world.runs.map(({ generation }) => generation)).toEqual([0, 1, 2])
    expect(await world.until(handle.get())).toBe('third time')
  })

  it('the same dead letter twice: one run', async () => {
    const world = createWorld({ retry: false, concurrency: 2 })
    const handle = await world.until(world.work.delay({ mode: 'exit', value: 'second time' }))
    await world.run()
    const [letter] = world.deadBodies()
    world.sendRaw(letter ?? '')
    world.sendRaw(letter ?? '')
    await world.run()
    world.sendRaw(letter ?? '')
    await world.run()
    expect(world.runs.map(({ generation }) => generation)).toEqual([0, 1])
    expect(world.record(handle.id)).toMatchObject({ state: 'SUCCESS', generation: 1, attempt: 1 })
    expect(world.bodies()).toEqual([])
  })

  it('a late duplicate of the message that failed is no redrive', async () => {
    const world = createWorld({ retry: false, stopped: true })
    await world.until(world.work.delay({ mode: 'throw' }))
    const [body] = world.bodies()
    world.start()
    await world.run()
    world.sendRaw(body ?? '')
    await world.run()
    expect(world.runs).toHaveLength(1)
  })
})

describe('redrive of a key that was reopened meanwhile', () => {
  const options = { ...keyed, retry: false as const }

  it('is superseded: acknowledged unrun, while the new opening runs', async () => {
    const world = createWorld(options)
    const first = await world.until(world.work.delay({ mode: 'throw', value: 'key' }))
    await world.run()
    const again = await world.until(world.work.delay({ mode: 'sleep', ms: 20_000, value: 'key' }))
    expect(again.id).toBe(first.id)
    expect(again.deduplicated).toBe(false)
    await world.redrive()
    await world.run()
    expect(world.runs.map(({ generation }) => generation)).toEqual([0, 2])
    expect(world.record(first.id)).toMatchObject({ state: 'SUCCESS', generation: 2 })
    expect(world.bodies()).toEqual([])
  })

  it('also after the new opening failed: only its own dead letter opens it again', async () => {
    const world = createWorld(options)
    const { id } = await world.until(world.work.delay({ mode: 'throw', value: 'key' }))
    await world.run()
    const [stale] = world.deadBodies()
    await world.until(world.work.delay({ mode: 'throw', value: 'key', ms: 1 }))
    await world.run()
    expect(world.record(id)).toMatchObject({ state: 'FAILURE', generation: 2 })
    world.sendRaw(stale ?? '')
    await world.run()
    expect(world.record(id)).toMatchObject({ state: 'FAILURE', generation: 2 })
    expect(world.runs).toHaveLength(2)
    await world.redrive()
    await world.run()
    expect(world.runs.map(({ generation }) => generation)).toEqual([0, 2, 3])
  })

  it('redrive first, then the key: joined while open', async () => {
    const world = createWorld(options)
    const { id } = await world.until(world.work.delay({ mode: 'exit', value: 'key' }))
    await world.run()
    await world.redrive()
    // It has been received and claimed, and is not settled yet.
    await world.clock.advance(1)
    const again = await world.until(world.work.delay({ mode: 'exit', value: 'key' }))
    await world.run()
    expect(again.id).toBe(id)
    expect(world.runs.map(({ generation }) => generation).slice(0, 2)).toEqual([0, 1])
    expect(world.record(id).state).toBe('SUCCESS')
  })
})
