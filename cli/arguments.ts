import { InvalidArgumentError } from 'commander'
import { type Duration, toMs } from '../shared/core/duration.ts'
import { decode, type Json } from '../shared/core/json.ts'
import { UsageError } from './failure.ts'

/** `30s`, `10m`, or seconds. */
export function parseDuration(value: string): Duration {
  const duration = /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : (value as Duration)
  try {
    toMs(duration)
    return duration
  } catch {
    throw new InvalidArgumentError(`Expected seconds or a text such as 30s, 10m, 2h.`)
  }
}

export function parsePort(value: string): number {
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value)
  throw new InvalidArgumentError('Expected a port from 0 to 65535; 0 takes any free one.')
}

export function parseCount(value: string): number {
  const count = Number(value)
  if (/^\d+$/.test(value) && Number.isSafeInteger(count) && count >= 1) return count
  throw new InvalidArgumentError('Expected a whole number of 1 or more.')
}

/** The instant of an ISO date, or of that long ago. */
export function parseSince(value: string): Date {
  // A duration can reach before the first valid date: check the date, not the number.
  const at = new Date(/^\d{4}-/.test(value) ? value : Date.now() - toMs(parseDuration(value)))
  if (Number.isNaN(at.getTime()))
    throw new InvalidArgumentError('Expected a time ago such as 2h, or a date such as 2026-11-22.')
  return at
}

/**
 * The input of a task from its JSON text. Values that JSON cannot express are tagged as in results: {"$":"date","v":"2026-11-22T00:00:00Z"}.
 *
 * @throws {UsageError} with the place of the mistake
 */
export function parseInput(text: string): unknown {
  let json: Json
  try {
    json = JSON.parse(text) as Json
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new UsageError(
      `JSON: expected the task's input as JSON, received ${shortened(text)}: ${why}. ${quoting(process.platform)}`,
      { cause },
    )
  }
  return decode(json)
}

/** How to quote JSON for a shell. cmd.exe has no single quotes. */
export function quoting(platform: string): string {
  return platform === 'win32'
    ? 'In cmd.exe, put it into double quotes and each of its own behind a backslash: "{\\"to\\":\\"ada@example.com\\"}".'
    : `In a shell, put it into single quotes: '{"to":"ada@example.com"}'.`
}

function shortened(text: string): string {
  return text === '' ? 'nothing' : text.length > 60 ? `${text.slice(0, 60)}…` : text
}
