import type { RefusedMessageReason } from './dead-letter-reason.ts'
import { CeleriacError } from './errors.ts'
import { type Json, toText } from './json.ts'
import { type DeadLetterNote, messageVersion, type TaskMessage } from './message.ts'
import { areTags, isTenant } from './tags.ts'

/** The body is not a Celeriac message. Its reason goes to the dead-letter queue as an attribute. */
export class MessageError extends CeleriacError {
  readonly reason: RefusedMessageReason
  constructor(reason: MessageError['reason'], message: string) {
    super(reason, message)
    this.reason = reason
  }
}

/** Values of the encoding are two levels of JSON per level of value, and 200 levels deep at most. */
const maxJsonDepth = 420

/** An id is part of a DynamoDB key: 2,048 bytes at most, with room for its prefix. */
const maxIdBytes = 1_024

/**
 * Reads the body of an SQS message. Unknown fields are kept.
 *
 * @throws {MessageError} with the reason for the dead-letter queue
 */
export function parseMessage(body: string): TaskMessage {
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch (cause) {
    throw new MessageError('not-json', `The body is not JSON: ${(cause as SyntaxError).message}`)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new MessageError('wrong-shape', 'The body is JSON, but not an object.')
  }
  const fields = parsed as Readonly<Record<string, unknown>>
  const version = own(fields, 'celeriac')
  if (typeof version !== 'number') {
    throw new MessageError(
      'wrong-shape',
      `celeriac: expected the message's major version, a number, received ${shown(version)}.`,
    )
  }
  if (version !== messageVersion) {
    throw new MessageError(
      'unknown-version',
      `celeriac: expected version ${messageVersion}, received ${version}. Deploy a worker that reads it, then redrive.`,
    )
  }
  checkFields(fields, messageFields)
  if (Buffer.byteLength(fields.id as string) > maxIdBytes)
    throw new MessageError('wrong-shape', `id: expected at most ${maxIdBytes} bytes.`)
  const options = own(fields, 'options') as Fields | undefined
  if (options !== undefined) checkFields(options, optionFields, 'options.')
  if (!isShallow(parsed as Json))
    throw new MessageError('wrong-shape', `The body is nested deeper than ${maxJsonDepth} levels.`)
  const message = fields as unknown as TaskMessage
  return own(fields, 'generation') === undefined ? { ...message, generation: 0 } : message
}

/** The text of a message, of characters that SQS accepts. */
export function messageText(message: TaskMessage): string {
  return toText(message as unknown as Json)
}

/**
 * The message as it goes to the dead-letter queue: its redrive opens the next generation, is read before it is claimed, and runs although its
 * `expires` has long passed, since someone asked for it.
 */
export function deadLetterOf(message: TaskMessage, note: DeadLetterNote): TaskMessage {
  const { v: _v, availableAt: _availableAt, expires: _expires, ...rest } = message
  return { ...rest, generation: message.generation + 1, dead: note }
}

function own(fields: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined
}

type Fields = Readonly<Record<string, unknown>>

interface FieldRule {
  readonly accepts: (value: unknown) => boolean
  readonly expected: string
  readonly isRequired?: boolean
}

const isText = (value: unknown): boolean => typeof value === 'string'
const isNatural = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
const isPositive = (value: unknown): boolean => isNatural(value) && value !== 0
const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isOccurrence = (value: unknown): boolean =>
  isObject(value) &&
  'name' in value &&
  isText(value.name) &&
  'at' in value &&
  isNatural(value.at) &&
  'missed' in value &&
  isNatural(value.missed)

const name: FieldRule = {
  accepts: (value) => isText(value) && value !== '',
  expected: 'a text that is not empty',
  isRequired: true,
}
const text: FieldRule = { accepts: isText, expected: 'a text' }
const natural: FieldRule = { accepts: isNatural, expected: 'a whole number of 0 or more' }
const positive: FieldRule = { accepts: isPositive, expected: 'a whole number of 1 or more' }

const messageFields: readonly (readonly [string, FieldRule])[] = Object.entries({
  id: name,
  task: name,
  generation: natural,
  v: natural,
  sentAt: natural,
  availableAt: natural,
  expires: natural,
  attempt: natural,
  root: text,
  parent: text,
  traceparent: text,
  tenant: { accepts: isTenant, expected: 'a text of 1 to 64 bytes' },
  tags: { accepts: areTags, expected: "at most 5 texts without '|', 120 bytes together" },
  headers: {
    accepts: (value) => isObject(value) && Object.values(value).every(isText),
    expected: 'an object of texts',
  },
  options: { accepts: isObject, expected: 'an object' },
  schedule: { accepts: isOccurrence, expected: 'an object of name, at and missed' },
  ledger: { accepts: (value) => value === 'off', expected: "'off'" },
} satisfies Record<string, FieldRule>)

/** A limit that is not a number would make every comparison false: the task could never start. */
const optionFields: readonly (readonly [string, FieldRule])[] = Object.entries({
  maxRetries: natural,
  retryDelayMs: natural,
  retryMaxDelayMs: natural,
  timeLimitMs: positive,
  softTimeLimitMs: positive,
  ignoreResult: { accepts: (value) => typeof value === 'boolean', expected: 'true or false' },
} satisfies Record<string, FieldRule>)

function checkFields(fields: Fields, rules: readonly (readonly [string, FieldRule])[], within = ''): void {
  for (const [field, { accepts, expected, isRequired = false }] of rules) {
    const value = Object.hasOwn(fields, field) ? fields[field] : undefined
    if (value === undefined ? isRequired : !accepts(value))
      throw new MessageError('wrong-shape', `${within}${field}: expected ${expected}, received ${shown(value)}.`)
  }
}

/** JSON.stringify is recursive too: a body that is nested far deeper than any message overflows it. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  return isShallow(value as Json)
    ? JSON.stringify(value).slice(0, 80)
    : `a value nested deeper than ${maxJsonDepth} levels`
}

/** Stops at the limit, so deep nesting cannot overflow the stack here. */
function isShallow(json: Json, depth = 0): boolean {
  if (depth > maxJsonDepth) return false
  if (json === null || typeof json !== 'object') return true
  if (Array.isArray(json)) return json.every((item: Json) => isShallow(item, depth + 1))
  const object = json as { readonly [key: string]: Json }
  for (const key of Object.keys(object)) if (!isShallow(object[key] as Json, depth + 1)) return false
  return true
}
