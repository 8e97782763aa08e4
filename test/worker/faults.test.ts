import { describe, expect, it } from 'vitest'
import type { Fault, PortCall } from '../../shared/memory/faults.ts'
import { sweepTable } from '../../shared/memory/table.ts'
import { createWorld, type World } from './world.ts'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

const message = (fields: object = {}) => JSON.stringify({ celeriac: 1, id: 'foreign', task: 'work', ...fields })

const isClaim = (call: PortCall) => call.method === 'update' && call.entry.set.state === 'STARTED'
const isSettlement = (call: PortCall) =>
  call.method === 'update' && call.entry.set.state !== undefined && call.entry.set.state !== 'STARTED'

/** While the clock of the world shows less than `forMs` from now, those calls of workers get lost. */
function lose(
  world: World,
  forMs: number,
  matches: (call: PortCall) => boolean,
  fault: Fault['type'] = 'request-lost',
) {
  const until = world.clock.now() + forMs
  const lost = { calls: 0 }
  world.faultsOfWorkers((call) => {
    if (world.clock.now() >= until || !matches(call)) return undefined
    lost.calls++
    return { type: fault }
  })
  return lost
}

const logged = (world: World) => world.telemetry.logs.map(({ message: text }) => text)

describe('a record that a foreign message needs', () => {
  it('is inserted by one of two workers; the other one finds it, and waits', async () => {
    const world = createWorld({ concurrency: 2, queue: { batchSize: 1 }, stopped: true })
    for (let copy = 0; copy < 2; copy++) world.sendRaw(message({ input: { mode: 'sleep', ms: 2_000, value: copy } }))
    world.faultsOfWorkers((call) => (call.method === 'insert' ? { type: 'delayed', delayMs: 100 } : undefined))
    world.start()
    await world.clock.advance(1_000)
    expect(world.mappings.get('main')?.busy).toBe(1)
    expect(world.runs).toHaveLength(1)
    await world.run()
    expect(world.runs).toHaveLength(1)
    expect(world.record('foreign')).toMatchObject({ state: 'SUCCESS', attempt: 1 })
    expect(world.bodies()).toEqual([])
  })

  it('cannot be inserted while the table is silent: the message comes again', async () => {
    const world = createWorld()
    const lost = lose(world, 30 * minuteMs, ({ method }) => method === 'insert')
    world.sendRaw(message({ input: { value: 1 } }))
    await world.run()
    expect(lost.calls).toBeGreaterThan(1)
    expect(logged(world)).toContain('A claim could not be made; the message will come again.')
    expect(world.runs).toHaveLength(1)
    expect(world.record('foreign')).toMatchObject({ state: 'SUCCESS', attempt: 1 })
  })

  it('cannot be inserted when its task is unknown, either: it ends when the table answers', async () => {
    const world = createWorld()
    const lost = lose(world, 17 * minuteMs, ({ method }) => method === 'insert')
    world.sendRaw(message({ task: 'gone' }))
    await world.run()
    expect(lost.calls).toBeGreaterThan(1)
    expect(world.record('foreign')).toMatchObject({ state: 'FAILURE', reason: 'unknown-task' })
    expect(world.dead()).toMatchObject([{ id: 'foreign' }])
  })

  it('is made when the message is due', async () => {
    const world = createWorld()
    const availableAt = world.clock.now() + 20 * minuteMs
    world.sendRaw(message({ availableAt, input: { value: 1 } }))
    await world.clock.advance(19 * minuteMs)
    expect(world.table.records.all()).toEqual([])
    await world.run()
    expect(world.runs).toHaveLength(1)
    expect(world.runs[0]?.at).toBeGreaterThanOrEqual(availableAt - 500)
    expect(world.runs[0]?.at).toBeLessThan(availableAt + 2_000)
  })
})

describe('a claim that was answered', () => {
  it('tells of a revocation that was asked for while an earlier attempt ran: there is no other one', async () => {
    // Two minutes are waited for as a fresh copy, which is claimed without a look.
    const world = createWorld({ retry: { delay: '2m', jitter: false } })
    world.faultsOfWorkers((call) => (isSettlement(call) ? { type: 'delayed', delayMs: 500 } : undefined))
    const handle = await world.until(world.work.delay({ mode: 'throw' }))
    await world.clock.advance(100)
    expect(await world.until(handle.revoke())).toBe('STARTED')
    await world.run()
    expect(world.runs).toHaveLength(1)
    expect(world.record(handle.id)).toMatchObject({ state: 'REVOKED', attempt: 1, reason: 'revoked' })
    expect(world.bodies()).toEqual([])
  })

  it('after the task has expired: it does not run', async () => {
    const world = createWorld()
    world.faultsOfWorkers((call) => (isClaim(call) ? { type: 'delayed', answerDelayMs: 8_000 } : undefined))
    const { id } = await world.until(world.work.applyAsync({}, { expires: 5 }))
    await world.run()
    expect(world.runs).toEqual([])
    expect(world.record(id)).toMatchObject({ state: 'EXPIRED', attempt: 0 })
    expect(world.bodies()).toEqual([])
  })
})

describe('the input beside a record that a foreign message needs', () => {
  const value = 'x'.repeat(5_000)
  const withoutInput = { type: 'answer-lost', withoutInput: true } as const
  const inputOf = async (world: World) => {
    const { id, inputRef } = world.record('foreign')
    const [body] = await world.table.inputs.read([{ id, ref: inputRef ?? '' }])
    return body && (JSON.parse(body) as { readonly value: string }).value
  }

  // Both found by the simulator.
  it.each([
    ['of a task that runs', undefined, 'SUCCESS'],
    ['of a task that ends without a run', 1_000, 'EXPIRED'],
  ])(
    '%s, whose writer died before, is written by whoever finds the record as it was made',
    async (_what, expiresMs, state) => {
      const world = createWorld()
      world.plan = ({ method, process }) =>
        method === 'insert' && process.name === 'worker-0' ? { decide: () => withoutInput, crash: 'after' } : undefined
      world.sendRaw(message({ input: { value }, ...(expiresMs && { expires: world.clock.now() + expiresMs }) }))
      await world.clock.advance(1_000)
      expect(world.record('foreign')).toMatchObject({ v: 1, state: 'STARTED' })
      expect(await inputOf(world)).toBeUndefined()
      await world.run()
      expect(world.record('foreign').state).toBe(state)
      expect(await inputOf(world)).toBe(value)
    },
  )

  it('that cannot be written keeps the task from running until it can', async () => {
    const world = createWorld()
    const until = world.clock.now() + 30 * minuteMs
    world.faultsOfWorkers(({ port, method }) => {
      if (method === 'insert') return withoutInput
      return port === 'inputs' && method === 'write' && world.clock.now() < until ? { type: 'request-lost' } : undefined
    })
    world.sendRaw(message({ input: { value } }))
    await world.run()
    expect(logged(world)).toContain('The table did not take an input; the message will come again.')
    expect(world.runs).toHaveLength(1)
    expect(world.runs[0]?.at).toBeGreaterThanOrEqual(until)
    expect(await inputOf(world)).toBe(value)
  })

  it.each([
    ['large', 'y'.repeat(5_000)],
    ['small', 'y'],
  ])('is not that of another message with the same id, %s', async (_size, otherValue) => {
    const world = createWorld()
    world.plan = ({ method, process }) =>
      method === 'insert' && process.name === 'worker-0' ? { crash: 'after' } : undefined
    world.sendRaw(message({ input: { value } }))
    await world.clock.advance(0)
    world.sendRaw(message({ input: { value: otherValue } }))
    await world.run()
    expect(world.record('foreign').state).toBe('SUCCESS')
    expect(await inputOf(world)).toBe(value)
  })

  it('is not written again otherwise: a large input is many write units', async () => {
    const world = createWorld({ retry: { delay: 1, jitter: false } })
    let writes = 0
    world.faultsOfWorkers(({ port, method }) => {
      if (port === 'inputs' && method === 'write') writes++
      return undefined
    })
    world.sendRaw(message({ input: { mode: 'throw-first', value } }))
    await world.run()
    expect(world.runs).toHaveLength(2)
    expect(writes).toBe(0)
  })
})

describe('a settlement', () => {
  it.each([
    ['alone', 1],
    ['in company', 2],
  ])('that cannot be written, of a task that ran %s: its message is kept, and finds its lease', async (_how, tasks) => {
    const world = createWorld({ stopped: true })
    const ids: string[] = []
    for (let task = 0; task < tasks; task++) ids.push((await world.until(world.work.delay({ value: task }))).id)
    lose(world, 25_000, isSettlement)
    world.start()
    await world.run()
    expect(logged(world)).toContain('A settlement could not be written; the message will come again.')
    for (const id of ids) expect(world.record(id)).toMatchObject({ state: 'SUCCESS' })
    expect(world.bodies()).toEqual([])
  })

  it.each([
    ['alone', 1],
    ['in company', 2],
  ])('that a port throws at, of a task that ran %s: the batch is answered, the message kept', async (_how, tasks) => {
    const world = createWorld({ stopped: true })
    const ids: string[] = []
    for (let task = 0; task < tasks; task++) ids.push((await world.until(world.work.delay({ value: task }))).id)
    let thrown = 0
    world.faultsOfWorkers((call) => {
      if (isSettlement(call) && thrown++ === 0) throw new Error('no rights')
      return undefined
    })
    world.start()
    await world.run()
    expect(world.telemetry.logs).toContainEqual({
      level: 'error',
      message: 'Settling failed; the messages will come again.',
      fields: { queue: 'main', error: 'no rights' },
    })
    expect(world.invocations.every(({ end }) => end === 'answered')).toBe(true)
    for (const id of ids) expect(world.record(id)).toMatchObject({ state: 'SUCCESS' })
    expect(world.bodies()).toEqual([])
  })
})

describe('a message that is to wait', () => {
  it('is hidden where it is when no fresh copy can be sent', async () => {
    const world = createWorld({ retry: { delay: '10m', jitter: false } })
    let refused = 0
    world.faultsOfWorkers((call) => (call.method === 'send' && refused++ === 0 ? { type: 'throttled' } : undefined))
    const { id } = await world.until(world.work.delay({ mode: 'throw-first', value: 1 }))
    await world.run()
    expect(refused).toBe(1)
    expect(world.runs.map(({ receiveCount }) => receiveCount)).toEqual([1, 2])
    expect((world.runs[1]?.at ?? 0) - (world.runs[0]?.at ?? 0)).toBeGreaterThanOrEqual(10 * minuteMs)
    expect(world.record(id)).toMatchObject({ state: 'SUCCESS', attempt: 2 })
  })

  it('keeps its input, which lies beside the record, as long as its copies live', async () => {
    // By itself an input expires after three retentions, 21 days.
    const world = createWorld({ retry: { delay: '30d', maxDelay: '30d', jitter: false } })
    const { id } = await world.until(world.work.delay({ mode: 'throw-first', value: 'x'.repeat(5_000) }))
    const ref = world.record(id).inputRef as string
    await world.clock.advance(29 * dayMs)
    sweepTable(world.table)
    expect(await world.table.inputs.read([{ id, ref }])).toEqual([expect.stringContaining('xxx')])
    await world.run()
    expect(world.record(id)).toMatchObject({ state: 'SUCCESS', attempt: 2 })
  })

  it.each([
    ['is gone', async (world: World, id: string, ref: string) => world.table.inputs.remove([{ id, ref }])],
    [
      'cannot be read',
      async (world: World) =>
        world.faultsOfWorkers((call) =>
          call.port === 'inputs' && call.method === 'read' ? { type: 'throttled' } : undefined,
        ),
    ],
  ])('carries its input itself, should the one beside the record be one that %s', async (_name, harm) => {
    const world = createWorld({ retry: { delay: '1h', maxDelay: '1h', jitter: false }, stopped: true })
    const { id } = await world.until(world.work.delay({ mode: 'throw-first', value: 'x'.repeat(5_000) }))
    await harm(world, id, world.record(id).inputRef as string)
    world.start()
    await world.run()
    expect(world.record(id)).toMatchObject({ state: 'SUCCESS', attempt: 2 })
  })
})

describe('an old message of a paused queue', () => {
  it('of an opening that is over is done with', async () => {
    const world = createWorld({ retry: false, stopped: true })
    const { id } = await world.until(world.work.delay({ mode: 'exit', value: 1 }))
    const [body] = world.bodies()
    world.start()
    await world.run()
    await world.redrive()
    await world.run()
    expect(world.record(id)).toMatchObject({ state: 'SUCCESS', generation: 1 })
    await world.clock.advance(4 * dayMs)
    await world.until(world.app.pause('main'))
    world.sendRaw(body ?? '')
    await world.clock.advance(minuteMs)
    expect(world.bodies()).toEqual([])
    expect(world.runs).toHaveLength(2)
  })

  it('is kept as it is while the table does not answer', async () => {
    const world = createWorld({ stopped: true })
    await world.until(world.app.pause('main'))
    const lost = lose(world, minuteMs, ({ port, method }) => port === 'records' && method === 'read')
    world.sendRaw(message())
    const [body] = world.bodies()
    world.start()
    await world.clock.advance(minuteMs)
    expect(lost.calls).toBe(1)
    expect(logged(world)).toContain('The table did not answer; the messages will come again.')
    expect(world.bodies()).toEqual([body])
  })
})

describe('what a run is told', () => {
  it('comes from its message: where it belongs, and its trace', async () => {
    const world = createWorld()
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    const expires = world.clock.now() + minuteMs
    world.sendRaw(message({ root: 'tree', parent: 'branch', traceparent, expires }))
    world.sendRaw(message({ id: 'bare' }))
    await world.run()
    expect(world.runsOf('foreign')[0]?.context).toMatchObject({
      root: 'tree',
      parent: 'branch',
      traceparent,
      expires: new Date(expires),
    })
    expect(world.runsOf('bare')[0]?.context).toMatchObject({
      root: 'bare',
      parent: undefined,
      traceparent: undefined,
      expires: undefined,
    })
  })
})

describe('progress', () => {
  it('that is reported when the run is over is not written', async () => {
    const world = createWorld()
    const { id } = await world.until(world.work.delay({ value: 1 }))
    await world.run()
    world.runs[0]?.context.progress('too late')
    await world.run()
    expect(world.record(id)).toMatchObject({ state: 'SUCCESS', v: 3 })
    expect(world.record(id).progress).toBeUndefined()
  })

  it('that waits for its second when the run ends goes with the settlement, once', async () => {
    const world = createWorld()
    let writes = 0
    world.faultsOfWorkers((call) => {
      if (call.method === 'update' && call.entry.set.progress !== undefined) writes++
      return undefined
    })
    const { id } = await world.until(world.work.delay({ mode: 'progress', ms: 200, value: 1 }))
    await world.run()
    // Its process stands still until the next invocation: then the second is over, and so is the run.
    await world.clock.advance(10_000)
    await world.until(world.work.delay({ value: 2 }))
    await world.run()
    expect(writes).toBe(2)
    expect(world.record(id)).toMatchObject({ state: 'SUCCESS', v: 3, progress: '{"done":2}' })
  })
})

describe('a claim that is refused', () => {
  it('keeps nobody waiting who was claimed in the same wave', async () => {
    // Found by the simulator: the others' leases, and their time to expire, ran while its message was being hidden.
    const world = createWorld({ concurrency: 2, queue: { parallelism: 2 } })
    await world.until(world.work.delay({ mode: 'sleep', ms: 10_000 }))
    await world.clock.advance(1_000)
    expect(world.runs).toHaveLength(1)
    world.stop()
    world.sendRaw(world.bodies()[0] ?? '')
    const handle = await world.until(world.work.delay({ value: 2 }))
    world.faultsOfWorkers(({ method }) => (method === 'hide' ? { type: 'delayed', delayMs: 40_000 } : undefined))
    const startedAt = world.clock.now()
    world.start()
    await world.run()
    expect(world.invocations.some(({ deliveries }) => deliveries.length === 2)).toBe(true)
    expect(world.runsOf(handle.id).map(({ at }) => at - startedAt)).toEqual([0])
    expect(world.runs).toHaveLength(2)
  })
})

describe('a lone claim of which the table does not tell', () => {
  async function afterSilence(silentMs: number) {
    const world = createWorld({ retry: false })
    lose(world, silentMs, (call) => isClaim(call) || (call.port === 'records' && call.method === 'read'), 'answer-lost')
    const { id } = await world.until(world.work.delay({ value: 1 }))
    await world.run()
    return { runs: world.runs.length, record: world.record(id) }
  }

  it('is asked about until it must be given back, and no crash', async () => {
    // Found by the simulator: it was given up after 20 s, and a crash of the task when its lease ended.
    const { runs, record } = await afterSilence(30_000)
    expect(runs).toBe(1)
    expect(record).toMatchObject({ state: 'SUCCESS', attempt: 1 })
  })

  it('lets nothing else of its batch start: a crash would be told as its own, too', async () => {
    const world = createWorld({ queue: { timeout: '60s' }, task: { timeLimit: 0.2 }, stopped: true })
    const handles = []
    for (let nth = 0; nth < 2; nth++) handles.push(await world.until(world.work.delay({ mode: 'exit', value: nth })))
    const asked = new Set<string>()
    let end = Number.POSITIVE_INFINITY
    world.faultsOfWorkers((call) => {
      // Both are suspects after a death in company, and claimed alone.
      if (
        world.runs.length < 1 ||
        world.clock.now() > end ||
        !(isClaim(call) || (call.port === 'records' && call.method === 'read'))
      )
        return undefined
      if (call.method === 'update' && call.entry.set.alone === true) {
        asked.add(call.entry.id)
        end = Math.min(end, world.clock.now() + minuteMs)
      }
      return isClaim(call) || asked.size > 0 ? { type: 'answer-lost' } : undefined
    })
    world.start()
    await world.run()
    expect(asked.size).toBe(1)
    for (const { id } of handles) expect(world.record(id).state).toBe('SUCCESS')
  })

  it('counts when the table is silent for its whole lease: nobody can know that the code had not begun', async () => {
    const { runs, record } = await afterSilence(30 * minuteMs)
    expect(runs).toBe(0)
    expect(record).toMatchObject({ state: 'FAILURE', attempt: 1 })
  })
})
