import { type Duration, toMs } from './duration.ts'
import { visibleState } from './states.ts'

/**
 * A parsed search for tasks: `task:orders.* state:failure -tag:test error:"timed out" run:>10s`.
 *
 * Words are combined with "and"; `OR` between two words matches either; `-` before a word negates it. Quotes group words with spaces.
 */
export interface Search {
  /** A task matches if every clause matches; a clause matches if any of its terms does. */
  readonly clauses: readonly (readonly Term[])[]
  /** Words that could not be parsed. The other words still apply. */
  readonly issues: readonly SearchIssue[]
}

export interface SearchIssue {
  readonly word: string
  readonly problem: string
}

export type Term =
  | { readonly field: TextField; readonly value: string; readonly negated: boolean }
  | { readonly field: NumberField; readonly than: '>' | '<' | '='; readonly value: number; readonly negated: boolean }
  | { readonly field: 'input'; readonly path: readonly string[]; readonly value: string; readonly negated: boolean }

const textFields = [
  'task',
  'state',
  'queue',
  'tag',
  'tenant',
  'error',
  'build',
  'id',
  'parent',
  'root',
  'reason',
  'text',
] as const
const numberFields = ['attempts', 'run', 'wait', 'since', 'until'] as const
type TextField = (typeof textFields)[number]
type NumberField = (typeof numberFields)[number]

/** Flower's names for the same fields. */
const synonyms: Readonly<Record<string, string>> = {
  name: 'task',
  uuid: 'id',
  args: 'input',
  kwargs: 'input',
  exception: 'error',
  tags: 'tag',
  attempt: 'attempts',
}

/** Limits the work per task. */
const longestSearch = 1_000
const mostTerms = 40

/**
 * Reads a search. Never throws: words that cannot be parsed become issues.
 *
 * @param now epoch ms: `since:2h` is relative to it
 * @example parseSearch('task:orders.charge -state:success since:2h', Date.now()).clauses.length // 3
 */
export function parseSearch(text: string, now: number): Search {
  const clauses: Term[][] = []
  const issues: SearchIssue[] = []
  if (text.length > longestSearch) {
    issues.push({
      word: `${text.slice(0, 20)}…`,
      problem: `The search is longer than ${longestSearch} characters: the rest is left out.`,
    })
  }
  const words = wordsOf(text.slice(0, longestSearch))
  if (words.length > mostTerms) {
    issues.push({ word: words[mostTerms] ?? '', problem: `Only the first ${mostTerms} words are used.` })
  }
  let either = false
  for (const word of words.slice(0, mostTerms)) {
    if (word === 'OR') {
      either = clauses.length > 0
      continue
    }
    if (word === 'AND') continue
    const term = termOf(word, now)
    if ('problem' in term) issues.push(term)
    else if (either) clauses.at(-1)?.push(term)
    else clauses.push([term])
    either = false
  }
  return { clauses, issues }
}

/** Splits at spaces outside quotes and keeps the quotes. */
function wordsOf(text: string): readonly string[] {
  return text.match(/(?:"[^"]*"?|[^\s"])+/g) ?? []
}

function termOf(word: string, now: number): Term | SearchIssue {
  const negated = word.startsWith('-') && word.length > 1
  const body = negated ? word.slice(1) : word
  const colon = /^[A-Za-z][\w.]*:/.exec(body)
  if (colon === null) return { field: 'text', value: unquoted(body), negated }
  const name = colon[0].slice(0, -1)
  const value = unquoted(body.slice(colon[0].length))
  const [first = '', ...path] = name.split('.')
  const field = synonyms[first.toLowerCase()] ?? first.toLowerCase()
  if (value === '') return { word, problem: `${name}: expected a value behind the colon, received none.` }
  if (field === 'input') return { field, path, value, negated }
  if (path.length > 0)
    return { word, problem: `'${name}' is no search word. Only input has fields: input.customer.id:7.` }
  if (isOneOf(textFields, field)) return { field, value, negated }
  if (isOneOf(numberFields, field)) return numberTerm(field, word, value, negated, now)
  // An address or a time of day has a colon, too.
  if (/^[a-z]+:\/\/|^\d/i.test(body)) return { field: 'text', value: unquoted(body), negated }
  return { word, problem: `'${name}:' is no search word. Known: ${searchWords.join(' ')}` }
}

/** For completion and help. */
export const searchWords: readonly string[] = [
  ...textFields.filter((field) => field !== 'text'),
  ...numberFields,
  'input',
].map((field) => `${field}:`)

function numberTerm(
  field: NumberField,
  word: string,
  value: string,
  negated: boolean,
  now: number,
): Term | SearchIssue {
  const [, sign = '', rest = ''] = /^([<>]=?|=)?(.*)$/s.exec(value) ?? []
  const than = sign.startsWith('>') ? '>' : sign.startsWith('<') ? '<' : '='
  if (field === 'attempts') {
    const count = Number(rest)
    if (!/^\d+$/.test(rest)) return { word, problem: `attempts: expected a number such as >2, received '${rest}'.` }
    // Whole numbers: >=2 is >1.
    const bound = sign === '>=' ? count - 1 : sign === '<=' ? count + 1 : count
    return { field, than, value: bound, negated }
  }
  if (field === 'since' || field === 'until') {
    const at = instantOf(rest, now)
    if (at === undefined) return { word, problem: `${field}: expected 2h or 2026-11-28T10:00, received '${rest}'.` }
    return { field, than: field === 'since' ? '>' : '<', value: at, negated }
  }
  const ms = durationOf(rest)
  if (ms === undefined) return { word, problem: `${field}: expected a time such as >10s, received '${rest}'.` }
  return { field, than: than === '=' ? '>' : than, value: ms, negated }
}

function instantOf(text: string, now: number): number | undefined {
  const ms = durationOf(text)
  if (ms !== undefined) return now - ms
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : at
}

function durationOf(text: string): number | undefined {
  if (!/^\d+(\.\d+)?(ms|s|m|h|d)$/.test(text)) return undefined
  return toMs(text as Duration)
}

function unquoted(text: string): string {
  return text.replaceAll('"', '')
}

function isOneOf<const Names extends readonly string[]>(names: Names, name: string): name is Names[number] {
  return names.includes(name)
}

/** What a search looks at. Instants in epoch ms. */
export interface SearchableTask {
  readonly id: string
  readonly task: string
  readonly queue: string
  readonly state: Parameters<typeof visibleState>[0]
  readonly attempt: number
  readonly enqueuedAt: number
  readonly availableAt?: number | undefined
  readonly startedAt?: number | undefined
  readonly finishedAt?: number | undefined
  readonly reason?: string | undefined
  readonly root?: string | undefined
  readonly parent?: string | undefined
  readonly tenant?: string | undefined
  readonly tags?: readonly string[] | undefined
  readonly build?: string | undefined
  /** Name and message of the last error. */
  readonly errorText?: string | undefined
  /** The input as people may see it. Asked for only when the search has a word for it. */
  input?(): unknown
}

/** @param now epoch ms: a task that waits is SCHEDULED until its time has come */
export function matchesSearch({ clauses }: Search, task: SearchableTask, now: number): boolean {
  return clauses.every((terms) => terms.some((term) => holds(term, task, now) !== term.negated))
}

/** The search needs the inputs of the tasks it looks at. */
export function needsInput({ clauses }: Search): boolean {
  return clauses.some((terms) => terms.some(({ field }) => field === 'input'))
}

function holds(term: Term, task: SearchableTask, now: number): boolean {
  switch (term.field) {
    case 'task':
    case 'queue':
    case 'id':
    case 'parent':
    case 'root':
    case 'tenant':
    case 'build':
      return isLike(task[term.field], term.value)
    case 'reason':
      return isLike(task.reason, term.value)
    case 'tag':
      return task.tags?.some((tag) => isLike(tag, term.value)) ?? false
    case 'state':
      return visibleState(task.state, task.availableAt, now) === stateNamed(term.value)
    case 'error':
      return contains(task.errorText, term.value)
    case 'text':
      return [task.task, task.id, task.errorText, task.tenant, ...(task.tags ?? [])].some((text) =>
        contains(text, term.value),
      )
    case 'attempts':
      return compare(task.attempt, term)
    case 'run':
      return compare(spanOf(task.startedAt, task.finishedAt ?? (task.state === 'STARTED' ? now : undefined)), term)
    case 'wait':
      return compare(spanOf(Math.max(task.enqueuedAt, task.availableAt ?? 0), task.startedAt ?? now), term)
    case 'since':
    case 'until':
      return compare(task.enqueuedAt, term)
    case 'input':
      return inputHolds(task.input?.(), term.path, term.value)
    default:
      return term satisfies never
  }
}

/** Celery's names of states, and what people say. */
const stateNames: Readonly<Record<string, string>> = {
  PENDING: 'QUEUED',
  RECEIVED: 'QUEUED',
  RUNNING: 'STARTED',
  FAILED: 'FAILURE',
  SUCCEEDED: 'SUCCESS',
}

function stateNamed(text: string): string {
  const name = text.toUpperCase()
  return stateNames[name] ?? name
}

/** The whole text, or its beginning before a `*`. Upper and lower case are the same. */
function isLike(text: string | undefined, pattern: string): boolean {
  if (text === undefined) return false
  const [a, b] = [text.toLowerCase(), pattern.toLowerCase()]
  return b.endsWith('*') ? a.startsWith(b.slice(0, -1)) : a === b
}

function contains(text: string | undefined, part: string): boolean {
  return text?.toLowerCase().includes(part.toLowerCase()) ?? false
}

function compare(
  value: number | undefined,
  { than, value: bound }: { readonly than: '>' | '<' | '='; readonly value: number },
): boolean {
  if (value === undefined) return false
  return than === '>' ? value > bound : than === '<' ? value < bound : value === bound
}

function spanOf(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : to - from
}

function inputHolds(input: unknown, path: readonly string[], value: string): boolean {
  let found = input
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return false
    found = (found as Readonly<Record<string, unknown>>)[name]
  }
  if (path.length > 0 && typeof found !== 'object') return isLike(String(found), value)
  return contains(JSON.stringify(found), value)
}
