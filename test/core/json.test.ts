import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EncodeError } from '../../shared/core/errors.ts'
import { inputHashOf, taskIdOf } from '../../shared/core/ids.ts'
import { byteLength, canonicalText, decode, encode, type Json, toText } from '../../shared/core/json.ts'
import { hostileKeys, hostileTexts } from '../support/hostile.ts'

/** Through the wire and back. */
function trip(value: unknown): unknown {
  return decode(JSON.parse(toText(encode(value))) as Json)
}

/** SQS's characters: API_SendMessage. */
const refusedBySqs = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u

const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(...hostileTexts),
  fc.double(),
  fc.bigInt(),
  fc.boolean(),
  fc.constant(null),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array(),
)
const key = fc.oneof(fc.string(), fc.constantFrom(...hostileKeys))
const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value')),
    fc.dictionary(key, tie('value'), { noNullPrototype: true }),
    fc.array(tie('value')).map((items) => new Set(items)),
    fc.array(fc.tuple(tie('value'), tie('value'))).map((pairs) => new Map(pairs)),
  ),
}))

describe('a value, encoded and decoded', () => {
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['undefined in a list', [1, undefined, 3]],
    ['numbers JSON does not have', [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0]],
    ['a bigint', 123_456_789_012_345_678_901_234_567_890n],
    ['a date', new Date('2026-01-31T12:34:56.789Z')],
    ['bytes', new Uint8Array([0, 1, 255])],
    ['a view into bytes', new Uint8Array([1, 2, 3, 4]).subarray(1, 3)],
    ['a set of maps', new Set([new Map([[{ a: 1 }, new Set([1])]])])],
    ['an object that looks like a tag', { $: 'date', v: 'not a date' }],
    ['an object that looks like an escaped tag', { $: { $: 'object', v: {} } }],
    ['an empty key', { '': { '': 1 } }],
  ])('%s comes back', (_name, value) => {
    expect(trip(value)).toEqual(value)
  })

  it('any value comes back, on characters that SQS takes', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const text = toText(encode(value))
        expect(refusedBySqs.test(text)).toBe(false)
        expect(decode(JSON.parse(text) as Json)).toEqual(value)
      }),
    )
  })

  it.each(hostileKeys.map((name) => [JSON.stringify(name).slice(0, 30), name]))(
    'the key %s is an own property, and nobody’s prototype',
    (_name, name) => {
      const value = JSON.parse(`{${JSON.stringify(name)}:{"polluted":1}}`) as object
      const back = trip(value) as object
      expect(Object.keys(back)).toEqual([name])
      expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
      expect((Object.create(null) as { polluted?: 1 }).polluted ?? ({} as { polluted?: 1 }).polluted).toBeUndefined()
    },
  )

  it('leaves out undefined properties and honours toJSON, as JSON does', () => {
    expect(trip({ a: undefined, b: { toJSON: () => ({ c: 1n }) } })).toEqual({ b: { c: 1n } })
  })

  it.each<[string, unknown, Json]>([
    ['a text', 'a', 'a'],
    ['a number', 1.5, 1.5],
    ['nothing', undefined, { $: 'undefined' }],
    ['null', null, null],
    ['minus nought', -0, { $: 'number', v: '-0' }],
    ['no number', Number.NaN, { $: 'number', v: 'NaN' }],
    ['without end', Number.NEGATIVE_INFINITY, { $: 'number', v: '-Infinity' }],
    ['a bigint', -7n, { $: 'bigint', v: '-7' }],
    ['a date', new Date(0), { $: 'date', v: '1970-01-01T00:00:00.000Z' }],
    ['a map', new Map([['a', 1n]]), { $: 'map', v: [['a', { $: 'bigint', v: '1' }]] }],
    ['a set', new Set([1]), { $: 'set', v: [1] }],
    ['bytes', new Uint8Array([255]), { $: 'bytes', v: '/w==' }],
    ['an object', { a: [true, undefined], b: undefined }, { a: [true, { $: 'undefined' }] }],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    ['an object that looks like a tag', { $: 1 }, { $: 'object', v: { $: 1 } }],
  ])('%s is written as other languages read it', (_name, value, json) => {
    expect(encode(value)).toStrictEqual(json)
  })

  it('is an ordinary object, whose properties can be changed', () => {
    const back = trip({ a: 1, b: 2 }) as Record<string, unknown>
    back.a = 3
    delete back.b
    expect(back).toEqual({ a: 3 })
  })

  it.each<[string, unknown, string, string]>([
    ['a function', { items: [0, { callback: () => 1 }] }, 'items[1].callback', 'it is a function'],
    ['a symbol', [Symbol('x')], '[0]', 'it is a symbol'],
    ['an invalid date', { at: new Date(Number.NaN) }, 'at', 'it is an invalid Date'],
    ['an instance', { it: new (class Foo {})() }, 'it', 'it is an instance of Foo'],
    ['an instance of no class', Object.create(Object.create(Object.create(null))), '', 'it is an instance of a class'],
    ['a promise', Promise.resolve(1), '', 'it is an instance of Promise'],
    ['a regular expression', /x/, '', 'it is an instance of RegExp'],
    [
      'a key of a map',
      {
        m: new Map([
          ['a', 1],
          [/x/ as never, 1],
        ]),
      },
      'm.keys[1]',
      'it is an instance of RegExp',
    ],
    ['a value of a map', new Map([['a', /x/]]), '.values[0]', 'it is an instance of RegExp'],
    ['an item of a set', { s: new Set([1, /x/]) }, 's[1]', 'it is an instance of RegExp'],
  ])('%s is refused where it is', (_name, value, path, what) => {
    expect(() => encode(value)).toThrow(new EncodeError(path, what))
    expect(() => encode(value)).toThrow(expect.objectContaining({ path }))
  })

  it('cycles and endless nesting are refused, the same object twice is not', () => {
    const cycle: unknown[] = []
    cycle.push(cycle)
    expect(() => encode(cycle)).toThrow(/contains itself/)
    const twin = { a: 1 }
    expect(trip([twin, twin])).toEqual([{ a: 1 }, { a: 1 }])
    const nested = (levels: number) => Array.from({ length: levels }).reduce<unknown>((inner) => [inner], 1)
    expect(trip(nested(200))).toEqual(nested(200))
    expect(() => encode(nested(201))).toThrow(new EncodeError('[0]'.repeat(20), 'it is nested deeper than 200 levels'))
    const maps = (levels: number) => Array.from({ length: levels }).reduce<unknown>((inner) => new Map([[1, inner]]), 1)
    expect(trip(maps(100))).toEqual(maps(100))
  })

  it.each<[string, unknown]>([
    ['an unknown tag', { $: 'regexp', v: 'x' }],
    ['a tag without a name', { $: null }],
    ['a bigint that is none', { $: 'bigint', v: '1e5' }],
    ['a map that is none', { $: 'map', v: [[1]] }],
    ['a set that is none', { $: 'set', v: 'ab' }],
    ['an escaped object that is a list', { $: 'object', v: [] }],
    ['bytes that are a number', { $: 'bytes', v: 7 }],
    ['a date that is a number', { $: 'date', v: 7 }],
    ['a bigint that is a number', { $: 'bigint', v: 7 }],
    ['a number that is a number', { $: 'number', v: 7 }],
    ['a map of what are no pairs', { $: 'map', v: ['ab'] }],
    ['an escaped object that is null', { $: 'object', v: null }],
    ['an escaped object that is a text', { $: 'object', v: 'ab' }],
  ])('%s is refused when it is read', (_name, json) => {
    const tag = JSON.stringify((json as { $: unknown }).$)
    expect(() => decode(json as Json)).toThrow(new EncodeError('', `its tag ${tag} is not one of this version's`))
  })

  it.each<[string, (inner: Json) => Json]>([
    ['lists', (inner) => [inner]],
    ['objects', (inner) => ({ a: inner })],
    ['sets', (inner) => ({ $: 'set', v: [inner] })],
    ['maps', (inner) => ({ $: 'map', v: [[1, inner]] })],
    ['escaped objects', (inner) => ({ $: 'object', v: { $: inner } })],
  ])('%s are read as deep as they can have been written, and no deeper', (_name, wrap) => {
    const nested = (levels: number) => Array.from({ length: levels }).reduce<Json>(wrap, 1)
    expect(() => decode(nested(401))).not.toThrow()
    expect(() => decode(nested(402))).toThrow(new EncodeError('', 'it is nested deeper than 200 levels'))
  })

  it.each<[string, string]>([
    ['a\uFFFEb\uFFFF', '"a\\ufffeb\\uffff"'],
    ['\uD800', '"\\ud800"'],
    ['\uFFFD💥', '"\uFFFD💥"'],
  ])('%j is text that SQS takes', (value, text) => {
    expect(toText(value)).toBe(text)
  })

  it('is measured in the bytes of UTF-8', () => {
    expect(['a', 'é', '💥'].map(byteLength)).toEqual([1, 2, 4])
  })
})

describe('the canonical text', () => {
  it('is JSON with its keys in order', () => {
    const json = { d: true, a: [1, { c: 'x', b: null }], 'a b': {} }
    expect(canonicalText(json)).toBe('{"a":[1,{"b":null,"c":"x"}],"a b":{},"d":true}')
  })

  it('is the same whatever the order of keys', () => {
    const shuffled = fc.dictionary(key, leaf, { noNullPrototype: true }).chain((object) =>
      fc.tuple(
        fc.constant(object),
        fc.shuffledSubarray(Object.entries(object), { minLength: Object.keys(object).length }).map((entries) => {
          const other = {}
          for (const [name, value] of entries)
            Object.defineProperty(other, name, { value, enumerable: true, writable: true, configurable: true })
          return other
        }),
      ),
    )
    fc.assert(
      fc.property(shuffled, ([object, other]) => {
        expect(canonicalText(encode(other))).toBe(canonicalText(encode(object)))
      }),
    )
  })

  it('tells different values apart', () => {
    fc.assert(
      fc.property(anyValue, anyValue, (a, b) => {
        const [first, second] = [encode(a), encode(b)]
        fc.pre(JSON.stringify(sorted(first)) !== JSON.stringify(sorted(second)))
        expect(canonicalText(first)).not.toBe(canonicalText(second))
      }),
    )
  })
})

/** JSON with keys in order, made another way. */
function sorted(json: Json): unknown {
  if (Array.isArray(json)) return json.map((item: Json) => sorted(item))
  if (json === null || typeof json !== 'object') return json
  return Object.entries(json)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [name, sorted(value as Json)])
}

describe('ids made of keys', () => {
  it('are told apart by app, task and key, wherever the seams are', () => {
    const part = fc.string()
    fc.assert(
      fc.property(fc.tuple(part, part, part), fc.tuple(part, part, part), (a, b) => {
        expect(taskIdOf(...a) === taskIdOf(...b)).toBe(JSON.stringify(a) === JSON.stringify(b))
      }),
    )
  })

  it('have their length and alphabet', () => {
    expect(taskIdOf('shop', 'emails.send', 'welcome:ada@example.com')).toMatch(/^k_[A-Za-z0-9_-]{30}$/)
    expect(inputHashOf('{}')).toMatch(/^[A-Za-z0-9_-]{22}$/)
  })
})
