import { invalidParameter, invalidValue } from './errors.ts'
import { MAX_PAGE } from './limits.ts'

/** One page of names in order. A token is the last name of the previous page, so it stays valid after any change. */
export interface Page {
  names: string[]
  nextToken: string | undefined
}

/** API_ListQueues: without MaxResults at most 1,000 and no token. */
export function page(sorted: readonly string[], maxResults: number | undefined, token: string | undefined): Page {
  if (maxResults !== undefined && !(Number.isInteger(maxResults) && maxResults >= 1 && maxResults <= MAX_PAGE)) {
    throw invalidValue(maxResults, 'MaxResults', `Must be an integer between 1 and ${MAX_PAGE}, if provided.`)
  }
  const after = token === undefined ? undefined : decode(token)
  const from = after === undefined ? 0 : firstAfter(sorted, after)
  const names = sorted.slice(from, from + (maxResults ?? MAX_PAGE))
  const last = names.at(-1)
  const more = maxResults !== undefined && last !== undefined && from + names.length < sorted.length
  return { names, nextToken: more ? Buffer.from(`after:${last}`).toString('base64') : undefined }
}

function decode(token: string): string {
  const text = Buffer.from(token, 'base64').toString()
  if (!text.startsWith('after:')) throw invalidParameter('Invalid or expired next token.')
  return text.slice('after:'.length)
}

function firstAfter(sorted: readonly string[], name: string): number {
  const index = sorted.findIndex((other) => other > name)
  return index < 0 ? sorted.length : index
}
