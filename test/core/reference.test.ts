import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileCanvas, inputNode, inputOfCall } from '../../shared/core/canvas.ts'
import { decode, encode, type Json } from '../../shared/core/json.ts'
import { fillTemplate, makeRef, type Ref, templateOf, text } from '../../shared/core/reference.ts'

const scope = Symbol('test')
const scopes = new Map([[scope, inputNode]])
const fill = (template: Json, value: unknown) => decode(fillTemplate(template, () => encode(value)))

interface User {
  readonly name: string
  readonly since: Date
  readonly address: { readonly lines: readonly string[] }
}
const user: User = { name: 'Ada', since: new Date('2026-01-02T03:04:05Z'), address: { lines: ['a', 'b'] } }
const ref = makeRef<User>(scope)

describe('templates', () => {
  test('a reference is data', () => {
    expect(templateOf({ to: ref.name, n: 1 }, scopes)).toEqual({ to: { $: 'ref', node: -1, path: ['name'] }, n: 1 })
  })

  test.each<[string, unknown, unknown]>([
    ['the whole value', ref, user],
    ['a part', { to: ref.name }, { to: 'Ada' }],
    ['a part of a part', [ref.address.lines[1]], ['b']],
    ['the length of a list', { n: ref.address.lines.length }, { n: 2 }],
    ['what is not there', { x: (ref as never as { a: { b: Ref<string> } }).a.b }, { x: undefined }],
    ['a date stays a date', { day: ref.since }, { day: user.since }],
    ['a text', text`Hello ${ref.name}, ${3} since ${ref.since}`, 'Hello Ada, 3 since 2026-01-02T03:04:05.000Z'],
    ['a text without references', text`plain`, 'plain'],
    ['values beside references', { at: new Date(5), to: ref.name, big: 3n }, { at: new Date(5), to: 'Ada', big: 3n }],
    ['an object with a key $', { $: { in: ref.name } }, { $: { in: 'Ada' } }],
    ['what looks like a reference', { $: 'ref', node: -1 }, { $: 'ref', node: -1 }],
    ['undefined is left out', { a: undefined, to: ref.name }, { to: 'Ada' }],
    ['__proto__ is a key like others', JSON.parse('{"__proto__":{"a":1}}'), JSON.parse('{"__proto__":{"a":1}}')],
  ])('%s', (_name, value, expected) => {
    const template = templateOf(value, scopes)
    expect(JSON.parse(JSON.stringify(template))).toEqual(template)
    expect(fill(template, user)).toEqual(expected)
  })

  test('property: an input without references comes back as encode() and decode() leave it', () => {
    fc.assert(
      fc.property(fc.object({ withDate: true, withMap: true, withSet: true, withBigInt: true }), (value) => {
        expect(templateOf(value, scopes)).toEqual(encode(value))
        expect(fillTemplate(templateOf(value, scopes), () => null)).toEqual(encode(value))
      }),
    )
  })
})

describe('a reference has no value while you write', () => {
  test.each<[string, () => unknown]>([
    ['arithmetic', () => (ref.name as never as number) + 1],
    ['a template string', () => `${ref.name as never as string}`],
    ['an object spread', () => ({ ...(ref as object) })],
    ['JSON', () => JSON.stringify({ ref })],
    ['an input that is sent now', () => encode({ to: ref.name })],
  ])('%s', (_name, compute) => {
    expect(compute).toThrow('A reference has no value while you write')
  })

  test('awaiting it gives it back', async () => {
    expect(templateOf(await ref, scopes)).toEqual({ $: 'ref', node: -1 })
  })

  test('a list can be taken apart, not walked through', () => {
    const [first] = ref.address.lines as never as Iterable<unknown>
    expect(fill(templateOf(first, scopes), user)).toBe('a')
    expect(() => [...(ref.address.lines as never as Iterable<unknown>)]).toThrow('cannot be walked through')
  })

  test('outside of its function it means nothing', () => {
    expect(() => templateOf({ to: makeRef(Symbol('other')) }, scopes)).toThrow('outside of the function')
  })
})

describe('a canvas of one call', () => {
  const call = (input: unknown, more = {}) => ({
    draft: { kind: 'call' as const, task: 'report', piped: false, input, options: {}, ...more },
  })

  test('stores what it was given', () => {
    expect(compileCanvas(call({ team: 'all' }))).toEqual([{ kind: 'call', task: 'report', input: { team: 'all' } }])
    expect(compileCanvas(call(undefined, { options: { queue: 'slow' } }))).toEqual([
      { kind: 'call', task: 'report', options: { queue: 'slow' } },
    ])
  })

  test('a function gets a reference to the input of the whole', () => {
    const [node] = compileCanvas<Date>((at) => call({ day: at, title: text`Day ${at}` }))
    const day = new Date('2026-05-01T09:00:00Z')
    expect(decode(inputOfCall(node!, encode(day)))).toEqual({ day, title: 'Day 2026-05-01T09:00:00.000Z' })
  })

  test('s() takes the input of the whole, si() none', () => {
    const [piped] = compileCanvas(call(undefined, { piped: true }))
    expect(inputOfCall(piped!, 5)).toBe(5)
    const [none] = compileCanvas(call(undefined))
    expect(decode(inputOfCall(none!, 5))).toBeUndefined()
  })

  test('what is no signature is refused', () => {
    expect(() => compileCanvas((() => undefined) as never)).toThrow('expected task.s(input), or a function')
    expect(() => compileCanvas({} as never)).toThrow('expected task.s(input), or a function')
    expect(() => compileCanvas(undefined as never)).toThrow('expected task.s(input), or a function')
  })
})
