import { redacted, type Scrubber } from './redact.ts'

/** Deeper values are cut off to keep log lines short. */
const maxDepth = 20

/**
 * Converts a value to plain, readable JSON: errors with name, message, code, stack and cause, BigInt as text, Map and Set as lists, bytes as their
 * count, cycles as `[circular]`. The scrubber receives each text and each key separately. A field with a sensitive name is blanked
 * completely. Never throws.
 */
export function toPlain(value: unknown, scrub: ((text: string) => string) | Scrubber): unknown {
  return plainOf(value, scrub, [])
}

function plainOf(value: unknown, scrub: ((text: string) => string) | Scrubber, above: readonly object[]): unknown {
  switch (typeof value) {
    case 'string':
      return scrub(value)
    case 'number': {
      const text = String(value)
      const shown = scrub(text)
      return shown === text && Number.isFinite(value) ? value : shown
    }
    case 'bigint':
      return scrub(value.toString())
    case 'object':
      break
    case 'symbol':
    case 'function':
      return undefined
    default:
      return value
  }
  if (value === null) return null
  if (above.includes(value)) return '[circular]'
  if (above.length >= maxDepth) return '[too deep]'
  try {
    return plainObject(value, scrub, [...above, value])
  } catch {
    return '[unreadable]'
  }
}

function plainObject(value: object, scrub: ((text: string) => string) | Scrubber, above: readonly object[]): unknown {
  const inner = (item: unknown) => plainOf(item, scrub, above)
  if (Array.isArray(value)) return value.map((item: unknown) => inner(item) ?? null)
  if (value instanceof Date) return scrub(Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString())
  if (value instanceof Map)
    return Array.from(value, ([key, item]) => [inner(key) ?? null, fieldOf(key, item, scrub, above)])
  if (value instanceof Set) return Array.from(value, (item) => inner(item) ?? null)
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  const { toJSON } = value as { toJSON?: unknown }
  if (typeof toJSON === 'function' && !(value instanceof Error)) return inner(toJSON.call(value))
  const plain: Record<string, unknown> = {}
  const set = (key: string, item: unknown): void => {
    const shown = fieldOf(key, item, scrub, above)
    if (shown !== undefined)
      Object.defineProperty(plain, scrub(key), { value: shown, enumerable: true, configurable: true })
  }
  if (value instanceof Error) {
    // These properties are not enumerable, or are on the prototype.
    for (const key of ['name', 'message', 'stack', 'cause', 'errors'] as const) set(key, read(value, key))
  }
  for (const key of Object.keys(value)) set(key, read(value, key))
  return plain
}

function fieldOf(
  key: unknown,
  value: unknown,
  scrub: ((text: string) => string) | Scrubber,
  above: readonly object[],
): unknown {
  if (typeof key === 'string' && value !== undefined && 'isSensitive' in scrub && scrub.isSensitive(key))
    return redacted
  return plainOf(value, scrub, above)
}

/** If a getter throws, the other fields are still shown. */
function read(value: object, key: string): unknown {
  try {
    return (value as Readonly<Record<string, unknown>>)[key]
  } catch {
    return '[unreadable]'
  }
}
