import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { encode, toText } from '../../shared/core/json.ts'
import { hostileKeys, hostileTexts } from '../support/hostile.ts'
import { createWorld } from './world.ts'

const message = (fields: object) => toText({ celeriac: 1, id: 'foreign-1', task: 'work', ...fields })

/** JSON.parse reads it, whatever is recursive does not. */
const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`

describe('a body that is no message', () => {
  const bodies: readonly (readonly [string, string, string])[] = [
    ['not JSON', 'hello', 'not-json'],
    ['half of it', '{"celeriac":1,"id":"x"', 'not-json'],
    ['a text', '"hello"', 'wrong-shape'],
    ['null', 'null', 'wrong-shape'],
    ['a list', '[1]', 'wrong-shape'],
    ['an empty object', '{}', 'wrong-shape'],
    ['a version that is a text', message({ celeriac: '1' }), 'wrong-shape'],
    ['another version', message({ celeriac: 2 }), 'unknown-version'],
    ['a version of the future, otherwise unreadable', '{"celeriac":3,"job":[]}', 'unknown-version'],
    ['no id', message({ id: undefined }), 'wrong-shape'],
    ['an empty id', message({ id: '' }), 'wrong-shape'],
    ['an id that is too long for a key', message({ id: 'é'.repeat(600) }), 'wrong-shape'],
    ['a task that is a number', message({ task: 7 }), 'wrong-shape'],
    ['a negative generation', message({ generation: -1 }), 'wrong-shape'],
    ['a version of half', message({ v: 1.5 }), 'wrong-shape'],
    ['an instant that is a text', message({ availableAt: 'tomorrow' }), 'wrong-shape'],
    ['headers that are a list', message({ headers: ['a'] }), 'wrong-shape'],
    ['headers of numbers', message({ headers: { a: 1 } }), 'wrong-shape'],
    ['options that are a text', message({ options: 'fast' }), 'wrong-shape'],
    ['a time limit that is a text', message({ options: { timeLimitMs: 'abc' } }), 'wrong-shape'],
    ['a time limit of nothing', message({ options: { timeLimitMs: 0 } }), 'wrong-shape'],
    ['endless retries', '{"celeriac":1,"id":"a","task":"work","options":{"maxRetries":1e999}}', 'wrong-shape'],
    ['another ledger', message({ ledger: 'on' }), 'wrong-shape'],
    [
      'nesting without end',
      `{"celeriac":1,"id":"a","task":"work","input":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
      'wrong-shape',
    ],
    ['an id nested without end', message({ id: 'deep' }).replace('"deep"', deep), 'wrong-shape'],
    ['a version nested without end', message({ celeriac: 'deep' }).replace('"deep"', deep), 'wrong-shape'],
  ]
  it.each(bodies)('%s: put aside unchanged with its reason; its neighbour runs', async (_name, body, reason) => {
    const world = createWorld({ stopped: true })
    world.sendRaw(body)
    const neighbour = await world.until(world.work.delay({ value: 1 }))
    world.start()
    await world.run()
    expect(world.deadBodies()).toEqual([body])
    expect(world.deadAttributes()).toEqual([reason])
    expect(world.record(neighbour.id)).toMatchObject({ state: 'SUCCESS', attempt: 1 })
    expect(world.bodies()).toEqual([])
  })

  it('stays in the queue while it cannot be put aside', async () => {
    const world = createWorld()
    let refusals = 0
    world.plan = ({ method }) =>
      method === 'sendDead' && refusals++ < 2 ? { decide: () => ({ type: 'request-lost' }) } : undefined
    world.sendRaw('hello')
    await world.run()
    expect(world.deadBodies()).toEqual(['hello'])
    expect(refusals).toBe(3)
  })
})

describe('a message of a foreign producer', () => {
  it('needs no record: the worker creates it', async () => {
    const world = createWorld()
    world.sendRaw(message({ input: { value: 'from afar' } }))
    await world.run()
    expect(world.record('foreign-1')).toMatchObject({
      state: 'SUCCESS',
      attempt: 1,
      result: '"from afar"',
      queue: 'main',
    })
    await expect(world.until(world.app.result('foreign-1').get())).resolves.toBe('from afar')
  })

  it('twice in one batch: runs once', async () => {
    const world = createWorld({ stopped: true })
    for (let copy = 0; copy < 5; copy++) world.sendRaw(message({ input: { value: copy } }))
    world.start()
    await world.run()
    expect(world.runs).toHaveLength(1)
    expect(world.bodies()).toEqual([])
  })

  it('with retries: counted in its record', async () => {
    const world = createWorld()
    world.sendRaw(message({ input: { mode: 'throw' }, options: { maxRetries: 1, retryDelayMs: 1_000 } }))
    await world.run()
    expect(world.record('foreign-1')).toMatchObject({ state: 'FAILURE', attempt: 2 })
  })

  it('with a time limit beyond what the queue allows: cut, not refused', async () => {
    const world = createWorld()
    world.sendRaw(message({ input: { value: 1 }, options: { timeLimitMs: 9e15 } }))
    await world.run()
    expect(world.record('foreign-1').state).toBe('SUCCESS')
  })

  it('whose input is larger than a record: kept beside it', async () => {
    const world = createWorld()
    world.sendRaw(message({ input: { value: 'x'.repeat(200_000) } }))
    await world.run()
    const record = world.record('foreign-1')
    expect(record.state).toBe('SUCCESS')
    expect(record.input).toBeUndefined()
    expect(await world.table.inputs.read([{ id: record.id, ref: record.inputRef ?? '' }])).toEqual([
      expect.stringContaining('xxx'),
    ])
  })
})

describe('an unknown task', () => {
  it('waits a quarter of an hour for a deploy, then ends in FAILURE and the dead-letter queue; its neighbour runs', async () => {
    const world = createWorld({ stopped: true })
    world.sendRaw(message({ id: 'unknown-1', task: 'gone', input: 1 }))
    const neighbour = await world.until(world.work.delay({ value: 1 }))
    world.start()
    await world.clock.advance(14 * 60_000)
    expect(world.record(neighbour.id).state).toBe('SUCCESS')
    expect(() => world.record('unknown-1')).toThrow()
    const before = world.clock.now()
    await world.run()
    expect(world.clock.now() - before).toBeLessThan(3 * 60_000)
    expect(world.record('unknown-1')).toMatchObject({ state: 'FAILURE', attempt: 0, reason: 'unknown-task' })
    expect(world.dead()).toMatchObject([
      { id: 'unknown-1', generation: 1, task: 'gone', dead: { reason: 'unknown-task' } },
    ])
    expect(world.bodies()).toEqual([])
    // Its error can be read as long as that of any task.
    await expect(world.until(world.app.result('unknown-1').get())).rejects.toMatchObject({
      cause: { name: 'UnknownTaskError' },
    })
  })

  it('that comes with a deploy in time runs, uncounted until then', async () => {
    const world = createWorld()
    const handle = await world.until(world.app.send('late', { a: 1 }, { queue: 'main' }))
    await world.clock.advance(5 * 60_000)
    world.app.task('late', { queue: 'main' }, (input: { a: number }) => input.a + 1)
    await world.run()
    expect(world.record(handle.id)).toMatchObject({ state: 'SUCCESS', attempt: 1, result: '2' })
  })

  it('that was known when its retries began waits its quarter of an hour from when it was due', async () => {
    const world = createWorld({ retry: { maxRetries: 100, delay: '60s', backoff: 'none', jitter: false } })
    const handle = await world.until(world.work.delay({ mode: 'throw' }))
    await world.clock.advance(20 * 60_000)
    const known = world.app.definition.tasks.get('work')
    const tasks = world.app.definition.tasks as Map<string, unknown>
    tasks.delete('work')
    await world.clock.advance(5 * 60_000)
    expect(world.record(handle.id).state).toBe('RETRY')
    tasks.set('work', known)
    await world.clock.advance(5 * 60_000)
    expect(world.record(handle.id).attempt).toBeGreaterThan(20)
  })
})

describe('an input that the schema of the worker refuses', () => {
  it('FAILURE and dead letter without a run, not retried; its neighbour runs', async () => {
    const world = createWorld({ stopped: true })
    world.app.task('strict', { queue: 'main', input: z.object({ to: z.email() }) }, ({ to }) => to)
    world.sendRaw(message({ id: 'refused-1', task: 'strict', input: { to: 'nobody' } }))
    world.sendRaw(message({ id: 'refused-2', task: 'strict' }))
    world.sendRaw(message({ id: 'refused-3', task: 'strict', input: { $: 'no-such-tag', v: 1 } }))
    world.sendRaw(message({ id: 'fine', task: 'strict', input: { to: 'ada@example.com' } }))
    world.start()
    await world.run()
    for (const id of ['refused-1', 'refused-2', 'refused-3']) {
      expect(world.record(id)).toMatchObject({ state: 'FAILURE', attempt: 0, reason: 'input-refused' })
    }
    expect(world.errorOf('refused-1').name).toBe('InputError')
    expect(world.record('fine')).toMatchObject({ state: 'SUCCESS', attempt: 1 })
    expect(
      world
        .dead()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['refused-1', 'refused-2', 'refused-3'])
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken schema')
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken schema'))],
    [
      'throws what cannot be looked at',
      () => {
        throw unlookable()
      },
    ],
  ])('a schema that %s harms its own task only', async (_name, validate) => {
    const world = createWorld({ stopped: true })
    const schema = { '~standard': { version: 1 as const, vendor: 'test', validate: validate as () => never } }
    world.app.task('broken', { queue: 'main', input: schema }, () => 1)
    world.sendRaw(message({ id: 'broken-1', task: 'broken', input: 1 }))
    const neighbour = await world.until(world.work.delay({ value: 1 }))
    world.start()
    await world.run()
    // That is no verdict on the input: it is tried again, as what a task throws is.
    expect(world.record('broken-1')).toMatchObject({ state: 'FAILURE', reason: 'failure', attempt: 4 })
    expect(world.record(neighbour.id)).toMatchObject({ state: 'SUCCESS', attempt: 1 })
    expect(world.runsOf(neighbour.id)).toHaveLength(1)
  })
})

/** Two characters that SQS refuses and JSON.stringify leaves as they are. */
const escaped = (text: string) =>
  text.replace(/[\uFFFE\uFFFF]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`)

describe('values that are hard to carry', () => {
  it.each(hostileTexts.map((text) => [JSON.stringify(text), text]))('%s goes there and back', async (_name, text) => {
    const world = createWorld()
    const handle = await world.until(world.work.delay({ value: { [text]: text } }))
    await world.run()
    expect(await world.until(handle.get())).toEqual({ [text]: text })
  })

  it.each(hostileKeys.map((key) => [JSON.stringify(key).slice(0, 40), key]))(
    'the key %s in inputs, results, headers and foreign fields',
    async (_name, key) => {
      const world = createWorld()
      const value = JSON.parse(`{${JSON.stringify(key)}: {${JSON.stringify(key)}: 1}}`) as object
      const headers = JSON.parse(`{${JSON.stringify(key)}: "h"}`) as Record<string, string>
      const handle = await world.until(world.work.applyAsync({ value, mode: 'throw-first' }, { headers }))
      world.sendRaw(
        escaped(
          `{"celeriac":1,"id":"f","task":"work",${JSON.stringify(key === 'id' ? 'x' : key)}:"extra","input":${toText(encode({ value }))}}`,
        ),
      )
      await world.run()
      const result = await world.until(handle.get())
      expect(Object.entries(result as object)).toEqual(Object.entries(value))
      expect(Object.entries(world.runsOf(handle.id)[1]?.context.headers ?? {})).toEqual(Object.entries(headers))
      expect(({} as Record<string, unknown>)[key] === 1 || ({} as Record<string, unknown>).extra).toBeFalsy()
      const foreign = [
        ...world.table.records
          .all()
          .filter(({ id }) => id === 'f')
          .map(({ state }) => state),
        ...world.deadAttributes(),
      ]
      expect(['SUCCESS', 'wrong-shape']).toContain(foreign[0])
    },
  )

  it.each(hostileKeys.map((key) => [JSON.stringify(key).slice(0, 40), key]))(
    'a foreign task named or identified %s',
    async (_name, key) => {
      const world = createWorld({ stopped: true })
      world.sendRaw(message({ id: 'named', task: key }))
      world.sendRaw(message({ id: key, input: { value: 1 } }))
      const neighbour = await world.until(world.work.delay({ value: 1 }))
      world.start()
      await world.run()
      expect(world.record(neighbour.id)).toMatchObject({ state: 'SUCCESS', attempt: 1 })
      expect(world.bodies()).toEqual([])
      if (key !== '') expect(world.record(key).state).toBe('SUCCESS')
      expect(world.deadBodies()).toHaveLength(key === '' ? 2 : 1)
    },
  )
})

/** A value that throws whatever is asked of it. */
function unlookable(): unknown {
  const refuse = (): never => {
    throw new Error('do not look')
  }
  return new Proxy(
    {},
    { get: refuse, has: refuse, getPrototypeOf: refuse, ownKeys: refuse, getOwnPropertyDescriptor: refuse },
  )
}

describe('what task code may do', () => {
  const cyclic: Record<string, unknown> = {}
  cyclic.self = cyclic
  const ends: readonly (readonly [string, () => unknown, string])[] = [
    [
      'throws undefined',
      () => {
        throw undefined
      },
      'failure',
    ],
    [
      'throws null',
      () => {
        throw null
      },
      'failure',
    ],
    [
      'throws a text',
      () => {
        throw 'oh'
      },
      'failure',
    ],
    [
      'throws a symbol',
      () => {
        throw Symbol('oh')
      },
      'failure',
    ],
    [
      'throws what cannot be looked at',
      () => {
        throw unlookable()
      },
      'failure',
    ],
    [
      'throws an error with hostile getters',
      () => {
        throw Object.defineProperties(new Error('x'), {
          message: {
            get: () => {
              throw 1
            },
          },
          stack: {
            get: () => {
              throw 2
            },
          },
        })
      },
      'failure',
    ],
    [
      'throws an error that is its own cause',
      () => {
        const error = new Error('x')
        throw Object.assign(error, { cause: error })
      },
      'failure',
    ],
    [
      'throws an error whose name throws',
      () => {
        throw Object.defineProperty(new Error('x'), 'name', {
          get: () => {
            throw 1
          },
        })
      },
      'failure',
    ],
    [
      'throws an error whose cause cannot be looked at',
      () => {
        throw new Error('x', { cause: unlookable() })
      },
      'failure',
    ],
    [
      'leaves a rejection that cannot be looked at',
      () => {
        void Promise.reject(unlookable())
        return new Promise(() => {})
      },
      'failure',
    ],
    [
      'throws a very long error',
      () => {
        throw new Error('x'.repeat(1e6))
      },
      'failure',
    ],
    ['rejects', () => Promise.reject(new Error('x')), 'failure'],
    ['returns a symbol', () => Symbol('x'), 'result-refused'],
    ['returns a cycle', () => cyclic, 'result-refused'],
    [
      'returns an instance',
      () =>
        new (class Foo {
          a = 1
        })(),
      'result-refused',
    ],
    ['returns what cannot be looked at', () => ({ it: unlookable() }), 'result-refused'],
    [
      'returns a thenable that throws',
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: the point
        then() {
          throw new Error('x')
        },
      }),
      'failure',
    ],
    [
      'returns toJSON that throws',
      () => ({
        toJSON() {
          throw unlookable()
        },
      }),
      'result-refused',
    ],
    [
      'returns 300 levels',
      () => {
        let value: unknown = 1
        for (let level = 0; level < 300; level++) value = [value]
        return value
      },
      'result-refused',
    ],
    ['returns 300 KB', () => 'x'.repeat(300_000), 'result-refused'],
    [
      'returns a generator',
      () =>
        (function* () {
          yield 1
        })(),
      'result-refused',
    ],
  ]
  it.each(ends)('%s: it alone ends in FAILURE', async (_name, run, reason) => {
    const world = createWorld({ stopped: true })
    world.app.task('odd', { queue: 'main', retry: { maxRetries: 0, notOn: 'Other' }, throws: 'Odd' }, () => run())
    const odd = await world.until(world.app.send('odd', 1))
    const neighbour = await world.until(world.work.delay({ mode: 'sleep', value: 1 }))
    world.start()
    await world.run()
    expect(world.record(odd.id)).toMatchObject({ state: 'FAILURE', attempt: 1, reason })
    expect(world.dead()).toMatchObject([{ id: odd.id, dead: { reason } }])
    expect(world.record(neighbour.id)).toMatchObject({ state: 'SUCCESS', attempt: 1 })
    expect(world.runsOf(neighbour.id)).toHaveLength(1)
    expect(world.invocations.map(({ end }) => end)).toEqual(['answered'])
  })

  it('progress of any kind never fails it', async () => {
    const world = createWorld()
    world.app.task('chatty', { queue: 'main' }, (_input: number, context) => {
      const unlookableReason = {
        toJSON() {
          throw unlookable()
        },
      }
      for (const value of [1, Symbol('x'), cyclic, () => 1, 'x'.repeat(500_000), unlookable(), undefined, 1n])
        context.progress(value)
      context.progress(unlookableReason)
      return 'done'
    })
    const handle = await world.until(world.app.send('chatty', 1))
    await world.run()
    expect(world.record(handle.id)).toMatchObject({ state: 'SUCCESS', result: '"done"' })
    expect((await world.until(handle.info())).progress).toBe(1n)
  })

  it('hooks that throw, reject or never end change nothing', async () => {
    const world = createWorld({
      hooks: {
        onStart: () => {
          throw unlookable()
        },
        onSuccess: () => Promise.reject(new Error('x')),
        onSettled: () => new Promise(() => {}),
      },
    })
    const handle = await world.until(world.work.delay({ value: 1 }))
    await world.run()
    expect(world.record(handle.id)).toMatchObject({ state: 'SUCCESS', attempt: 1 })
    expect(world.invocations.map(({ end }) => end)).toEqual(['answered'])
  })
})

describe('an input at the limit', () => {
  it('is sent whole; one byte more is refused with both sizes', async () => {
    const world = createWorld()
    const overhead = toText(encode({ value: '' })).length
    const handle = await world.until(world.work.delay({ value: 'x'.repeat(256 * 1_024 - overhead) }))
    await world.run()
    // The result, without the input's braces, is below its own limit.
    expect(world.record(handle.id).state).toBe('SUCCESS')
    await expect(world.until(world.work.delay({ value: 'x'.repeat(256 * 1_024 - overhead + 1) }))).rejects.toThrow(
      /262145 bytes when encoded, the limit is 262144 bytes/,
    )
  })
})

describe('a redrive to a version that lacks the task', () => {
  it('ends in FAILURE again, and can be redriven again when the task is back', async () => {
    const world = createWorld({ retry: false })
    const handle = await world.until(world.work.delay({ mode: 'exit', value: 'at last' }))
    await world.run()
    const tasks = world.app.definition.tasks as Map<string, unknown>
    const known = tasks.get('work')
    tasks.delete('work')
    await world.redrive()
    await world.run()
    expect(world.record(handle.id)).toMatchObject({
      state: 'FAILURE',
      generation: 1,
      attempt: 0,
      reason: 'unknown-task',
    })
    expect(world.dead()).toMatchObject([{ generation: 2, dead: { reason: 'unknown-task' } }])
    tasks.set('work', known)
    await world.redrive()
    await world.run()
    expect(world.record(handle.id)).toMatchObject({ state: 'SUCCESS', generation: 2, attempt: 1 })
    expect(world.dead()).toEqual([])
  })
})
