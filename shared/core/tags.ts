import { DefinitionError } from './errors.ts'

const mostTags = 5
/** As stored, with the bars. The limit keeps records and index entries small. */
const mostBytes = 120
const mostTenantBytes = 64
const tagPattern = /^[^|\p{Cc}\p{Surrogate}]+$/u

/**
 * Encodes tags for a record and its index entry: `|a|b|`, sorted and without duplicates. `contains(tags, '|a|')` then matches exactly one tag.
 *
 * @returns undefined for none
 * @throws {DefinitionError} more than 5, more than 120 bytes together, or a tag that is empty or has a bar or control character in it
 */
export function encodeTags(owner: string, tags: readonly string[] | undefined): string | undefined {
  if (tags === undefined || tags.length === 0) return undefined
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === 'string' && tagPattern.test(tag))) {
    throw new DefinitionError(
      `${owner}: tags: expected texts without '|' or control characters, received ${JSON.stringify(tags)}.`,
    )
  }
  const unique = [...new Set(tags)].sort()
  const text = `|${unique.join('|')}|`
  if (unique.length > mostTags || Buffer.byteLength(text) > mostBytes) {
    throw new DefinitionError(
      `${owner}: tags: expected at most ${mostTags} tags and ${mostBytes} bytes together, received ${unique.length} tags and ${Buffer.byteLength(text)} bytes. Use fewer or shorter ones; put the rest into headers.`,
    )
  }
  return text
}

export function decodeTags(text: string | undefined): readonly string[] {
  return text === undefined ? [] : text.split('|').filter((tag) => tag !== '')
}

/** Whether these are valid tags: a foreign producer may send anything. */
export function areTags(tags: unknown): boolean {
  try {
    encodeTags('', tags as readonly string[])
    return Array.isArray(tags)
  } catch {
    return false
  }
}

/** @throws {DefinitionError} not a text of 1 to 64 bytes */
export function checkTenant(owner: string, tenant: string | undefined): void {
  if (tenant === undefined || isTenant(tenant)) return
  throw new DefinitionError(
    `${owner}: tenant: expected a text of 1 to ${mostTenantBytes} bytes without control characters, received ${JSON.stringify(tenant)}.`,
  )
}

export function isTenant(tenant: unknown): boolean {
  return (
    typeof tenant === 'string' &&
    tenant !== '' &&
    !/[\p{Cc}\p{Surrogate}]/u.test(tenant) &&
    Buffer.byteLength(tenant) <= mostTenantBytes
  )
}
