import type { Json } from './json.ts'

export const redacted = '[redacted]'

/** Shorter texts would blank innocent words. */
const shortest = 3

/**
 * A function that blanks every occurrence of the sensitive fields' values in a text, so that errors can be stored and logged.
 *
 * @param input the encoded input
 * @param sensitive top-level field names
 */
export function scrubberOf(input: Json | undefined, sensitive: readonly string[]): (text: string) => string {
  if (
    sensitive.length === 0 ||
    input === undefined ||
    input === null ||
    typeof input !== 'object' ||
    Array.isArray(input)
  ) {
    return (text) => text
  }
  const secrets: string[] = []
  for (const field of sensitive) {
    if (Object.hasOwn(input, field)) collect((input as { readonly [key: string]: Json })[field] ?? null, secrets)
  }
  // Longest first: a value that contains another must go as a whole.
  secrets.sort((a, b) => b.length - a.length)
  return (text) => secrets.reduce((scrubbed, secret) => scrubbed.replaceAll(secret, redacted), text)
}

function collect(value: Json, secrets: string[]): void {
  if (typeof value === 'string' || typeof value === 'number') {
    const text = String(value)
    if (text.length < shortest) return
    secrets.push(text)
    const quoted = JSON.stringify(text).slice(1, -1)
    if (quoted !== text) secrets.push(quoted)
  } else if (value !== null && typeof value === 'object') {
    for (const item of Object.values(value)) collect(item, secrets)
  }
}

/** The input with sensitive top-level fields blanked, for people to see. Any other value is returned as it is. */
export function redactInput(input: unknown, sensitive: readonly string[]): unknown {
  if (sensitive.length === 0 || typeof input !== 'object' || input === null) return input
  const shown: Record<string, unknown> = { ...input }
  for (const field of sensitive) if (Object.hasOwn(shown, field)) shown[field] = redacted
  return shown
}
