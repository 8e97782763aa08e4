import { errorLimits } from './defaults.ts'
import { byteLength } from './json.ts'
import { toPlain } from './plain.ts'
import type { ErrorData } from './record.ts'
import type { Scrubber } from './redact.ts'
import { RemoteError } from './remote-error.ts'

type Scrub = (text: string) => string

/**
 * Turns any thrown value into data: name, message, code, stack, own fields, the errors of an AggregateError and the chain of causes, cut to
 * fit a record. Never throws: an error whose properties throw still leaves its name or message.
 *
 * @param scrub removes what must not be stored from every text; a Scrubber also knows fields by their names
 */
export function toErrorData(thrown: unknown, scrub: Scrub | Scrubber = (text) => text): ErrorData {
  const data = dataOf(thrown, scrub, errorLimits.causes)
  let fitting = data
  for (let causes = errorLimits.causes - 1; causes >= 0 && bytesOf(fitting) > errorLimits.bytes; causes--)
    fitting = withCauses(data, causes)
  return fitting
}

function bytesOf(data: ErrorData): number {
  return byteLength(JSON.stringify(data))
}

/** The same with so many causes, and nothing of what is told twice. */
function withCauses({ cause, ...data }: ErrorData, causes: number): ErrorData {
  const { errors: _errors, fields: _fields, ...least } = data
  return cause === undefined || causes === 0 ? least : { ...least, cause: withCauses(cause, causes - 1) }
}

function dataOf(thrown: unknown, scrub: Scrub | Scrubber, causesLeft: number): ErrorData {
  if (!isErrorLike(thrown)) {
    return {
      name: 'NonError',
      message: cut(scrub(`A value that is not an error was thrown: ${described(thrown)}`), errorLimits.message),
    }
  }
  const stack = textOf(thrown, 'stack')
  const code = textOf(thrown, 'code')
  const cause = property(thrown, 'cause')
  const errors = causesLeft > 0 ? errorsOf(thrown, scrub) : []
  const fields = fieldsOf(thrown, scrub)
  return {
    name: cut(scrub(textOf(thrown, 'name') ?? 'Error'), 200),
    message: cut(scrub(textOf(thrown, 'message') ?? ''), errorLimits.message),
    ...(stack !== undefined && { stack: cut(scrub(stack), errorLimits.stack) }),
    ...(code !== undefined && { code: cut(scrub(code), 200) }),
    ...(fields !== undefined && { fields }),
    ...(errors.length > 0 && { errors }),
    ...(cause !== undefined && cause !== thrown && causesLeft > 0 && { cause: dataOf(cause, scrub, causesLeft - 1) }),
  }
}

/**
 * What was thrown, or an error in its place if it throws when it is looked at, as a proxy may: all code after this looks at it. And `throw undefined`
 * threw something.
 */
export function harmless(thrown: unknown): unknown {
  try {
    void (thrown instanceof Error)
    return somethingThrown(thrown)
  } catch {
    return new TypeError('A value was thrown that throws when it is looked at.')
  }
}

/** Each of an AggregateError's errors, without what lies below it: the first few say what happened. */
function errorsOf(thrown: object, scrub: Scrub): ErrorData[] {
  const errors = property(thrown, 'errors')
  if (!Array.isArray(errors)) return []
  return errors.slice(0, errorLimits.errors).map((each: unknown) => {
    const { stack: _stack, message, ...data } = dataOf(each, scrub, 0)
    return { ...data, message: cut(message, errorLimits.message / 4) }
  })
}

/** Properties that have their own field in ErrorData. */
const placed: ReadonlySet<string> = new Set(['name', 'message', 'stack', 'code', 'cause', 'errors'])

/** `status`, `syscall`, `$metadata`: the error's own properties. Deeper values are kept as JSON text. */
function fieldsOf(thrown: object, scrub: Scrub | Scrubber): ErrorData['fields'] {
  const fields: Record<string, string | number | boolean | null> = {}
  let left: number = errorLimits.fields
  for (const key of keysOf(thrown)) {
    if (left === 0) break
    if (placed.has(key) || key === '__proto__') continue
    const value = property(thrown, key)
    if (value === undefined || typeof value === 'function' || typeof value === 'symbol') continue
    left--
    fields[cut(scrub(key), errorLimits.field)] = shownField(key, value, scrub)
  }
  return left === errorLimits.fields ? undefined : fields
}

function shownField(key: string, value: unknown, scrub: Scrub | Scrubber): string | number | boolean | null {
  const plain = toPlain({ [key]: value }, scrub) as Readonly<Record<string, unknown>>
  const [shown] = Object.values(plain)
  if (typeof shown === 'string') return cut(shown, errorLimits.field)
  if (typeof shown === 'number' || typeof shown === 'boolean' || shown === null) return shown
  return cut(JSON.stringify(shown) ?? '', errorLimits.field)
}

function keysOf(thrown: object): readonly string[] {
  try {
    return Object.keys(thrown)
  } catch {
    return []
  }
}

/** A proxy may throw when it is asked for its class. */
function isError(thrown: unknown): thrown is Error {
  try {
    return thrown instanceof Error
  } catch {
    return false
  }
}

function isErrorLike(thrown: unknown): thrown is object {
  if (isError(thrown)) return true
  return (
    typeof thrown === 'object' &&
    thrown !== null &&
    textOf(thrown, 'message') !== undefined &&
    textOf(thrown, 'name') !== undefined
  )
}

function property(thrown: object, key: string): unknown {
  try {
    return (thrown as Record<string, unknown>)[key]
  } catch {
    return undefined
  }
}

function textOf(thrown: object, key: string): string | undefined {
  const value = property(thrown, key)
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined
}

function described(thrown: unknown): string {
  try {
    if (typeof thrown === 'string') return thrown
    if (thrown === undefined) return 'undefined'
    if (typeof thrown === 'function') return `a function${thrown.name === '' ? '' : ` '${thrown.name}'`}`
    return JSON.stringify(thrown) ?? String(thrown)
  } catch {
    return `a ${typeof thrown} that cannot be described`
  }
}

/** The text, cut to so many characters with an ellipsis. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}

/** The text of any thrown value for a log line: its message, or if that is empty, its code or name. Never throws. */
export function errorText(thrown: unknown): string {
  if (!isError(thrown)) return described(thrown)
  const message = textOf(thrown, 'message')
  return message === '' ? (textOf(thrown, 'code') ?? textOf(thrown, 'name') ?? '') : (message ?? '')
}

/** What `throw undefined` and `Promise.reject()` throw, as an error of its own: `undefined` means that nothing was thrown. */
export function somethingThrown(thrown: unknown): unknown {
  if (thrown !== undefined) return thrown
  const error = new Error('A value that is not an error was thrown: undefined')
  error.name = 'NonError'
  return error
}

/** The error a caller sees: its name, message, code, stack, fields, errors and causes as they were recorded. */
export function fromErrorData(data: ErrorData): RemoteError {
  return new RemoteError(data, {
    ...(data.cause !== undefined && { cause: fromErrorData(data.cause) }),
    ...(Array.isArray(data.errors) && { errors: data.errors.map(fromErrorData) }),
  })
}

/** Reads stored error text; one that cannot be read is an error of its own. */
export function parseErrorData(text: string): ErrorData {
  try {
    const data: unknown = JSON.parse(text)
    if (typeof data === 'object' && data !== null && 'name' in data && 'message' in data) return data as ErrorData
  } catch {
    // Falls through: the text itself is all there is.
  }
  return { name: 'Error', message: text }
}
