import { hash } from 'node:crypto'
import { canonicalText, type Json } from './json.ts'

function digest(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** The id of the task that a key stands for: the same in every process, and the key cannot be read from it. 32 characters. */
export function taskIdOf(app: string, task: string, key: string): string {
  return `k_${digest(JSON.stringify([app, task, key])).slice(0, 30)}`
}

/** Hash of the canonical encoded input: 128 bits, enough to tell two inputs apart and to name an input's item. */
export function inputHashOf(canonicalInput: string): string {
  return digest(canonicalInput).slice(0, 22)
}

/**
 * What the conflict check of a key compares: the hash of the input as it was sent, and, behind a dot, that of what the schema made of it where the
 * two differ.
 */
export function fingerprint(sent: Json, validated: Json = sent): string {
  const own = inputHashOf(canonicalText(sent))
  const made = inputHashOf(canonicalText(validated))
  return own === made ? own : `${own}.${made}`
}

/** Sent alike, or validated to the same: a default that is new each time (a date) does not make another input. */
export function isSameInput(one: string, other: string): boolean {
  const [sent, validated = sent] = one.split('.')
  const [otherSent, otherValidated = otherSent] = other.split('.')
  return sent === otherSent || validated === otherValidated
}
