import { createApp, DefinitionError } from 'celeriac'
import { describe, expect, it } from 'vitest'
import { policyOf, resolveRetry } from '../../shared/core/retry.ts'
import { fixture, start } from './world.ts'

const minuteMs = 60_000

describe('an option that does not exist', () => {
  const queues = { main: {} }
  const define = (options: object) => createApp({ name: 'shop', queues }).task('t', options, () => {})
  it.each<[string, () => unknown]>([
    ['of an app', () => createApp({ name: 'a', queues, deafults: {} } as never)],
    ['of the defaults', () => createApp({ name: 'a', queues, defaults: { retires: 1 } } as never)],
    ['of the defaults’ retry', () => createApp({ name: 'a', queues, defaults: { retry: { max: 3 } } } as never)],
    ['of the app’s hooks', () => createApp({ name: 'a', queues, hooks: { onSucess: () => {} } } as never)],
    ['of a queue', () => createApp({ name: 'shop', queues: { main: { timeOut: 1 } } } as never)],
    ['of a task', () => define({ retries: 3 })],
    ['of a task’s retry', () => define({ retry: { max: 3 } })],
    ['of where AWS is', () => fixture().app.connect({ reigon: 'eu-west-1' } as never)],
    ['of ports', () => fixture().app.connect({ ledger: {}, brokr: {} } as never)],
    ['of a list', () => fixture().plain.delayMany([], { concurency: 1 } as never)],
  ])('%s is refused', (_name, make) => {
    expect(make).toThrow(DefinitionError)
    expect(make).toThrow(/no such option\. Known: /)
  })

  it.each<[string, (world: ReturnType<typeof fixture>) => Promise<unknown>]>([
    ['of a call', ({ plain }) => plain.applyAsync({ x: 1 }, { count: 1 } as never)],
    ['of a call’s retry', ({ plain }) => plain.applyAsync({ x: 1 }, { retry: { max: 3 } } as never)],
    [
      'of a call’s retry that only tasks have',
      ({ plain }) => plain.applyAsync({ x: 1 }, { retry: { jitter: false } } as never),
    ],
    ['of send()', ({ app }) => app.send('other', 1, { queue: 'emails', timout: 1 } as never)],
    ['of apply()', ({ plain }) => plain.apply({ x: 1 }, { header: {} } as never)],
    ['of get()', ({ app }) => app.result('a').get({ timout: 1 } as never)],
    ['of inspect.queues()', ({ app }) => app.inspect.queues({ windwo: 1 } as never)],
    ['of inspect.failures()', ({ app }) => app.inspect.failures({ queue: 'emails', form: new Date() } as never)],
    ['of reconcile()', ({ app }) => app.reconcile({ queue: ['emails'] } as never)],
  ])('%s is refused', async (_name, ask) => {
    const world = fixture()
    const error = await world.rejection(ask(world))
    expect(error).toBeInstanceOf(DefinitionError)
    expect((error as Error).message).toMatch(/no such option\. Known: /)
  })

  it('of ctx.retry() is refused', async () => {
    const { app, settled } = fixture()
    const task = app.task('t', { queue: 'emails', retry: false }, (_input: number, ctx) =>
      ctx.retry({ delya: 1 } as never),
    )
    expect(String(await settled((await settled(task.apply(1))).get({ propagate: false })))).toContain(
      'delya: no such option',
    )
  })
})

describe('maxDelay', () => {
  it.each<[Parameters<typeof resolveRetry>[0], number]>([
    [{}, 10 * minuteMs],
    [{ delay: '1h' }, 60 * minuteMs],
    [{ delay: '1h', maxDelay: '2h' }, 120 * minuteMs],
    [{ delay: '1h', backoff: 'none' }, 60 * minuteMs],
  ])('of %j is %i ms', (options, ms) => {
    expect(resolveRetry(options, 'test').maxDelayMs).toBe(ms)
  })

  it('grows with the delay of one call', () => {
    const policy = resolveRetry({}, 'test')
    expect(policyOf(policy, { retryDelayMs: 60 * minuteMs }).maxDelayMs).toBe(60 * minuteMs)
    expect(policyOf(policy, { retryDelayMs: 60 * minuteMs, retryMaxDelayMs: minuteMs }).maxDelayMs).toBe(minuteMs)
  })
})

describe('an instant as text', () => {
  it.each<[string, number]>([
    ['2026-01-01T00:05:00Z', 5 * minuteMs],
    ['2026-01-01T00:05:00.500Z', 5 * minuteMs + 500],
    ['2026-01-01T01:05+01:00', 5 * minuteMs],
  ])('%s is an eta and an expires', async (text, ahead) => {
    const { plain, messages } = fixture()
    await plain.applyAsync({ x: 1 }, { eta: text })
    await plain.applyAsync({ x: 1 }, { expires: text })
    expect(messages()).toMatchObject([{ availableAt: start + ahead }, { expires: start + ahead }])
  })

  it.each(['2026-01-01', '2026-01-01T00:05:00', '2026-02-31T00:00:00Z', '2026-13-01T00:00:00Z', 'tomorrow', ''])(
    '%j is none',
    async (text) => {
      const { plain, messages, rejection } = fixture()
      expect(await rejection(plain.applyAsync({ x: 1 }, { eta: text }))).toBeInstanceOf(DefinitionError)
      expect(await rejection(plain.applyAsync({ x: 1 }, { expires: text }))).toBeInstanceOf(DefinitionError)
      expect(messages()).toEqual([])
    },
  )
})

describe('headers', () => {
  it('share the record with its result: more than that leaves are refused at the call', async () => {
    const { plain, off, messages, rejection } = fixture()
    for (const task of [plain, off]) {
      const error = (await rejection(task.applyAsync({ x: 1 }, { headers: { big: 'h'.repeat(200_000) } }))) as Error
      expect(error).toBeInstanceOf(DefinitionError)
      expect(error.message).toMatch(
        /headers: expected at most 49152 bytes .* received \d+, of which 200010 are headers/,
      )
    }
    expect(messages()).toEqual([])
    await plain.applyAsync({ x: 1 }, { headers: { big: 'h'.repeat(47_000) } })
  })
})
