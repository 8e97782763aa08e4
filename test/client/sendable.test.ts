import { EncodeError, InputError } from 'celeriac'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { decode, encode, encodeExactly } from '../../shared/core/json.ts'
import { fixture } from './world.ts'

class Money {
  readonly cents: number
  constructor(cents: number) {
    this.cents = cents
  }
  toJSON() {
    return { cents: this.cents }
  }
}
class Tags extends Set<string> {}

describe('what a worker would get as something else is refused at the call', () => {
  const link = new URL('https://example.com')
  it.each<[string, unknown, string]>([
    ['a URL', { a: [link] }, 'a[0]'],
    ['a class with toJSON()', { price: new Money(5) }, 'price'],
    ['an object with toJSON()', { price: { toJSON: () => 5 } }, 'price'],
    ['a kind of Set', new Tags(['a']), ''],
    ['a URL in a Map', new Map([['a', link]]), '.values[0]'],
  ])('%s', async (_name, input, path) => {
    const { app, messages, rejection } = fixture()
    const task = app.task('any', { queue: 'emails' }, (_input: unknown) => {})
    for (const call of [() => task.delay(input), () => task.applyAsync(input, {}), () => task.apply(input)]) {
      const error = await rejection(call())
      expect(error).toBeInstanceOf(InputError)
      expect(error).toMatchObject({ name: 'EncodeError', path })
      expect((error as Error).message).toMatch(/which a worker would get as/)
    }
    expect(messages()).toEqual([])
  })

  it('the schema that a value passes only here does not let it through', async () => {
    const { app, messages, rejection } = fixture()
    const task = app.task('url', { queue: 'emails', input: z.any().pipe(z.instanceof(URL)) }, () => {})
    expect(await rejection(task.delay(link))).toBeInstanceOf(EncodeError)
    // Bytes that are no Buffer for the worker are none for the schema here.
    const buffer = app.task('buffer', { queue: 'emails', input: z.instanceof(Buffer) }, () => {})
    expect(await rejection(buffer.delay(new Uint8Array([1]) as Buffer))).toMatchObject({ code: 'input' })
    expect(messages()).toEqual([])
  })

  it('a result may have toJSON(): its task has run', () => {
    expect(encode({ price: new Money(5) })).toEqual({ price: { cents: 5 } })
  })
})

describe('bytes', () => {
  it('a Buffer comes back as a Buffer, with a schema and without', async () => {
    const { app, work, settled } = fixture()
    const seen: unknown[] = []
    const plain = app.task('bytes', { queue: 'emails' }, (input: Buffer) => {
      seen.push(input)
      return input
    })
    const strict = app.task(
      'strict',
      { queue: 'emails', input: z.instanceof(Buffer) },
      (input) => void seen.push(input),
    )
    const handle = await plain.delay(Buffer.from('abc'))
    await strict.delay(Buffer.from('abc'))
    await work()
    expect(seen.map((each) => Buffer.isBuffer(each) && each.toString())).toEqual(['abc', 'abc'])
    expect(Buffer.isBuffer(await settled(handle.get()))).toBe(true)
  })

  it('others stay Uint8Array, and an older worker reads both', () => {
    const plain = decode(encodeExactly(new Uint8Array([1])))
    expect(plain).toEqual(new Uint8Array([1]))
    expect(Buffer.isBuffer(plain)).toBe(false)
    expect(encodeExactly(Buffer.from([255]))).toEqual({ $: 'bytes', v: '/w==', as: 'buffer' })
  })
})

describe('options of a task without input', () => {
  it('are no input', async () => {
    const { app, messages, clock } = fixture()
    const seen: unknown[] = []
    const nightly = app.task('nightly', { queue: 'emails' }, async () => void seen.push('ran'))
    await nightly.applyAsync({ countdown: 60 })
    await nightly.applyAsync(undefined, { countdown: 60 })
    expect(messages().map(({ input, availableAt }) => ({ input, availableAt }))).toEqual(
      Array.from({ length: 2 }, () => ({ input: { $: 'undefined' }, availableAt: clock.now() + 60_000 })),
    )
    expect((await nightly.apply({ headers: { a: 'b' } })).state).toBe('SUCCESS')
  })

  it('are its input where its function takes one', async () => {
    const { app, messages } = fixture()
    const timer = app.task('timer', { queue: 'emails' }, async (_input: { countdown: number }) => {})
    await timer.applyAsync({ countdown: 60 })
    expect(messages()).toMatchObject([{ input: { countdown: 60 } }])
  })

  it('must be told apart where the function is loaded later', async () => {
    const { app, rejection } = fixture()
    const load = () => import('./world.ts').then(() => ({ default: async (input: { taskId: string }) => input.taskId }))
    const lazy = app.task('lazy', { queue: 'emails' }, load)
    expect(await rejection(lazy.applyAsync({ taskId: 'a' }))).toMatchObject({ code: 'definition' })
    await lazy.applyAsync({ taskId: 'a' }, {})
  })
})
