import { EncodeError } from './errors.ts'

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** Deeper values are refused: engines that read them recursively overflow. */
const maxDepth = 200

/**
 * The type itself if a worker receives its values unchanged. Parts that cannot be sent become `CannotBeSent`. Buffer stays Buffer; other bytes become Uint8Array.
 *
 * @example
 * type A = Encodable<{ at: Date; tags: Set<string> }> // itself
 * type B = Encodable<{ link: URL }> // { link: CannotBeSent }
 */
export type Encodable<Value> = unknown extends Value
  ? Value
  : Value extends string | number | boolean | bigint | null | undefined | Date | Uint8Array
    ? Value
    : Value extends ReadonlyMap<infer Key, infer Item>
      ? ReadonlyMap<Encodable<Key>, Encodable<Item>>
      : Value extends ReadonlySet<infer Item>
        ? ReadonlySet<Encodable<Item>>
        : Value extends symbol | ((...args: never[]) => unknown) | { toJSON(...args: never[]): unknown }
          ? CannotBeSent
          : { [Key in keyof Value]: Encodable<Value[Key]> }

/** A function, a symbol, a class with methods: send the data that it is made of. */
export interface CannotBeSent {
  readonly 'this type cannot be sent: send the data that it is made of': never
}

/**
 * Encodes a value as JSON. A value without a JSON form becomes a tagged object `{"$": "<type>", "v": <json>}`:
 * `date` (ISO text), `bigint` (decimal text), `map` (pairs), `set` (items), `bytes` (base64; with `"as": "buffer"` a Buffer), `number` (NaN, Infinity, -Infinity, -0),
 * `undefined` (inside arrays and at the top). A caller's object with a key `$` becomes `{"$": "object", "v": {…}}`.
 *
 * As in JSON, undefined properties are left out and `toJSON()` is called (except Date's).
 *
 * @throws {EncodeError} for functions, symbols, cycles, unknown classes, invalid dates and values nested deeper than 200 levels
 */
export function encode(value: unknown): Json {
  return encodeAt(value, { above: [], path: [], exact: false })
}

/**
 * Encodes an input. Like `encode()`, but refuses values that a worker would receive as another type or value, such as objects with toJSON().
 *
 * @throws {EncodeError} also for objects with toJSON() and for instances of classes that extend Map, Set or Uint8Array
 */
export function encodeExactly(value: unknown): Json {
  return encodeAt(value, { above: [], path: [], exact: true })
}

/** The current position while encoding. */
interface Place {
  /** The enclosing objects, outermost first. */
  readonly above: object[]
  /** The name within each enclosing object. It becomes text only for an error message. */
  readonly path: Name[]
  /** Refuse values that would come back as another type or value. */
  readonly exact: boolean
}

/** A key of an object, an index of a list, or the side of a pair of a map. */
type Name = string | number | readonly [side: 'keys' | 'values', pair: number]

function encodeAt(value: unknown, place: Place): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $: 'number', v: Object.is(value, -0) ? '-0' : String(value) }
    case 'bigint':
      return { $: 'bigint', v: value.toString() }
    case 'undefined':
      return { $: 'undefined' }
    case 'object':
      break
    default:
      throw new EncodeError(pathOf(place), `it is a ${typeof value}`)
  }
  if (value === null) return null
  const { above } = place
  if (above.length >= maxDepth)
    throw new EncodeError(pathOf(place).slice(0, 60), `it is nested deeper than ${maxDepth} levels`)
  if (above.includes(value)) throw new EncodeError(pathOf(place), 'it contains itself')
  above.push(value)
  const encoded = encodeObject(value, place)
  above.pop()
  return encoded
}

/** Encodes a part of an object, under its name or index. */
function encodeIn(value: unknown, name: Name, place: Place): Json {
  place.path.push(name)
  const encoded = encodeAt(value, place)
  place.path.pop()
  return encoded
}

function pathOf({ path }: Place): string {
  return path.reduce<string>((text, name) => {
    if (typeof name === 'number') return `${text}[${name}]`
    if (typeof name !== 'string') return `${text}.${name[0]}[${name[1]}]`
    return text === '' ? name : `${text}.${name}`
  }, '')
}

function encodeObject(value: object, place: Place): Json {
  if (place.exact) refuseChange(value, place)
  if (Array.isArray(value)) return Array.from(value, (item: unknown, index) => encodeIn(item, index, place))
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new EncodeError(pathOf(place), 'it is an invalid Date')
    return { $: 'date', v: value.toISOString() }
  }
  if (value instanceof Map) {
    const pairs = Array.from(
      value,
      ([key, item], index): Json => [encodeIn(key, ['keys', index], place), encodeIn(item, ['values', index], place)],
    )
    return { $: 'map', v: pairs }
  }
  if (value instanceof Set) {
    return { $: 'set', v: Array.from(value, (item, index) => encodeIn(item, index, place)) }
  }
  if (value instanceof Uint8Array) {
    const v = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
    return Buffer.isBuffer(value) ? { $: 'bytes', v, as: 'buffer' } : { $: 'bytes', v }
  }
  if ('toJSON' in value && typeof value.toJSON === 'function') return encodeAt(value.toJSON(), place)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    const name = (value as { constructor?: { name?: string } }).constructor?.name
    throw new EncodeError(pathOf(place), `it is an instance of ${name ?? 'a class'}`)
  }
  const plain: Record<string, Json> = {}
  for (const key of Object.keys(value)) {
    const item = (value as Readonly<Record<string, unknown>>)[key]
    if (item !== undefined) define(plain, key, encodeIn(item, key, place))
  }
  return Object.hasOwn(plain, '$') ? { $: 'object', v: plain } : plain
}

/** Refuses a value that would come back as an instance of another class, or as another value. */
function refuseChange(value: object, place: Place): void {
  if (Array.isArray(value) || value instanceof Date || Buffer.isBuffer(value)) return
  const name = (value as { constructor?: { name?: string } }).constructor?.name ?? 'a class'
  const builtIn = [Map, Set, Uint8Array].find((each) => value instanceof each)
  if (builtIn !== undefined) {
    if (Object.getPrototypeOf(Object.getPrototypeOf(value)) === Object.getPrototypeOf(builtIn.prototype)) return
    throw new EncodeError(
      pathOf(place),
      `it is an instance of ${name}, which a worker would get as ${builtIn.name}`,
      sendable,
    )
  }
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    const what = name === 'Object' ? 'an object with toJSON()' : `an instance of ${name}`
    throw new EncodeError(pathOf(place), `it is ${what}, which a worker would get as what toJSON() gives`, sendable)
  }
}

const sendable = 'Send the data that it is made of: JSON values, Date, BigInt, Map, Set, Uint8Array or Buffer.'

/** Assignment would call the setter of `__proto__`; defineProperty creates an ordinary property, but is several times slower. */
function define(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') target[key] = value
  else Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
}

/**
 * Decodes a value. Unknown tags are refused, so a newer encoding is noticed. The tags `result` and `results` refer to results of other tasks and are
 * refused too: they need a resolver that reads those results.
 *
 * @throws {EncodeError} for an unknown tag, or nesting deeper than 200 levels
 */
export function decode(json: Json): unknown {
  return decodeAt(json, 0)
}

function decodeAt(json: Json, depth: number): unknown {
  if (json === null || typeof json !== 'object') return json
  // A tag and its payload are two levels of JSON for one level of value.
  if (depth > 2 * maxDepth) throw new EncodeError('', `it is nested deeper than ${maxDepth} levels`)
  if (Array.isArray(json)) return json.map((item: Json) => decodeAt(item, depth + 1))
  const object = json as { readonly [key: string]: Json }
  if (Object.hasOwn(object, '$')) return decodeTagged(object, depth + 1)
  return decodePlain(object, depth + 1)
}

function decodePlain(object: { readonly [key: string]: Json }, depth: number): object {
  const plain: Record<string, unknown> = {}
  for (const key of Object.keys(object)) define(plain, key, decodeAt(object[key] as Json, depth))
  return plain
}

function decodeTagged(tagged: { readonly [key: string]: Json }, depth: number): unknown {
  const { $: tag, v: payload } = tagged
  switch (tag) {
    case 'undefined':
      return undefined
    case 'date':
      if (typeof payload === 'string') return new Date(payload)
      break
    case 'bigint':
      if (typeof payload === 'string' && /^-?\d+$/.test(payload)) return BigInt(payload)
      break
    case 'number':
      if (typeof payload === 'string') return Number(payload)
      break
    case 'bytes':
      if (typeof payload === 'string') {
        const bytes = Buffer.from(payload, 'base64')
        return tagged.as === 'buffer' ? bytes : new Uint8Array(bytes)
      }
      break
    case 'set':
      if (Array.isArray(payload)) return new Set(payload.map((item: Json) => decodeAt(item, depth)))
      break
    case 'map':
      if (Array.isArray(payload) && payload.every((pair: Json) => Array.isArray(pair) && pair.length === 2)) {
        const pairs = payload as unknown as readonly (readonly [Json, Json])[]
        return new Map(pairs.map(([key, item]) => [decodeAt(key, depth), decodeAt(item, depth)]))
      }
      break
    case 'object':
      if (payload !== null && typeof payload === 'object' && !Array.isArray(payload)) {
        return decodePlain(payload as { readonly [key: string]: Json }, depth)
      }
      break
  }
  if (tag === 'result' || tag === 'results')
    throw new EncodeError(
      '',
      `it refers to the result of another task (tag '${tag}'), which this worker cannot resolve`,
    )
  throw new EncodeError('', `its tag ${JSON.stringify(tag)} is not one of this version's`)
}

/**
 * JSON text that SQS accepts whatever the value: JSON already escapes control characters and lone surrogates; U+FFFE and U+FFFF, the last
 * two that SQS refuses (SendMessage: #x9 | #xA | #xD | #x20-#xD7FF | #xE000-#xFFFD | #x10000-#x10FFFF), are escaped too.
 */
export function toText(json: Json): string {
  return JSON.stringify(json).replace(/[\uFFFE\uFFFF]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`)
}

/** JSON text with sorted keys: equal values give equal texts. */
export function canonicalText(json: Json): string {
  if (json === null || typeof json !== 'object') return JSON.stringify(json)
  if (Array.isArray(json)) return `[${json.map((item: Json) => canonicalText(item)).join(',')}]`
  const object = json as { readonly [key: string]: Json }
  let text = ''
  for (const key of Object.keys(object).sort())
    text += `${text === '' ? '{' : ','}${JSON.stringify(key)}:${canonicalText(object[key] as Json)}`
  return text === '' ? '{}' : `${text}}`
}

/** UTF-8 bytes of a text. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8')
}
