import { decode, type Json } from './json.ts'

export const redacted = '[redacted]'

/** Shorter values would blank unrelated words, so only their field's name hides them. */
const shortest = 3

/**
 * Blanks every occurrence of the sensitive fields' values in a text, so that errors and logs can be stored. It learns values in two steps: first the caller's
 * input, then the schema's output after validation (a card number without its spaces).
 */
export interface Scrubber {
  (text: string): string
  /** Collects the values of an input's sensitive fields, in every form in which they may appear. */
  learn(input: unknown): void
  /** Whether a field of this name is blanked completely. This also hides short values. */
  isSensitive(field: string): boolean
}

/**
 * @param input the encoded input, as received
 * @param sensitive top-level field names
 */
export function scrubberOf(input: Json | undefined, sensitive: readonly string[]): Scrubber {
  const scrubber = createScrubber(sensitive)
  if (sensitive.length > 0 && input !== undefined) scrubber.learn(decoded(input))
  return scrubber
}

/** Creates a scrubber that knows the sensitive field names, but no values yet. */
export function createScrubber(sensitive: readonly string[]): Scrubber {
  const names = new Set(sensitive)
  const secrets = new Set<string>()
  let longestFirst: readonly string[] = []
  const scrub = (text: string): string =>
    longestFirst.reduce((scrubbed, secret) => scrubbed.replaceAll(secret, redacted), text)
  return Object.assign(scrub, {
    learn(input: unknown): void {
      for (const field of sensitive) for (const value of valuesOf(input, field)) collect(value, { secrets, names }, 0)
      // Replace a value before any shorter value that it contains.
      longestFirst = [...secrets].sort((a, b) => b.length - a.length)
    },
    isSensitive: (field: string) => names.has(field),
  })
}

/** An input that cannot be decoded does not run, but its error may quote it. */
function decoded(input: Json): unknown {
  try {
    return decode(input)
  } catch {
    return input
  }
}

/** The field's value, in an object, a Map, or the items of a list. */
function valuesOf(input: unknown, field: string): readonly unknown[] {
  if (typeof input !== 'object' || input === null) return []
  if (input instanceof Map) return input.has(field) ? [input.get(field)] : []
  if (Array.isArray(input)) return input.flatMap((item: unknown) => valuesOf(item, field))
  return Object.hasOwn(input, field) ? [(input as Readonly<Record<string, unknown>>)[field]] : []
}

interface Collected {
  readonly secrets: Set<string>
  readonly names: Set<string>
}

function collect(value: unknown, into: Collected, depth: number): void {
  if (depth > 200) return
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') {
    collectText(String(value), into)
  } else if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) return
    collectText(value.toISOString(), into)
    collectText(String(value), into)
    collectText(String(value.getTime()), into)
  } else if (value instanceof Uint8Array) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    for (const form of ['base64', 'base64url', 'hex', 'utf8'] as const) collectText(bytes.toString(form), into)
  } else if (value instanceof Map) {
    for (const [key, item] of value) {
      collectKey(key, into)
      collect(key, into, depth + 1)
      collect(item, into, depth + 1)
    }
  } else if (value instanceof Set || Array.isArray(value)) {
    for (const item of value) collect(item, into, depth + 1)
  } else if (typeof value === 'object' && value !== null) {
    // Keys may be data too: they cannot be told apart from field names.
    for (const [key, item] of Object.entries(value)) {
      collectKey(key, into)
      collectText(key, into)
      collect(item, into, depth + 1)
    }
  }
}

/** Keys below a sensitive field are sensitive names too. */
function collectKey(key: unknown, { names }: Collected): void {
  if (typeof key === 'string') names.add(key)
}

/** The text, and the forms that JSON and URLs give it. */
function collectText(text: string, { secrets }: Collected): void {
  const trimmed = text.trim()
  for (const form of new Set([text, trimmed])) {
    if (form.length < shortest) continue
    const quoted = JSON.stringify(form).slice(1, -1)
    for (const each of [form, quoted, JSON.stringify(quoted).slice(1, -1), urlForm(form)]) secrets.add(each)
  }
}

function urlForm(text: string): string {
  try {
    return encodeURIComponent(text)
  } catch {
    // A lone surrogate has no URL form.
    return text
  }
}

/** Blanks sensitive top-level fields of an input for display. Other values are returned unchanged. */
export function redactInput(input: unknown, sensitive: readonly string[]): unknown {
  if (sensitive.length === 0 || typeof input !== 'object' || input === null) return input
  if (Array.isArray(input)) return input.map((item: unknown) => redactInput(item, sensitive))
  if (input instanceof Map)
    return new Map(Array.from(input, ([key, item]) => [key, sensitive.includes(key as string) ? redacted : item]))
  if (Object.getPrototypeOf(input) !== Object.prototype && Object.getPrototypeOf(input) !== null) return input
  const shown: Record<string, unknown> = { ...input }
  for (const field of sensitive) if (Object.hasOwn(shown, field)) shown[field] = redacted
  return shown
}
