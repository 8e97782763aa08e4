import type { TaskLogger } from '../core/context.ts'
import type { LogLevel, Telemetry } from '../ports/telemetry.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * A task's own log: its lines carry the task's facts.
 *
 * @param facts name, id, queue and attempt; they win over fields of the same name
 * @param scrub removes sensitive values from every text
 */
export function taskLogger(telemetry: Telemetry, facts: Fields, scrub: (text: string) => string): TaskLogger {
  const write = (level: LogLevel) => (message: string, fields?: Fields) =>
    telemetry.log(level, scrub(message), { ...scrubbed(fields, scrub), ...facts })
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

function scrubbed(fields: Fields | undefined, scrub: (text: string) => string): Fields | undefined {
  if (fields === undefined) return undefined
  try {
    return JSON.parse(scrub(JSON.stringify(fields))) as Fields
  } catch {
    return { fields: 'not JSON' }
  }
}
