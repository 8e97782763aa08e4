import { hash } from 'node:crypto'

function digest(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** The id of the task that a key stands for: the same for everyone, and the key cannot be read from it. 32 characters. */
export function taskIdOf(app: string, task: string, key: string): string {
  return `k_${digest(JSON.stringify([app, task, key])).slice(0, 30)}`
}

/** Hash of the canonical encoded input: 128 bits, enough to tell two inputs apart and to name an input's item. */
export function inputHashOf(canonicalInput: string): string {
  return digest(canonicalInput).slice(0, 22)
}
