import { describe, expect, it } from 'vitest'
import { ResultPoller } from '../../shared/client/result-poller.ts'
import type { Enqueuer } from '../../shared/enqueue/enqueuer.ts'
import { Gatherer } from '../../shared/enqueue/gatherer.ts'
import type { PreparedCall } from '../../shared/enqueue/prepared-call.ts'
import type { PortCall } from '../../shared/memory/faults.ts'
import { fixture } from './world.ts'

/** Notes the requests that fall to the ports. */
function counted() {
  const calls: { method: PortCall['method']; call: number }[] = []
  const world = fixture({
    faults: ({ method, call }) => {
      calls.push({ method, call })
      return undefined
    },
  })
  const callsOf = (method: PortCall['method']) =>
    new Set(calls.filter((each) => each.method === method).map(({ call }) => call))
  return { ...world, callsOf }
}

describe('single delays of one turn', () => {
  it('go together: a thousand are twenty inserts and twenty sends', async () => {
    const { plain, callsOf, messages } = counted()
    const handles = await Promise.all(Array.from({ length: 1_000 }, (_, x) => plain.delay({ x })))
    expect(callsOf('insert').size).toBe(20)
    expect(callsOf('send').size).toBe(20)
    expect(messages().map(({ id }) => id)).toEqual(handles.map(({ id }) => id))
    expect(messages().map(({ input }) => (input as { x: number }).x)).toEqual(
      Array.from({ length: 1_000 }, (_, x) => x),
    )
  })

  it('one alone is one insert and one send', async () => {
    const { plain, callsOf } = counted()
    await plain.delay({ x: 1 })
    await plain.delay({ x: 2 })
    expect([callsOf('insert').size, callsOf('send').size]).toEqual([2, 2])
  })

  it('each gets its own outcome', async () => {
    const { plain, keyed, settled } = fixture()
    const calls = [
      plain.delay({ x: 1 }),
      plain.delay({ x: 'no' } as never),
      keyed.delay({ x: 1 }),
      keyed.delay({ x: 1 }),
      keyed.delay({ x: 1, note: 'other' }),
    ]
    const told = await settled(Promise.allSettled(calls))
    expect(told.map((each) => (each.status === 'fulfilled' ? each.value.deduplicated : each.reason.code))).toEqual([
      false,
      'input',
      false,
      true,
      'idempotency-conflict',
    ])
  })

  it('are at most 8 batches of 50 in flight', async () => {
    let inFlight = 0
    let most = 0
    const sizes: number[] = []
    const release: (() => void)[] = []
    const enqueuer: Pick<Enqueuer, 'enqueue'> = {
      async enqueue(calls) {
        most = Math.max(most, ++inFlight)
        sizes.push(calls.length)
        await new Promise<void>((resolve) => release.push(resolve))
        inFlight--
        return calls.map(() => ({ status: 'accepted', deduplicated: false, opening: undefined }))
      },
    }
    const gatherer = new Gatherer(enqueuer)
    const all = Promise.all(Array.from({ length: 10_000 }, () => gatherer.enqueue({} as PreparedCall)))
    let done = false
    void all.then(() => {
      done = true
    })
    while (!done) {
      await new Promise<void>((resolve) => setImmediate(resolve))
      for (const each of release.splice(0)) each()
    }
    expect(most).toBe(8)
    expect(sizes).toEqual(Array.from({ length: 200 }, () => 50))
  })

  it('a batch that breaks rejects its own calls, and the next ones go on', async () => {
    let calls = 0
    const gatherer = new Gatherer({
      async enqueue(batch) {
        if (calls++ === 0) throw new Error('broken')
        return batch.map(() => ({ status: 'accepted', deduplicated: false, opening: undefined }))
      },
    })
    const told = await Promise.allSettled(Array.from({ length: 60 }, () => gatherer.enqueue({} as PreparedCall)))
    expect(told.map(({ status }) => status)).toEqual([...Array(50).fill('rejected'), ...Array(10).fill('fulfilled')])
  })
})

describe('many that wait', () => {
  it('40,000 are set waiting without a look at each other', () => {
    const { ports } = fixture()
    const poller = new ResultPoller(ports)
    const before = process.cpuUsage()
    for (let index = 0; index < 40_000; index++) void poller.wait(`none-${index}`, () => false)
    const { user, system } = process.cpuUsage(before)
    // Quadratic, it was 4.3 s of blocked loop; linear, it is some 50 ms.
    expect((user + system) / 1_000).toBeLessThan(1_500)
    expect(poller.waiting).toBe(40_000)
  })

  it('any number of handles listens to one signal once', async () => {
    const { app, clock } = fixture()
    const { signal, abort } = listened()
    const waiting = Array.from({ length: 500 }, (_, index) =>
      app
        .result(`none-${index}`)
        .get({ signal, timeout: null })
        .catch((error: unknown) => error),
    )
    expect(signal.added()).toBe(1)
    abort(new Error('enough'))
    const errors = await clock.runUntilSettled(Promise.all(waiting))
    expect(errors.every((error) => (error as Error).message === 'enough')).toBe(true)
  })

  it('the listener goes with the last handle that waited', async () => {
    const { plain, work, settled } = fixture()
    const handles = await Promise.all([plain.delay({ x: 1 }), plain.delay({ x: 2 })])
    const { signal } = listened()
    const results = Promise.all(handles.map((handle) => handle.get({ signal })))
    await work()
    expect(await settled(results)).toEqual([{ doubled: 2 }, { doubled: 4 }])
    expect([signal.added(), signal.left()]).toEqual([1, 0])
  })
})

/** A signal that counts its listeners. */
function listened() {
  const controller = new AbortController()
  let added = 0
  let removed = 0
  const { signal } = controller
  const add = signal.addEventListener.bind(signal) as (...given: unknown[]) => void
  const remove = signal.removeEventListener.bind(signal) as (...given: unknown[]) => void
  Object.assign(signal, {
    addEventListener: (...given: unknown[]) => {
      added++
      add(...given)
    },
    removeEventListener: (...given: unknown[]) => {
      removed++
      remove(...given)
    },
    added: () => added,
    left: () => added - removed,
  })
  return {
    signal: signal as AbortSignal & { added(): number; left(): number },
    abort: (reason: Error) => controller.abort(reason),
  }
}
