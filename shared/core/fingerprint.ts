import { hash } from 'node:crypto'
import type { ErrorData } from './record.ts'

/** Failures with the same cause have the same fingerprint and are shown as one group. 13 characters; the first is the version of this algorithm. */
export type Fingerprint = string

const version = 'a'
const hexDigits = 12
/** Texts are cut before they are searched, to bound the work. */
const longestMessage = 1_000
const longestStack = 8_000
const ownFrames = 3

/**
 * Hashes the error's name, the reason, the message without its variable parts, and the first three frames of the app's own code.
 * A frame is a function and its file, without the line, so a group survives edits elsewhere in the file.
 *
 * @param reason why the message became a dead letter, if it did
 * @example fingerprintOf({ name: 'TypeError', message: "No user 'ada'", stack }, 'failure') // 'a3f0c91b2d4e5'
 */
export function fingerprintOf({ name, message, stack }: ErrorData, reason?: string): Fingerprint {
  return digest([name, reason ?? '', normalMessage(message), ...framesOf(stack ?? '')])
}

/** A coarse fingerprint, used when there are too many groups: error name and reason only. */
export function coarseFingerprintOf({ name }: Pick<ErrorData, 'name'>, reason?: string): Fingerprint {
  return digest([name, reason ?? ''])
}

function digest(parts: readonly string[]): Fingerprint {
  return version + hash('sha256', JSON.stringify(parts), 'hex').slice(0, hexDigits)
}

/** The message with ids, numbers, hex, dates, quoted texts and addresses replaced by `#`. Every regular expression runs in linear time. */
export function normalMessage(message: string): string {
  return (
    message
      .slice(0, longestMessage)
      // An apostrophe inside a word quotes nothing.
      .replace(/"[^"\n]*"|`[^`\n]*`|(?<!\w)'[^'\n]*'(?!\w)/g, '#')
      .replace(/\S+/g, (word) => (word.includes('@') || word.includes('://') ? '#' : word))
      .replace(/\d{4}-\d\d-\d\d(?:[T ][\d:.]+Z?)?/g, '#')
      .replace(/[0-9A-Za-z_-]+/g, withoutIds)
      .replace(/#(?:[.,:]?#)+/g, '#')
  )
}

const longestWord = 16

function withoutIds(word: string): string {
  if (!/\d/.test(word)) return word
  const isId = word.length >= longestWord || (word.length >= 8 && /^[0-9A-Fa-f-]+$/.test(word))
  return isId ? '#' : word.replace(/^-?\d+|\d+/g, '#')
}

/** The first frames that belong neither to a library nor to Node: `function file`. The file keeps only its folder, since paths above it differ between machines. */
export function framesOf(stack: string): readonly string[] {
  const frames: string[] = []
  for (const line of stack.slice(0, longestStack).split('\n')) {
    const frame = frameOf(line.trim())
    if (frame !== undefined) frames.push(frame)
    if (frames.length === ownFrames) break
  }
  return frames
}

function frameOf(line: string): string | undefined {
  if (!line.startsWith('at ')) return undefined
  const open = line.lastIndexOf('(')
  const called = open === -1 ? '' : line.slice('at '.length, open).trim()
  const place = open === -1 ? line.slice('at '.length) : line.slice(open + 1).replace(')', '')
  const file = place
    .replace(/^async /, '')
    .replace(/:\d+$/, '')
    .replace(/:\d+$/, '')
  if (file === '' || file.includes('node_modules') || file.startsWith('node:') || !/[/\\]/.test(file)) return undefined
  return `${called.replace(/^async /, '')} ${file.split(/[/\\]/).slice(-2).join('/')}`.trim()
}
