import { type BulkProgress, DefinitionError, EncodeError, EnqueueError, InputError } from 'celeriac'
import { describe, expect, it } from 'vitest'
import type { PortCall } from '../../shared/memory/faults.ts'
import { fixture, hit, type Order } from './world.ts'

const orders = (count: number, from = 0): Order[] => Array.from({ length: count }, (_, index) => ({ x: from + index }))

/** Counts calls of each method. */
function counting() {
  const calls = new Map<string, number>()
  const faults = (call: PortCall): undefined => {
    if (call.index === 0) calls.set(call.method, (calls.get(call.method) ?? 0) + 1)
  }
  return { calls, faults }
}

async function collect<Value>(list: AsyncIterable<Value>): Promise<Value[]> {
  const values: Value[] = []
  for await (const value of list) values.push(value)
  return values
}

describe('delayMany', () => {
  it('yields every entry in the order of the list, ten to a request', async () => {
    const { calls, faults } = counting()
    const { plain, settled, work, runs, messages } = fixture({ faults })
    const entries = await settled(collect(plain.delayMany(orders(25))))
    expect(entries.map(({ index }) => index)).toEqual(Array.from({ length: 25 }, (_, index) => index))
    expect([calls.get('insert'), calls.get('send')]).toEqual([3, 3])
    expect(messages()).toHaveLength(25)
    await work()
    expect(runs.map(({ x }) => x).sort((a, b) => a - b)).toEqual(orders(25).map(({ x }) => x))
    const results = await settled(Promise.all(entries.map(({ handle }) => handle?.get())))
    expect(results).toEqual(orders(25).map(({ x }) => ({ doubled: x * 2 })))
  })

  it('gives back what could not be enqueued, with its error, and sends its neighbours', async () => {
    const { plain, settled, messages } = fixture({
      faults: (call) => (call.method === 'send' && call.index === 1 ? { type: 'throttled' } : undefined),
    })
    const inputs = [{ x: 0 }, { x: 'one' } as never, { x: 2 }, { x: 3, note: Symbol('no') as never }, { x: 4 }]
    const entries = await settled(collect(plain.delayMany(inputs)))
    expect(entries.map(({ error }) => error?.constructor)).toEqual([
      undefined,
      InputError,
      EnqueueError,
      InputError,
      undefined,
    ])
    expect(entries[1]).toMatchObject({ index: 1, input: { x: 'one' } })
    expect(entries[2]).toMatchObject({ index: 2, input: { x: 2 }, error: { mayRun: false } })
    expect(messages().map(({ input }) => input)).toEqual([{ x: 0 }, { x: 4 }])
  })

  it('gives back what has no encoding', async () => {
    const { app, settled } = fixture()
    const any = app.task('any', { queue: 'emails' }, async (_value: unknown) => {})
    const report = await settled(Promise.resolve(any.delayMany([1, () => {}, 3])))
    expect(report).toMatchObject({ accepted: 2, failed: [{ index: 1, error: expect.any(EncodeError) }] })
  })

  it('can be awaited for a summary', async () => {
    const { keyed, settled, work } = fixture()
    await keyed.delay({ x: 3 })
    await work()
    const report = await settled(Promise.resolve(keyed.delayMany([...orders(5), { x: 'bad' } as never])))
    expect(report).toEqual({
      taken: 6,
      accepted: 5,
      deduplicated: 1,
      failed: [{ index: 5, input: { x: 'bad' }, error: expect.any(InputError) }],
    })
  })

  it('the same key twice in a chunk is one task, and a conflict with another input', async () => {
    const { keyed, settled, work, runs } = fixture()
    const inputs = [{ x: 1 }, { x: 1 }, { x: 1, note: 'another' }, { x: 2 }, { x: 1 }]
    const entries = await settled(collect(keyed.delayMany(inputs)))
    expect(entries.map(({ handle, error }) => handle?.deduplicated ?? error?.name)).toEqual([
      false,
      true,
      'IdempotencyConflictError',
      false,
      true,
    ])
    expect(new Set(entries.flatMap(({ handle }) => handle?.id ?? [])).size).toBe(2)
    await work()
    expect(runs).toHaveLength(2)
  })

  it('the same key in chunks that are in flight together is one task', async () => {
    const { keyed, settled, work, runs } = fixture()
    const report = await settled(Promise.resolve(keyed.delayMany(Array.from({ length: 100 }, () => ({ x: 1 })))))
    expect(report).toMatchObject({ accepted: 100, deduplicated: 99, failed: [] })
    await work()
    expect(runs).toHaveLength(1)
  })

  it('is lazy: nothing is taken before it is read', async () => {
    const { plain, clock } = fixture()
    let taken = 0
    const list = plain.delayMany(
      (function* () {
        while (taken < 5_000) yield { x: taken++ }
      })(),
    )
    await clock.settle()
    expect(taken).toBe(0)
    expect(list.report()).toEqual({ taken: 0, accepted: 0, deduplicated: 0, failed: [] })
  })

  it('takes only a few chunks ahead of what was read, of a list without end', async () => {
    const { plain, clock, settled } = fixture()
    let taken = 0
    const list = plain.delayMany(
      (function* () {
        while (taken < 5_000) yield { x: taken++ }
      })(),
      { concurrency: 2 },
    )
    const reader = list[Symbol.asyncIterator]()
    for (let read = 1; read <= 200; read++) {
      await settled(reader.next())
      await clock.settle()
      // Twice the concurrency unread, and the one being read.
      expect(taken).toBeLessThanOrEqual(read + 10 * (2 * 2 + 1))
    }
    await settled(reader.return())
  })

  it('keeps so many requests in flight, and no more', async () => {
    let inFlight = 0
    let most = 0
    const { plain, clock } = fixture({
      faults: (call) => {
        if (call.method !== 'insert' || call.index !== 0) return undefined
        inFlight++
        most = Math.max(most, inFlight)
        clock.timer(100, () => inFlight--)
        return { type: 'delayed', delayMs: 100 }
      },
    })
    const before = clock.now()
    const report = await clock.runUntilSettled(Promise.resolve(plain.delayMany(orders(160), { concurrency: 8 })))
    expect(report.accepted).toBe(160)
    expect(most).toBe(8)
    // Sixteen chunks, eight at a time.
    expect(clock.now() - before).toBe(200)
  })

  it('leaving the loop early finishes what was taken and tells of it', async () => {
    const { plain, settled, messages } = fixture({ faults: hit('send', { type: 'delayed', answerDelayMs: 500 }) })
    let taken = 0
    let closed = false
    const list = plain.delayMany(
      (function* () {
        try {
          while (taken < 5_000) yield { x: taken++ }
        } finally {
          closed = true
        }
      })(),
      { concurrency: 3 },
    )
    const read: number[] = []
    await settled(
      (async () => {
        for await (const { index } of list) {
          read.push(index)
          if (index === 4) break
        }
      })(),
    )
    expect(read).toEqual([0, 1, 2, 3, 4])
    expect(closed).toBe(true)
    // All that left the source is in the queue, and counted.
    expect(taken % 10).toBe(0)
    expect(messages()).toHaveLength(taken)
    expect(list.report()).toEqual({ taken, accepted: taken, deduplicated: 0, failed: [] })
  })

  it('what failed after the loop was left is in the report', async () => {
    const { plain, settled } = fixture()
    const inputs = [...orders(5), { x: 'bad' } as never, ...orders(10), { x: 'worse' } as never]
    const list = plain.delayMany(inputs)
    await settled(
      (async () => {
        for await (const { index } of list) if (index === 2) break
      })(),
    )
    expect(list.report()).toMatchObject({ taken: 17, accepted: 15, failed: [{ index: 5 }, { index: 16 }] })
  })

  it('a trickling source is not kept waiting for nine others', async () => {
    const { plain, clock, messages } = fixture()
    async function* trickle() {
      for (let x = 0; x < 3; x++) {
        yield { x }
        await new Promise<void>((resolve) => void clock.timer(60_000, resolve))
      }
    }
    const done = Promise.resolve(plain.delayMany(trickle()))
    await clock.advance(100)
    expect(messages()).toHaveLength(1)
    await clock.advance(60_000)
    expect(messages()).toHaveLength(2)
    expect(await clock.runUntilSettled(done)).toMatchObject({ accepted: 3 })
    expect(clock.pending).toBe(0)
  })

  it('a loop can be left while its source is waiting', async () => {
    const { plain, clock, settled } = fixture()
    async function* stuck() {
      yield { x: 1 }
      await new Promise(() => {})
      yield { x: 2 }
    }
    const list = plain.delayMany(stuck())
    await settled(
      (async () => {
        for await (const _entry of list) break
      })(),
    )
    expect(list.report()).toMatchObject({ taken: 1, accepted: 1 })
    expect(clock.pending).toBe(0)
  })

  it('a chunk that was not full when the loop was left goes out, too', async () => {
    const { plain, settled, messages } = fixture()
    async function* source() {
      for (let x = 0; x < 13; x++) yield { x }
      await new Promise(() => {})
    }
    const list = plain.delayMany(source())
    let reported: unknown
    await settled(
      (async () => {
        for await (const _entry of list) break
        reported = list.report()
      })(),
    )
    expect(reported).toEqual({ taken: 13, accepted: 13, deduplicated: 0, failed: [] })
    expect(messages()).toHaveLength(13)
  })

  it('a source that throws is told after what came before it', async () => {
    const { plain, settled, messages } = fixture()
    async function* broken() {
      for (let x = 0; x < 13; x++) yield { x }
      throw new Error('the file ended in the middle of a line')
    }
    const read: number[] = []
    const list = plain.delayMany(broken())
    await expect(
      settled(
        (async () => {
          for await (const { index } of list) read.push(index)
        })(),
      ),
    ).rejects.toThrow('in the middle of a line')
    expect(read).toHaveLength(13)
    expect(messages()).toHaveLength(13)
    await expect(settled(Promise.resolve(plain.delayMany(broken())))).rejects.toThrow('in the middle of a line')
  })

  it('tells of its progress', async () => {
    const { plain, settled } = fixture()
    const told: BulkProgress[] = []
    await settled(
      Promise.resolve(
        plain.delayMany([...orders(19), { x: 'bad' } as never], { onProgress: (each) => told.push(each) }),
      ),
    )
    expect(told.map(({ accepted, failed }) => [accepted, failed])).toEqual([
      [10, 0],
      [19, 1],
    ])
  })

  it('is enqueued once', async () => {
    const { plain, settled } = fixture()
    const list = plain.delayMany(orders(1))
    await settled(Promise.resolve(list))
    expect(await list).toMatchObject({ accepted: 1 })
    expect(() => list[Symbol.asyncIterator]()).toThrow(/one iteration or await/)
  })

  it('an empty list is nothing', async () => {
    const { plain, settled } = fixture()
    expect(await settled(Promise.resolve(plain.delayMany([])))).toEqual({
      taken: 0,
      accepted: 0,
      deduplicated: 0,
      failed: [],
    })
  })

  it('options hold for every call of the list', async () => {
    const { plain, off, settled, messages } = fixture()
    await settled(Promise.resolve(plain.delayMany(orders(2), { queue: 'slow', headers: { batch: 'a' }, countdown: 3 })))
    await settled(Promise.resolve(off.delayMany(orders(12))))
    expect(messages('slow')).toMatchObject([{ headers: { batch: 'a' } }, { headers: { batch: 'a' } }])
    expect(messages('emails')).toHaveLength(12)
  })

  it.each([0, 101, 1.5])('refuses a concurrency of %s', (concurrency) => {
    const { plain } = fixture()
    expect(() => plain.delayMany([], { concurrency })).toThrow(/concurrency: expected a whole number from 1 to 100/)
  })

  it('takes each input as it is when the list gives it: one object may serve for all', async () => {
    const { plain, settled, messages } = fixture()
    function* reused() {
      const order = { x: 0 }
      for (let x = 1; x <= 5; x++) {
        order.x = x
        yield order
      }
    }
    await settled(Promise.resolve(plain.delayMany(reused())))
    expect(messages().map(({ input }) => input)).toEqual(orders(5, 1))
  })

  it.each([
    ['a countdown beyond what SQS delays', { countdown: '1h' }],
    ['a queue that is none', { queue: 'music' }],
    ['a retry that is none', { retry: { max: 1 } }],
    ['one id for all', { taskId: 'a' }],
    ['one key for all', { idempotencyKey: 'a' }],
  ])('%s is wrong for all: it is said once, and nothing is taken', (_name, options) => {
    const { plain } = fixture()
    let taken = 0
    function* counted() {
      taken++
      yield { x: 1 }
    }
    expect(() => plain.delayMany(counted(), options as never)).toThrow(DefinitionError)
    expect(taken).toBe(0)
  })

  it('A3: 120 producers, 20 at a time, with 20 calls each: every result is i + j', async () => {
    const { app, clock, work, settled } = fixture()
    const add = app.task('add', { queue: 'emails' }, async ({ i, j }: { i: number; j: number }) => i + j)
    const sums: boolean[] = []
    const producer = async (i: number) => {
      const handles = await Promise.all(Array.from({ length: 20 }, (_, j) => add.delay({ i, j })))
      return handles.map((handle, j) => ({ handle, sum: i + j }))
    }
    for (let first = 0; first < 120; first += 20) {
      const made = await settled(Promise.all(Array.from({ length: 20 }, (_, lane) => producer(first + lane))))
      await work()
      for (const { handle, sum } of made.flat()) sums.push((await settled(handle.get())) === sum)
    }
    expect(sums).toHaveLength(2_400)
    expect(sums.every(Boolean)).toBe(true)
    expect(clock.pending).toBe(0)
  })
})

describe('applyMany', () => {
  it('has options for each call, before those of the list', async () => {
    const { plain, settled, messages, clock } = fixture()
    function* calls() {
      const order = { x: 0 }
      for (let x = 1; x <= 3; x++) {
        order.x = x
        yield { input: order, idempotencyKey: `k${x % 2}`, ...(x === 2 && { countdown: 60, headers: { own: 'b' } }) }
      }
    }
    const list = plain.applyMany(calls(), { headers: { shared: 'a' } })
    const entries = await settled(collect(list))
    expect(entries[0]?.handle?.deduplicated).toBe(false)
    expect(entries[2]?.error).toMatchObject({ code: 'idempotency-conflict' })
    expect(messages().map(({ input, headers, availableAt }) => ({ input, headers, availableAt }))).toEqual([
      { input: { x: 1 }, headers: { shared: 'a' }, availableAt: undefined },
      { input: { x: 2 }, headers: { own: 'b' }, availableAt: clock.now() + 60_000 },
    ])
  })

  it('gives back the call that is wrong, and sends its neighbours', async () => {
    const { plain, settled } = fixture()
    const calls = [
      { input: { x: 1 } },
      { input: { x: 2 }, countdown: '1h' },
      { x: 3 },
      null,
      { input: { x: 4 }, prio: 1 },
    ]
    const { accepted, failed } = await settled(Promise.resolve(plain.applyMany(calls as never)))
    expect(accepted).toBe(1)
    expect(failed.map(({ index, error }) => [index, error instanceof DefinitionError])).toEqual([
      [1, true],
      [2, true],
      [3, true],
      [4, true],
    ])
  })
})
