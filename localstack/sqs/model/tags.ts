import { invalidParameter } from './errors.ts'
import { MAX_TAGS } from './limits.ts'
import type { StringMap } from './types.ts'

/**
 * Adds tags to the current ones. An existing key gets the new value.
 * Sources: API_TagQueue; Developer Guide, "Amazon SQS queue quotas", tag restrictions.
 */
export function withTags(current: StringMap, added: StringMap): StringMap {
  for (const [key, value] of Object.entries(added)) {
    if (key.length < 1 || key.length > 128 || /^aws:/i.test(key)) {
      throw invalidParameter(
        `Tag key '${key}' is invalid: it needs 1 to 128 characters and must not start with the reserved 'aws:'.`,
      )
    }
    if (typeof value !== 'string' || value.length > 256) {
      throw invalidParameter(`The value of tag '${key}' is invalid: it needs at most 256 characters.`)
    }
  }
  const tags = { ...current, ...added }
  const count = Object.keys(tags).length
  if (count > MAX_TAGS) throw invalidParameter(`Too many tags: ${count}. A queue can have at most ${MAX_TAGS}.`)
  return tags
}

export function withoutTags(current: StringMap, keys: readonly string[]): StringMap {
  return Object.fromEntries(Object.entries(current).filter(([key]) => !keys.includes(key)))
}
