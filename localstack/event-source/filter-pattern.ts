import { NumberText } from './number-text.ts'

/** Whether a value matches. Values come from `parseKeepingNumbers`; undefined means the field is absent. */
export type Match = (value: unknown) => boolean

type Fields = Readonly<Record<string, unknown>>

/**
 * A filter pattern of an event source mapping: fields with lists of accepted values. All fields must match; one match
 * in a list is enough.
 *
 * Texts, numbers, booleans and null are compared. Rules are `{"prefix": "a"}`, `{"suffix": "a"}`,
 * `{"equals-ignore-case": "a"}`, `{"anything-but": ["a", 1]}`, `{"numeric": [">", 0, "<=", 5]}`, `{"exists": true}`.
 * `"$or": [{…}, {…}]` may stand beside fields. A list in the event matches when one of its entries matches.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax
 *
 * @throws {TypeError} names the place of the error in the pattern
 */
export function compilePattern(pattern: unknown, path: string): Match {
  if (Array.isArray(pattern)) return compileList(pattern, path)
  if (!isFields(pattern)) throw wrong(path, "a list, such as ['a'], or fields", pattern)
  const entries = Object.entries(pattern)
  if (entries.length === 0) throw wrong(path, 'fields', pattern)
  const matches = entries.map(([name, inner]): Match => {
    const at = path === '' ? name : `${path}.${name}`
    if (name === '$or') return compileOr(inner, at)
    const match = compilePattern(inner, at)
    return (value) => match(isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined)
  })
  const matchesAll: Match = (value) => matches.every((match) => match(value))
  return (value) => (Array.isArray(value) ? value.some(matchesAll) : matchesAll(value))
}

function compileOr(alternatives: unknown, path: string): Match {
  if (!Array.isArray(alternatives) || alternatives.length < 2)
    throw wrong(path, 'a list of two patterns or more', alternatives)
  const matches = alternatives.map((each, index) => compilePattern(each, `${path}[${index}]`))
  return (value) => matches.some((match) => match(value))
}

function compileList(list: readonly unknown[], path: string): Match {
  if (list.length === 0) throw wrong(path, 'a list with one entry or more', list)
  const matches = list.map((entry) => (isFields(entry) ? compileRule(entry, path) : compileEqual(entry, path)))
  return (value) => leavesOf(value).some((leaf) => matches.some((match) => match(leaf)))
}

/** The values that rules compare. A list gives its entries. An object or an empty list gives nothing. */
function leavesOf(value: unknown): readonly unknown[] {
  const leaves = (Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [value]).filter(
    (each) => !isFields(each),
  )
  return leaves.length === 0 ? [undefined] : leaves
}

function compileEqual(wanted: unknown, path: string): Match {
  if (wanted instanceof NumberText) return (value) => value instanceof NumberText && value.text === wanted.text
  if (wanted === null || typeof wanted === 'string' || typeof wanted === 'boolean') return (value) => value === wanted
  throw wrong(path, 'texts, numbers, booleans, null or rules', wanted)
}

function compileRule(rule: Fields, path: string): Match {
  const [[name = '', operand] = []] = Object.entries(rule)
  const at = `${path}: ${name}`
  if (Object.keys(rule).length !== 1) throw wrong(path, 'one rule in each object', rule)
  switch (name) {
    case 'prefix': {
      const text = textOf(operand, at)
      return (value) => typeof value === 'string' && value.startsWith(text)
    }
    case 'suffix': {
      const text = textOf(operand, at)
      return (value) => typeof value === 'string' && value.endsWith(text)
    }
    case 'equals-ignore-case': {
      const text = textOf(operand, at).toLowerCase()
      return (value) => typeof value === 'string' && value.toLowerCase() === text
    }
    case 'exists':
      if (typeof operand !== 'boolean') throw wrong(at, 'true or false', operand)
      return (value) => (value !== undefined) === operand
    case 'anything-but': {
      const list: readonly unknown[] = Array.isArray(operand) ? operand : [operand]
      if (list.length === 0) throw wrong(at, 'a text, a number, or a list of these', operand)
      const not = list.map((each) => {
        if (typeof each === 'string' || each instanceof NumberText) return compileEqual(each, at)
        throw wrong(at, 'a text, a number, or a list of these', operand)
      })
      return (value) => value !== undefined && !not.some((match) => match(value))
    }
    case 'numeric':
      return compileNumeric(operand, at)
    default:
      throw wrong(path, 'prefix, suffix, equals-ignore-case, anything-but, numeric or exists', rule)
  }
}

const comparisons: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
}

function compileNumeric(operand: unknown, at: string): Match {
  const expected = "comparisons, such as ['>', 0, '<=', 5]"
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4)) throw wrong(at, expected, operand)
  const tests: ((value: number) => boolean)[] = []
  for (let index = 0; index < operand.length; index += 2) {
    const compare = comparisons[String(operand[index])]
    const bound: unknown = operand[index + 1]
    if (compare === undefined || !(bound instanceof NumberText)) throw wrong(at, expected, operand)
    tests.push((value) => compare(value, Number(bound.text)))
  }
  return (value) => value instanceof NumberText && tests.every((test) => test(Number(value.text)))
}

function textOf(operand: unknown, at: string): string {
  if (typeof operand === 'string') return operand
  throw wrong(at, 'a text', operand)
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof NumberText)
}

function wrong(path: string, expected: string, received: unknown): TypeError {
  const shown = JSON.stringify(received, (_key, value: unknown) =>
    value instanceof NumberText ? Number(value.text) : value,
  )
  return new TypeError(`${path === '' ? 'pattern' : path}: expected ${expected}, received ${shown ?? 'nothing'}.`)
}
