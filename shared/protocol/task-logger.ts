import type { TaskLogger } from '../core/context.ts'
import { toPlain } from '../core/plain.ts'
import type { Scrubber } from '../core/redact.ts'
import type { LogLevel, Telemetry } from '../ports/telemetry.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * A task's own log: its lines carry the task's facts. Fields become plain JSON here, value by value: errors, BigInt and cycles are shown, and
 * one bad field does not affect the others.
 *
 * @param facts name, id, queue and attempt; they win over fields of the same name
 * @param scrub removes sensitive values from every text
 */
export function taskLogger(
  telemetry: Telemetry,
  facts: Fields,
  scrub: Scrubber | ((text: string) => string),
): TaskLogger {
  const write = (level: LogLevel) => (message: string, fields?: Fields) =>
    telemetry.log(level, scrub(String(message)), { ...plainFields(fields, scrub), ...facts })
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

/** An error, or a list, where fields were expected is logged under a name. */
function plainFields(fields: unknown, scrub: Scrubber | ((text: string) => string)): Fields | undefined {
  if (fields === undefined || fields === null) return undefined
  const named = fields instanceof Error ? { error: fields } : typeof fields === 'object' ? fields : { value: fields }
  const plain = toPlain(named, scrub)
  return typeof plain === 'object' && plain !== null && !Array.isArray(plain) ? (plain as Fields) : { fields: plain }
}
