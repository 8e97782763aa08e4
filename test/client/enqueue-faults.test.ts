import { EnqueueError, LedgerUnavailableError } from 'celeriac'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../shared/memory/faults.ts'
import { anyOf, fixture, hit } from './world.ts'

const lost = { type: 'request-lost' } as const
const answerLost = { type: 'answer-lost' } as const
const throttled = { type: 'throttled' } as const
const repeated = { type: 'repeated' } as const

describe('writing the record', () => {
  it.each([
    ['the answer is lost', answerLost],
    ['the request is lost', lost],
    ['it is throttled', throttled],
    ['the SDK asks twice', repeated],
  ])('%s: it is enqueued once', async (_what, fault) => {
    const { plain, settled, work, runs, messages } = fixture({ faults: hit('insert', fault, [0]) })
    const handle = await settled(plain.delay({ x: 1 }))
    expect(handle.deduplicated).toBe(false)
    expect(messages()).toHaveLength(1)
    await work()
    expect(runs).toHaveLength(1)
  })

  it('a large input comes along when the answer is lost', async () => {
    const { plain, settled, work } = fixture({ faults: hit('insert', answerLost, [0]) })
    const handle = await settled(plain.delay({ x: 1, note: 'n'.repeat(3_000) }))
    await work()
    expect(await settled(handle.get())).toEqual({ doubled: 2 })
  })

  it('a table that never answers is an error after some 20 s, which says that it may run', async () => {
    const faults = anyOf(hit('insert', answerLost), hit('read', lost))
    const { plain, rejection, clock, messages } = fixture({ faults })
    const before = clock.now()
    const error = (await rejection(plain.delay({ x: 1 }))) as EnqueueError
    expect(error).toBeInstanceOf(EnqueueError)
    expect(error).toMatchObject({ maybeSent: false, mayRun: true, id: expect.any(String) })
    expect(error.cause).toBeInstanceOf(LedgerUnavailableError)
    expect(error.message).toContain('It may run all the same')
    expect(clock.now() - before).toBeGreaterThan(15_000)
    expect(clock.now() - before).toBeLessThan(30_000)
    expect(messages()).toEqual([])
  })

  it('a record that is refused to its own writer, who cannot read it, may run', async () => {
    // Found by the simulator: the SDK asked twice, and the second asking found the first one's record.
    const faults = anyOf(hit('insert', repeated, [0]), hit('read', lost))
    const { plain, rejection } = fixture({ faults })
    expect(await rejection(plain.delay({ x: 1 }))).toMatchObject({ maybeSent: false, mayRun: true })
  })

  it('a table that throttles for good is an error for certain', async () => {
    const { plain, rejection, messages } = fixture({ faults: hit('insert', throttled) })
    expect(await rejection(plain.delay({ x: 1 }))).toMatchObject({ maybeSent: false, mayRun: false })
    expect(messages()).toEqual([])
  })
})

describe('a record that was written without the input beside it, whose writer never learnt of it', () => {
  const note = 'n'.repeat(3_000)
  const withoutInput = { ...answerLost, withoutInput: true }
  const inputOf = async ({ record, ports }: ReturnType<typeof fixture>, id: string) => {
    const [body] = await ports.inputs.read([{ id, ref: (await record(id)).inputRef ?? '' }])
    return body && (JSON.parse(body) as { readonly note: string }).note
  }

  const orphan = async (fault?: Fault) => {
    const weather = { silent: true, writes: 0, fault }
    const world = fixture({
      faults: ({ port, method }) => {
        if (weather.silent) return method === 'insert' ? withoutInput : method === 'read' ? lost : undefined
        if (port !== 'inputs' || method !== 'write') return undefined
        weather.writes++
        return weather.fault
      },
    })
    const { id } = (await world.rejection(world.keyed.delay({ x: 1, note }))) as EnqueueError & { id: string }
    weather.silent = false
    expect(await inputOf(world, id)).toBeUndefined()
    return { ...world, weather, id, input: () => inputOf(world, id) }
  }

  it('gets it from the next enqueue of its key, and from no further one: a large input is many write units', async () => {
    const { keyed, settled, weather, input } = await orphan()
    await settled(keyed.delay({ x: 1, note }))
    expect(await input()).toBe(note)
    await settled(keyed.delay({ x: 1, note }))
    expect(weather.writes).toBe(1)
  })

  it('is not vouched for without it', async () => {
    const { keyed, rejection, record, id, messages } = await orphan(lost)
    expect(await rejection(keyed.delay({ x: 1, note }))).toMatchObject({ maybeSent: false, mayRun: true })
    expect(await record(id)).toMatchObject({ v: 1, state: 'QUEUED' })
    expect(messages()).toEqual([])
  })
})

describe('sending the message', () => {
  it('a send that failed withdraws the record, which stays', async () => {
    const { plain, rejection, record, messages } = fixture({ faults: hit('send', throttled, [0]) })
    const error = (await rejection(plain.delay({ x: 1 }))) as EnqueueError
    expect(error).toMatchObject({ code: 'enqueue', maybeSent: false, mayRun: false })
    expect(error.message).toContain('It will not run; enqueue it again.')
    expect(await record(error.id)).toMatchObject({
      state: 'REVOKED',
      reason: 'enqueue-failed',
      expiresAt: expect.any(Number),
    })
    expect(messages()).toEqual([])
  })

  it('send timed out but taken: the message is acknowledged unrun', async () => {
    const { plain, rejection, record, messages, work, runs } = fixture({ faults: hit('send', answerLost, [0]) })
    const error = (await rejection(plain.delay({ x: 1 }))) as EnqueueError
    expect(error).toMatchObject({ maybeSent: true, mayRun: false })
    expect(messages()).toHaveLength(1)
    await work(3_600_000)
    expect(runs).toEqual([])
    expect(messages()).toEqual([])
    expect((await record(error.id)).state).toBe('REVOKED')
  })

  it('send timed out but taken, then the same key again: it runs once', async () => {
    const { keyed, rejection, work, runs, settled, messages } = fixture({ faults: hit('send', answerLost, [0]) })
    const error = (await rejection(keyed.delay({ x: 1 }))) as EnqueueError
    const handle = await keyed.delay({ x: 1 })
    expect(handle).toMatchObject({ id: error.id, deduplicated: false })
    expect(messages()).toHaveLength(2)
    await work(200_000)
    expect(runs).toEqual([{ id: handle.id, x: 1, attempt: 1, generation: 2 }])
    expect(await settled(handle.get())).toEqual({ doubled: 2 })
  })

  it('crash between record and send, then the same key again: it runs once', async () => {
    // The first producer's answer never comes: it died.
    const died = hit('send', { type: 'request-lost', answerDelayMs: Number.POSITIVE_INFINITY }, [0])
    const { keyed, work, runs, settled } = fixture({ faults: died })
    void keyed.delay({ x: 1 })
    await settled(Promise.resolve())
    const handle = await settled(keyed.delay({ x: 1 }))
    expect(handle.deduplicated).toBe(true)
    await work()
    expect(runs).toHaveLength(1)
    expect(await settled(handle.get())).toEqual({ doubled: 2 })
  })

  it('a message that was claimed before the withdrawal was accepted', async () => {
    const slow = hit('send', { type: 'answer-lost', answerDelayMs: 5_000 }, [0])
    const { plain, work, runs, settled, clock } = fixture({ faults: slow })
    const delayed = plain.delay({ x: 1 })
    await clock.settle()
    await work()
    expect(runs).toHaveLength(1)
    const handle = await settled(delayed)
    expect(await settled(handle.get())).toEqual({ doubled: 2 })
  })

  it('a task that another enqueue has vouched for is not withdrawn', async () => {
    // The first one's send fails after five seconds; meanwhile the second one joins and sends.
    const slow = hit('send', { type: 'throttled', answerDelayMs: 5_000 }, [0])
    const { keyed, work, runs, settled, rejection, clock } = fixture({ faults: slow })
    const first = keyed.delay({ x: 1 })
    first.catch(() => {})
    await clock.settle()
    const second = await keyed.delay({ x: 1 })
    expect(second.deduplicated).toBe(true)
    expect(await rejection(first)).toMatchObject({ maybeSent: false, mayRun: true, id: second.id })
    await work()
    expect(runs).toHaveLength(1)
    expect(await settled(second.get())).toEqual({ doubled: 2 })
  })

  it('a second enqueue whose send fails does not withdraw the first one’s task', async () => {
    const { keyed, work, runs, rejection, settled } = fixture({ faults: hit('send', throttled, [1]) })
    const first = await keyed.delay({ x: 1 })
    expect(await rejection(keyed.delay({ x: 1 }))).toMatchObject({ maybeSent: false, mayRun: true, id: first.id })
    await work()
    expect(runs).toHaveLength(1)
    expect(await settled(first.get())).toEqual({ doubled: 2 })
  })

  it('a withdrawal that cannot be written is told: it may run', async () => {
    const faults = anyOf(hit('send', answerLost, [0]), hit('update', throttled))
    const { plain, rejection } = fixture({ faults })
    expect(await rejection(plain.delay({ x: 1 }))).toMatchObject({ maybeSent: true, mayRun: true })
  })

  it.each([
    ['the answer of the withdrawal is lost', answerLost],
    ['its request is lost', lost],
    ['it is throttled', throttled],
  ])('%s: it is withdrawn all the same', async (_what, fault) => {
    const faults = anyOf(hit('send', throttled, [0]), hit('update', fault, [0]))
    const { plain, rejection, record } = fixture({ faults })
    const error = (await rejection(plain.delay({ x: 1 }))) as EnqueueError
    expect(error.mayRun).toBe(false)
    expect((await record(error.id)).state).toBe('REVOKED')
  })

  it('without a ledger a lost answer may have been sent and may run', async () => {
    const { off, rejection } = fixture({ faults: hit('send', answerLost, [0]) })
    expect(await rejection(off.delay({ x: 1 }))).toMatchObject({ maybeSent: true, mayRun: true })
    const refused = fixture({ faults: hit('send', throttled, [0]) })
    expect(await refused.rejection(refused.off.delay({ x: 1 }))).toMatchObject({ maybeSent: false, mayRun: false })
  })
})

describe('reopening a key', () => {
  it.each([
    ['the answer is lost', answerLost],
    ['the request is lost', lost],
    ['it is throttled', throttled],
  ])('%s: it is opened once', async (_what, fault) => {
    let armed = false
    const faults = (call: Parameters<ReturnType<typeof hit>>[0]) => {
      if (!armed || call.method !== 'update') return undefined
      armed = false
      return fault
    }
    const { keyed, work, runs, settled, record } = fixture({ faults })
    const first = await keyed.delay({ x: 1, mode: 'fail' })
    await work()
    armed = true
    const second = await settled(keyed.delay({ x: 1 }))
    expect(armed).toBe(false)
    expect(second.deduplicated).toBe(false)
    await work()
    expect(runs).toHaveLength(2)
    expect(await record(first.id)).toMatchObject({ generation: 2, state: 'SUCCESS' })
  })

  it('an input that cannot be put in place opens nothing', async () => {
    const { keyed, work, rejection, record } = fixture({ faults: hit('write', lost) })
    const first = await keyed.delay({ x: 1, mode: 'fail' })
    await work()
    expect(await rejection(keyed.delay({ x: 1, note: 'n'.repeat(3_000) }))).toMatchObject({
      maybeSent: false,
      mayRun: false,
    })
    expect((await record(first.id)).state).toBe('FAILURE')
  })

  it('a send that fails ends the new opening, not the old one’s dead letter', async () => {
    const { keyed, work, rejection, record, settled, runs } = fixture({ faults: hit('send', throttled, [1]) })
    const first = await keyed.delay({ x: 1, mode: 'fail' })
    await work()
    expect(await rejection(keyed.delay({ x: 1 }))).toMatchObject({ mayRun: false })
    expect(await record(first.id)).toMatchObject({ state: 'REVOKED', generation: 2 })
    const third = await keyed.delay({ x: 1 })
    await work()
    expect(await settled(third.get())).toEqual({ doubled: 2 })
    expect(runs.at(-1)?.generation).toBe(4)
  })
})
