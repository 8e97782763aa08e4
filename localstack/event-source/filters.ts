import type { SQSRecord } from 'aws-lambda'
import { compilePattern, type Match } from './filter-pattern.ts'
import { parseKeepingNumbers } from './number-text.ts'

/** Lambda's default limit. AWS raises it to ten on request. */
const mostFilters = 5
const longestPattern = 4_096

/** True when the message goes to the function. Messages that do not match are deleted. */
export type RecordFilter = (record: SQSRecord) => boolean

/**
 * The filter criteria of an event source mapping: a message goes to the function when it matches one of the patterns.
 * Patterns can use all fields of the record. When `body` is JSON, a pattern matches its fields (`{"body": {"type":
 * ["order"]}}`); when it is not JSON, a pattern matches its text (`{"body": [{"prefix": "order"}]}`). A pattern for
 * one kind never matches a body of the other kind. Numbers are equal when their text is equal.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html
 *
 * @param patterns JSON texts or parsed patterns
 * @param option the option's name, for error messages
 * @throws {TypeError} names the pattern and the place in it
 */
export function compileFilters(patterns: readonly unknown[], option = 'filters'): RecordFilter {
  if (patterns.length > mostFilters) {
    throw new TypeError(`${option}: expected at most ${mostFilters} patterns, received ${patterns.length}.`)
  }
  if (patterns.length === 0) return () => true
  const filters = patterns.map((pattern, index) => compileFilter(pattern, `${option}[${index}]`))
  return (record) => filters.some((filter) => filter(record))
}

function compileFilter(given: unknown, option: string): RecordFilter {
  const text = typeof given === 'string' ? given : (JSON.stringify(given) ?? '')
  if (text.length > longestPattern) {
    throw new TypeError(`${option}: expected at most ${longestPattern} characters, received ${text.length}.`)
  }
  try {
    const pattern = parseKeepingNumbers(text)
    if (typeof pattern !== 'object' || pattern === null || Array.isArray(pattern)) {
      throw new TypeError(`expected fields, such as {"body":{"type":["order"]}}, received ${text}.`)
    }
    const { body, ...rest } = pattern as { readonly body?: unknown }
    const matchBody = body === undefined ? undefined : compileBody(body)
    const matchRest = Object.keys(rest).length > 0 || body === undefined ? compilePattern(rest, '') : undefined
    return (record) =>
      (matchBody?.(record.body) ?? true) && (matchRest?.(parseKeepingNumbers(JSON.stringify(record))) ?? true)
  } catch (cause) {
    throw new TypeError(`${option}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

function compileBody(pattern: unknown): (body: string) => boolean {
  const match: Match = compilePattern(pattern, 'body')
  if (Array.isArray(pattern)) return (body) => structureOf(body) === undefined && match(body)
  return (body) => {
    const structure = structureOf(body)
    return structure !== undefined && match(structure)
  }
}

/** The parsed body when it is an object or array; Lambda treats anything else as text. */
function structureOf(body: string): unknown {
  if (!/^\s*[{[]/.test(body)) return undefined
  try {
    return parseKeepingNumbers(body)
  } catch {
    return undefined
  }
}
