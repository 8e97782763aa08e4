import { byteLength, decode, type Json } from '../core/json.ts'
import { redacted, redactInput } from '../core/redact.ts'
import type { PayloadView } from '../ports/insight.ts'

const longestText = 64 * 1_024

/** A stored value for display. Text that cannot be read (a newer encoding) is shown as it is. */
export function payloadView(text: string | undefined): PayloadView | undefined {
  if (text === undefined || text === '') return undefined
  return { text: text.slice(0, longestText), bytes: byteLength(text), cut: text.length > longestText }
}

/** The input with its sensitive fields blanked. If they are unknown, the whole input is blanked. */
export function inputView(text: string | undefined, sensitive: readonly string[] | undefined): PayloadView | undefined {
  if (text === undefined) return undefined
  if (sensitive === undefined) return payloadView(JSON.stringify(redacted))
  if (sensitive.length === 0) return payloadView(text)
  return payloadView(JSON.stringify(redactInput(parsed(text), sensitive)))
}

/** The input for a search, with sensitive fields blanked. Undefined if they are unknown. */
export function searchableInput(text: string | undefined, sensitive: readonly string[] | undefined): unknown {
  if (text === undefined || sensitive === undefined) return undefined
  return redactInput(parsed(text), sensitive)
}

/** Merges an edited input into the stored one: fields that are still blanked keep their stored value. */
export function mergedInput(stored: string | undefined, edited: Json, sensitive: readonly string[]): unknown {
  const before = stored === undefined ? undefined : parsed(stored)
  if (!isRecord(edited) || !isRecord(before)) return decode(edited)
  const merged: Record<string, unknown> = { ...edited }
  for (const field of sensitive)
    if (merged[field] === redacted && Object.hasOwn(before, field)) merged[field] = before[field]
  return decode(merged as Json)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
