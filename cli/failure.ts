import { inspect } from 'node:util'
import { CommanderError } from 'commander'

/** An error for the user, in one paragraph. Exit code 2: wrong usage; 1: the command failed. */
export class CliError extends Error {
  readonly exitCode: 1 | 2
  constructor(message: string, exitCode: 1 | 2 = 1, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'CliError'
    this.exitCode = exitCode
  }
}

export class UsageError extends CliError {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, 2, options)
    this.name = 'UsageError'
  }
}

/** Codes of errors that mean wrong usage. */
const usageCodes: ReadonlySet<string> = new Set(['definition', 'input', 'input-too-large', 'encode'])

export interface Failure {
  /** Undefined if the message already says enough. */
  readonly message: string | undefined
  readonly exitCode: number
}

/** What to print for an error, and the exit code. Compares error codes, not classes: the app may bring its own copy of the classes. */
export function failureOf(error: unknown, debug: boolean): Failure {
  if (error instanceof CommanderError) {
    const message = error.code === 'commander.help' ? undefined : commanderMessage(error)
    return { message, exitCode: error.exitCode === 0 ? 0 : 2 }
  }
  const code = codeOf(error)
  const exitCode = error instanceof CliError ? error.exitCode : code !== undefined && usageCodes.has(code) ? 2 : 1
  if (debug) return { message: inspect(error), exitCode }
  return { message: `${messageOf(error)}${hintOf(error)}`, exitCode }
}

/** Commander writes "error: unknown option '--jsn'\n(Did you mean --json?)". */
function commanderMessage({ message }: CommanderError): string {
  const text = message
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .trim()
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?)]$/.test(text) ? '' : '.'}`
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ')
  const text = error.message.trim() || error.name
  return error instanceof CliError || isOurs(error) || error.name === 'Error'
    ? text
    : `${error.name}: ${text}${/[.?!)]$/.test(text) ? '' : '.'}`
}

function isOurs(error: Error): boolean {
  return /^[a-z-]+$/.test(codeOf(error) ?? '') || error.name === 'RemoteError'
}

/** Advice for the first known cause. */
function hintOf(error: unknown): string {
  for (const each of causesOf(error)) {
    const hint = hints.find(([pattern]) => pattern.test(`${nameOf(each)} ${codeOf(each) ?? ''} ${messageOf(each)}`))
    if (hint !== undefined) return ` ${hint[1]}`
  }
  return error instanceof CliError || (error instanceof Error && isOurs(error)) ? '' : ' (--debug shows where.)'
}

const hints: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, "Nothing listens there: start 'celeriac dev', or check --endpoint and AWS_ENDPOINT_URL."],
  [/ENOTFOUND|EAI_AGAIN/, 'The host is unknown: check --endpoint, AWS_ENDPOINT_URL and AWS_REGION.'],
  [
    /CredentialsProviderError|Could not load credentials/,
    'Set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a local --endpoint.',
  ],
  [/Region is missing/, 'Set AWS_REGION.'],
  [/ExpiredToken/, 'Sign in again.'],
  [
    /ResourceNotFoundException/,
    "The app's table does not exist there: deploy the app, or check its stage, CELERIAC_PREFIX and AWS_REGION.",
  ],
  [/AccessDenied|not authorized/, 'These credentials may not do that.'],
]

function* causesOf(error: unknown): Generator<unknown> {
  let each = error
  for (let depth = 0; depth < 8 && each !== undefined && each !== null; depth++) {
    yield each
    if (each instanceof AggregateError) yield* each.errors
    each = each instanceof Error ? each.cause : undefined
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : ''
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
