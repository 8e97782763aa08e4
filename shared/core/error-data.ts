import { errorLimits } from './defaults.ts'
import { RemoteError } from './errors.ts'
import type { ErrorData } from './record.ts'

/**
 * What can be kept of whatever was thrown: name, message, code, stack and the chain of causes, cut to fit a record.
 * Never throws: an error whose properties throw still leaves its name or message.
 *
 * @param scrub removes what must not be stored from every text
 */
export function toErrorData(thrown: unknown, scrub: (text: string) => string = (text) => text): ErrorData {
  return dataOf(thrown, scrub, errorLimits.causes)
}

function dataOf(thrown: unknown, scrub: (text: string) => string, causesLeft: number): ErrorData {
  if (!isErrorLike(thrown)) {
    return {
      name: 'NonError',
      message: cut(scrub(`A value that is not an error was thrown: ${described(thrown)}`), errorLimits.message),
    }
  }
  const stack = textOf(thrown, 'stack')
  const code = textOf(thrown, 'code')
  const cause = property(thrown, 'cause')
  return {
    name: cut(textOf(thrown, 'name') ?? 'Error', 200),
    message: cut(scrub(textOf(thrown, 'message') ?? ''), errorLimits.message),
    ...(stack !== undefined && { stack: cut(scrub(stack), errorLimits.stack) }),
    ...(code !== undefined && { code: cut(code, 200) }),
    ...(cause !== undefined && cause !== thrown && causesLeft > 0 && { cause: dataOf(cause, scrub, causesLeft - 1) }),
  }
}

/** What was thrown, or an error in its place if it throws when it is looked at, as a proxy may: all code after this looks at it. */
export function harmless(thrown: unknown): unknown {
  try {
    void (thrown instanceof Error)
    return thrown
  } catch {
    return new TypeError('A value was thrown that throws when it is looked at.')
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
    if (typeof thrown === 'function') return `a function${thrown.name === '' ? '' : ` '${thrown.name}'`}`
    return JSON.stringify(thrown) ?? String(thrown)
  } catch {
    return `a ${typeof thrown} that cannot be described`
  }
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}

/** What a log line says of whatever was thrown. Never throws. */
export function errorText(thrown: unknown): string {
  return isError(thrown) ? (textOf(thrown, 'message') ?? '') : described(thrown)
}

/** The error a caller sees: its name, message, code, stack and causes as they were recorded. */
export function fromErrorData(data: ErrorData): RemoteError {
  return new RemoteError(data, data.cause === undefined ? undefined : { cause: fromErrorData(data.cause) })
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
