import { DefinitionError } from './errors.ts'
import { encode, type Json } from './json.ts'

declare const refBrand: unique symbol

type Leaf =
  | string
  | number
  | boolean
  | bigint
  | symbol
  | null
  | undefined
  | Date
  | Uint8Array
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
type IsAny<T> = 0 extends 1 & T ? true : false

/** A placeholder for a value that exists when the task starts. It has no value while you build the canvas. */
export interface RefTo<out T> {
  readonly [refBrand]: T
}

type Missing<T> = undefined extends T ? undefined : null extends T ? undefined : never

/** A reference to a list gives its items by index, but has no methods such as map(). */
type NoMethods = {
  readonly [Key in Exclude<keyof (readonly unknown[]), number | 'length' | typeof Symbol.iterator>]: never
}
type RefParts<T, M> = T extends Leaf
  ? unknown
  : T extends readonly (infer Item)[]
    ? number extends T['length']
      ? { readonly [index: number]: Ref<Item | undefined>; readonly length: Ref<number> }
      : { readonly [Key in keyof T]: Ref<T[Key] | M> } & NoMethods
    : { readonly [Key in keyof T]-?: Ref<T[Key] | M> }

/** A reference to a value, and to each part of it: `ref.address.city`. */
export type Ref<T> =
  // biome-ignore lint/suspicious/noExplicitAny: parts of an untyped value are untyped.
  IsAny<T> extends true ? any : RefTo<T> & RefParts<NonNullable<T>, Missing<T>>

/** An input that may hold references in place of values, at any depth. */
export type Bound<T> = T | RefTo<T> | BoundParts<T>
type BoundParts<T> = T extends Leaf ? never : { [Key in keyof T]: Bound<T[Key]> }

/** The target of a reference while a canvas is built. */
interface Place {
  /** Each function that takes references has its own scope. */
  readonly scope: symbol
  readonly path: readonly string[]
  /** The parts of a text reference. */
  readonly parts?: readonly unknown[]
}

const place = Symbol('celeriac.reference')
/** Stops endless iteration when code spreads a list of unknown length. */
const mostItems = 1_000

/** A reference to the value of a scope, or to a part of it. */
export function makeRef<T>(scope: symbol, path: readonly string[] = [], parts?: readonly unknown[]): Ref<T> {
  const noValue = (): never => {
    throw new DefinitionError(
      `A reference has no value while you write, so nothing can be computed with it${path.length === 0 ? '' : ` (at .${path.join('.')})`}. Pass it on as the input of a task, or write text\`…\`.`,
    )
  }
  const found: Place = { scope, path, ...(parts && { parts }) }
  return new Proxy(
    {},
    {
      get(_target, key) {
        if (key === place) return found
        // Awaiting a reference, or returning it from an async function, must not treat it as a promise.
        if (key === 'then') return undefined
        if (key === Symbol.iterator) return itemsOf(scope, path)
        if (key === 'toJSON' || key === 'toString' || key === 'valueOf' || key === Symbol.toPrimitive) return noValue
        return typeof key === 'symbol' ? undefined : makeRef(scope, [...path, key])
      },
      has: (_target, key) => key === 'toJSON' || key === place,
      ownKeys: noValue,
    },
  ) as Ref<T>
}

function itemsOf(scope: symbol, path: readonly string[]): () => Generator<unknown> {
  return function* () {
    for (let index = 0; index < mostItems; index++) yield makeRef(scope, [...path, String(index)])
    throw new DefinitionError('A list that is not there yet cannot be walked through.')
  }
}

/**
 * A text made of references and values. Dates become ISO texts.
 *
 * @example
 * text`Report of ${at}`
 */
export function text(
  strings: TemplateStringsArray,
  ...values: readonly (string | number | RefTo<string> | RefTo<number> | RefTo<Date>)[]
): Ref<string> {
  const parts = strings.flatMap((part, index) => (index < values.length ? [part, values[index]] : [part]))
  return makeRef<string>(
    Symbol('text'),
    [],
    parts.filter((part) => part !== ''),
  )
}

function placeOf(value: unknown): Place | undefined {
  return typeof value === 'object' && value !== null ? (value as { [place]?: Place })[place] : undefined
}

/** The node that provides each scope's value: its number, or -1 for the canvas's input. */
export type ScopeNodes = ReadonlyMap<symbol, number>

/**
 * Encodes an input with references. Like `encode()`, and a reference becomes `{"$": "ref", "node": <number>, "path": […]}`, a text
 * `{"$": "text", "v": […]}`.
 *
 * @throws {DefinitionError} for a reference used outside the function that received it
 * @throws {EncodeError} for values that cannot be encoded
 */
export function templateOf(value: unknown, scopes: ScopeNodes): Json {
  const found = placeOf(value)
  if (found !== undefined) return referenceOf(found, scopes)
  if (Array.isArray(value)) return value.map((item: unknown) => templateOf(item, scopes))
  if (!isPlain(value)) return encode(value)
  const parts: Record<string, Json> = {}
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined)
      Object.defineProperty(parts, key, { value: templateOf(item, scopes), enumerable: true, configurable: true })
  }
  return Object.hasOwn(parts, '$') ? { $: 'object', v: parts } : parts
}

function referenceOf({ scope, path, parts }: Place, scopes: ScopeNodes): Json {
  if (parts !== undefined) return { $: 'text', v: parts.map((part) => templateOf(part, scopes)) }
  const node = scopes.get(scope)
  if (node === undefined) {
    throw new DefinitionError('A reference is used outside of the function that it was given to.')
  }
  return { $: 'ref', node, ...(path.length > 0 && { path }) }
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/**
 * Fills a template with encoded values and returns the encoded input. Nothing is decoded on the way.
 *
 * @param valueAt the encoded value of a node; -1 is the canvas's input
 */
export function fillTemplate(template: Json, valueAt: (node: number) => Json): Json {
  if (template === null || typeof template !== 'object') return template
  if (Array.isArray(template)) return template.map((item: Json) => fillTemplate(item, valueAt))
  const object = template as { readonly [key: string]: Json }
  if (object.$ === 'ref') return partOf(valueAt(Number(object.node)), (object.path ?? []) as readonly string[])
  if (object.$ === 'text')
    return (object.v as readonly Json[]).map((part) => textOf(fillTemplate(part, valueAt))).join('')
  // Among tagged values only an escaped object can hold references. Its key $ is the caller's.
  if (object.$ === 'object')
    return { $: 'object', v: filledParts(object.v as { readonly [key: string]: Json }, valueAt) }
  return Object.hasOwn(object, '$') ? object : filledParts(object, valueAt)
}

function filledParts(object: { readonly [key: string]: Json }, valueAt: (node: number) => Json): Json {
  const filled: Record<string, Json> = {}
  for (const [key, item] of Object.entries(object)) {
    const value = fillTemplate(item, valueAt)
    Object.defineProperty(filled, key, { value, enumerable: true, configurable: true })
  }
  return filled
}

const nothing: Json = { $: 'undefined' }

function partOf(value: Json, path: readonly string[]): Json {
  let part = value
  for (const key of path) {
    if (part === null || typeof part !== 'object') return nothing
    const object = part as { readonly [key: string]: Json }
    const holder = object.$ === 'object' ? (object.v as { readonly [key: string]: Json }) : object
    if (!Object.hasOwn(holder, key)) return nothing
    part = holder[key] as Json
  }
  return part
}

/** A value as text: dates as ISO texts, missing values as an empty text. */
function textOf(value: Json): string {
  if (value === null) return ''
  if (typeof value !== 'object') return String(value)
  const { $: tag, v } = value as { readonly $?: Json; readonly v?: Json }
  if (tag === 'undefined') return ''
  return tag === 'date' || tag === 'bigint' || tag === 'number' ? String(v) : JSON.stringify(value)
}
