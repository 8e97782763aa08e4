import { assertCharacters } from './characters.ts'
import { invalidParameter } from './errors.ts'
import { MAX_MESSAGE_ATTRIBUTES } from './limits.ts'
import type { RecordedAttribute } from './record.ts'
import type { MessageAttributes, MessageAttributeValue } from './types.ts'

// Letters and digits of any script. AWS documents "alphanumeric"; LocalStack's tests recorded what AWS accepts.
const NAME = /^[\p{L}\p{N}_.-]{1,256}$/u
const RESERVED = /^(aws|amazon)\./i
const TYPE = /^(String|Number|Binary)(\..+)?$/s
const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/

/**
 * Throws for message attributes that SQS refuses.
 * Sources: API_SendMessage and API_MessageAttributeValue; Developer Guide, "Amazon SQS message metadata".
 */
export function checkAttributes(attributes: MessageAttributes | undefined): void {
  if (attributes === undefined) return
  const names = Object.keys(attributes)
  if (names.length > MAX_MESSAGE_ATTRIBUTES) {
    throw invalidParameter(
      `Number of message attributes [${names.length}] exceeds the allowed maximum [${MAX_MESSAGE_ATTRIBUTES}].`,
    )
  }
  for (const name of names) {
    checkName(name)
    checkValue(name, attributes[name] ?? {}, 'user')
  }
}

/** Size of body and attributes for the size limits: names, types and values in UTF-8. */
export function messageBytes(body: string, attributes: MessageAttributes | undefined): number {
  let bytes = Buffer.byteLength(body)
  if (attributes === undefined) return bytes
  for (const [name, { DataType, StringValue, BinaryValue }] of Object.entries(attributes)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(DataType ?? '') + Buffer.byteLength(StringValue ?? '')
    bytes += BinaryValue?.byteLength ?? 0
  }
  return bytes
}

function checkName(name: string): void {
  const problem = !NAME.test(name)
    ? 'can contain 1 to 256 alphanumeric characters, underscores, hyphens and periods'
    : RESERVED.test(name)
      ? "must not start with the reserved prefixes 'AWS.' or 'Amazon.'"
      : name.startsWith('.') || name.endsWith('.') || name.includes('..')
        ? 'must not start or end with a period or have successive periods'
        : undefined
  if (problem !== undefined) throw invalidParameter(`The message attribute name '${name}' is invalid: it ${problem}.`)
}

function checkValue(name: string, attribute: MessageAttributeValue, kind: 'user' | 'system'): void {
  const type = attribute.DataType
  if (attribute.StringListValues?.length || attribute.BinaryListValues?.length) {
    throw invalidParameter(`Message (${kind}) attribute '${name}': list values are reserved for future use.`)
  }
  if (type === undefined || type === '') {
    throw invalidParameter(`The message attribute '${name}' must contain non-empty message attribute type.`)
  }
  const base = TYPE.exec(type)?.[1]
  if (base === undefined || type.length > 256) {
    throw invalidParameter(
      `The message attribute '${name}' has an invalid message attribute type, ` +
        'the set of supported type prefixes is Binary, Number, and String.',
    )
  }
  const text = attribute.StringValue
  const binary = attribute.BinaryValue
  if (text !== undefined && binary !== undefined) {
    throw invalidParameter(`Message (${kind}) attribute '${name}' must have exactly one value.`)
  }
  if (base === 'Binary' ? !binary?.byteLength : !text) {
    throw invalidParameter(`Message (${kind}) attribute '${name}' must contain a non-empty value of type '${type}'.`)
  }
  if (text === undefined) return
  assertCharacters(text, `value of the message attribute '${name}'`)
  if (base === 'Number' && !isNumber(text)) {
    throw invalidParameter(`Can't cast the value of message (${kind}) attribute '${name}' to a number.`)
  }
}

// "Number values can be up to 38 digits in precision, and can be between 10^-128 and 10^+126."
function isNumber(text: string): boolean {
  if (!NUMBER.test(text)) return false
  const magnitude = Math.abs(Number(text))
  return magnitude === 0 || (magnitude >= 1e-128 && magnitude <= 1e126)
}

// Every trace header has a Root; other fields may follow in any order.
const TRACE_HEADER = /(^|;)\s*Root=1-[0-9a-fA-F]{8}-[0-9a-fA-F]{24}\s*(;|$)/

export const isTraceHeader = (text: string): boolean => TRACE_HEADER.test(text)

/**
 * The trace header of a send. It does not count towards the size limits. Source: API_SendMessage,
 * `MessageSystemAttributes`.
 */
export function traceHeaderOf(attributes: MessageAttributes | undefined): string | undefined {
  if (attributes === undefined) return undefined
  for (const [name, attribute] of Object.entries(attributes)) {
    if (name !== 'AWSTraceHeader') {
      throw invalidParameter(`Message system attribute name '${name}' is invalid. Only AWSTraceHeader can be sent.`)
    }
    checkValue(name, attribute, 'system')
    if (attribute.DataType !== 'String') {
      throw invalidParameter("Message (system) attribute 'AWSTraceHeader' must be of type 'String'.")
    }
    if (!isTraceHeader(attribute.StringValue ?? '')) {
      throw invalidParameter("Message (system) attribute 'AWSTraceHeader' must be a valid X-Ray trace header.")
    }
    return attribute.StringValue
  }
  return undefined
}

/**
 * The attributes that a receive requested: names, `All` or `.*`, and prefixes such as `bar.*` or `bar*`. Names
 * without a match are not an error.
 * Source: API_ReceiveMessage, `MessageAttributeNames`.
 */
export function selectAttributes(
  attributes: MessageAttributes | undefined,
  wanted: readonly string[] | undefined,
): MessageAttributes | undefined {
  if (attributes === undefined || wanted === undefined || wanted.length === 0) return undefined
  if (wanted.includes('All') || wanted.includes('.*')) return attributes
  const selected = Object.entries(attributes).filter(([name]) => wanted.some((pattern) => matches(name, pattern)))
  // fromEntries, here and below, treats a name such as __proto__ like any other name.
  return selected.length === 0 ? undefined : Object.fromEntries(selected)
}

function matches(name: string, pattern: string): boolean {
  if (pattern.endsWith('.*')) return name.startsWith(pattern.slice(0, -2))
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}

export function recordAttributes(attributes: MessageAttributes): Record<string, RecordedAttribute> {
  const recorded = Object.entries(attributes).map(([name, { DataType = '', StringValue = '', BinaryValue }]) => {
    const value: RecordedAttribute =
      BinaryValue === undefined
        ? { DataType, StringValue }
        : { DataType, BinaryValue: Buffer.from(BinaryValue).toString('base64') }
    return [name, value] as const
  })
  return Object.fromEntries(recorded)
}

export function recallAttributes(recorded: Record<string, RecordedAttribute>): MessageAttributes {
  const recalled = Object.entries(recorded).map(([name, { DataType, StringValue = '', BinaryValue }]) => {
    const value: MessageAttributeValue =
      BinaryValue === undefined
        ? { DataType, StringValue }
        : { DataType, BinaryValue: Buffer.from(BinaryValue, 'base64') }
    return [name, value] as const
  })
  return Object.fromEntries(recalled)
}
