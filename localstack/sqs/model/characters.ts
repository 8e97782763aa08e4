import { SqsError } from './errors.ts'

const ALLOWED = '#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF'

// With the u flag a lone surrogate is its own code point, in the gap between D7FF and E000, and so is refused.
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u

/**
 * Refuses text with characters that XML 1.0 has no place for: NUL, U+FFFE, U+FFFF, lone surrogates, most controls.
 * Source: API_SendMessage, `MessageBody`; the same restriction holds for string attribute values.
 *
 * @param where 'message body' or the attribute's description, for the error's message
 */
export function assertCharacters(text: string, where: string): void {
  const found = FORBIDDEN.exec(text)
  if (found === null) return
  const code = (found[0].codePointAt(0) ?? 0).toString(16).toUpperCase()
  throw new SqsError(
    'InvalidMessageContents',
    `Invalid binary character '#x${code}' was found in the ${where}, the set of allowed characters is ${ALLOWED}`,
  )
}

// Alphanumeric and punctuation, 1 to 128: API_SendMessage, MessageGroupId, MessageDeduplicationId.
const TOKEN = /^[!-~]{1,128}$/

/** Is it a valid group id, deduplication id or receive attempt id? */
export const isToken = (text: string): boolean => TOKEN.test(text)
